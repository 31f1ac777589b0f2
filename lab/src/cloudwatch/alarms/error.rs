//! Alarms that cannot be evaluated.

use super::rule::RuleError;
use crate::cloudwatch::math::MathError;

/// Why a set of alarms cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlarmError {
    /// Two alarms of one name.
    #[error("there are two alarms named {0}")]
    Twice(String),
    /// Its `Metrics`.
    #[error("alarm {alarm}: {reason}")]
    Math {
        /// Which alarm.
        alarm: String,
        /// What is wrong.
        reason: MathError,
    },
    /// An alarm with no or several queries that return data.
    #[error("alarm {0}: exactly one of its metrics returns data")]
    ReturnData(String),
    /// M and N.
    #[error("alarm {alarm}: {datapoints} datapoints to alarm of {periods} evaluation periods")]
    Datapoints {
        /// Which alarm.
        alarm: String,
        /// M.
        datapoints: u32,
        /// N.
        periods: u32,
    },
    /// Looks back further than CloudWatch does.
    #[error("alarm {0}: period times evaluation periods is at most 7 days, and 1 day with periods under an hour")]
    TooLong(String),
    /// A period that is not whole minutes, which the lab does not evaluate.
    #[error("alarm {0}: the lab evaluates periods of whole minutes")]
    Period(String),
    /// Its `AlarmRule`.
    #[error("composite alarm {alarm}: {reason}")]
    Rule {
        /// Which alarm.
        alarm: String,
        /// What is wrong.
        reason: RuleError,
    },
    /// A rule or suppressor names an alarm that does not exist.
    #[error("composite alarm {alarm} names the alarm {child}, which does not exist")]
    Unknown {
        /// Which composite alarm.
        alarm: String,
        /// What it names.
        child: String,
    },
    /// Composite alarms that wait for each other. CloudWatch stops evaluating such.
    #[error("composite alarms depend on each other: {}", .0.join(", "))]
    Circle(Vec<String>),
}
