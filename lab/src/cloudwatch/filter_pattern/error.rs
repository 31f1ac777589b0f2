//! What is wrong with a pattern.

/// Why a pattern cannot be used. Positions count bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Longer than AWS takes.
    #[error("a filter pattern has at most {max} characters", max = super::MAX_LENGTH)]
    TooLong,
    /// Nested deeper than the lab follows.
    #[error("a filter pattern nested more than {max} levels deep is not evaluated", max = super::parser::MAX_DEPTH)]
    TooDeep,
    /// `[ip, user, ...]`
    #[error("filter patterns of space-delimited fields, [...], are not evaluated by the lab")]
    Fields,
    /// `%...%`
    #[error("regular expressions, %...%, in filter patterns are not evaluated by the lab")]
    Regex,
    /// `$.a[*]`, `$.*`
    #[error("wildcards in the selectors of filter patterns are not evaluated by the lab")]
    WildcardSelector,
    /// `?a b`
    #[error("a filter pattern with ? on some terms and not on others ignores them in AWS")]
    MixedTerms,
    /// A term that needs quotes.
    #[error("the term {0} of a filter pattern needs double quotes")]
    Quotes(String),
    /// A text in quotes that does not end.
    #[error("the text in quotes that begins at {0} does not end")]
    Open(usize),
    /// Something else belongs here.
    #[error("{wanted} is expected at {at} in the filter pattern")]
    Expected {
        /// What belongs there.
        wanted: &'static str,
        /// Where.
        at: usize,
    },
}
