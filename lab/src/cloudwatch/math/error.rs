//! What is wrong with an expression.

use crate::template::MathFunction as Function;

/// Why an expression cannot be read or evaluated. Positions count bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MathError {
    /// Longer than AWS takes.
    #[error("an expression has at most {max} characters, and this has {0}", max = super::MAX_LENGTH)]
    TooLong(usize),
    /// Nested deeper than the lab follows.
    #[error("an expression nested more than {} levels deep is not evaluated", super::MAX_DEPTH)]
    TooDeep,
    /// A character that no expression has.
    #[error("{character:?} at {at} means nothing in metric math")]
    Character {
        /// Which.
        character: char,
        /// Where.
        at: usize,
    },
    /// A text in quotes that does not end.
    #[error("the text that begins at {0} does not end")]
    Quote(usize),
    /// Something else belongs here.
    #[error("{wanted} is expected at {at}, not {found}")]
    Expected {
        /// What belongs there.
        wanted: &'static str,
        /// What is there.
        found: String,
        /// Where.
        at: usize,
    },
    /// `a < b < c` or `a ^ b ^ c`: AWS does not say which comes first.
    #[error("{0} after another {0} needs parentheses")]
    Chain(&'static str),
    /// A function that the lab does not run, known to AWS or not.
    #[error("the function {0} is not one that the lab evaluates: {names}", names = Function::names())]
    Function(String),
    /// A function with arguments that it does not take.
    #[error("{function} takes {takes}")]
    Arguments {
        /// Which function.
        function: &'static str,
        /// What it takes.
        takes: &'static str,
    },
    /// An operator between operands that it does not take.
    #[error("{operator} does not take {left} and {right}")]
    Operands {
        /// Which operator.
        operator: &'static str,
        /// What stands before it.
        left: &'static str,
        /// What stands after it.
        right: &'static str,
    },
    /// An id that no query has.
    #[error("no metric or expression has the id {0}")]
    Unknown(String),
    /// An expression that needs its own result.
    #[error("the expression {0} needs its own result")]
    Circle(String),
    /// Metrics of different periods in one expression.
    #[error("{0} combines metrics of different periods")]
    Periods(String),
    /// An expression whose result is one number.
    #[error("the result of {0} is a number, not a series over time")]
    Scalar(String),
    /// An expression whose result is several series where one is needed.
    #[error("the result of {0} is several series, and one is needed")]
    Several(String),
}
