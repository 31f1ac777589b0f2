//! What a scenario expects.

use serde::Deserialize;

use super::alarm_set::AlarmSet;
use super::metric_rule::MetricRule;
use crate::scenario::range::Range;

/// What must come of it. What is left out is not judged, except alarms, ledgers, payments and statuses, which always are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Exactly the statuses that riders see while the load lasts; 0 is no answer.
    pub statuses: Vec<u16>,
    /// Statuses that may be among them.
    #[serde(default)]
    pub statuses_allowed: Vec<u16>,
    /// How many of which.
    #[serde(default)]
    pub answers: Vec<Answers>,
    /// Exactly the alarms that fire.
    pub alarms: AlarmSet,
    /// Where the failures began.
    pub guilty: Option<Guilty>,
    /// The log lines that say why.
    #[serde(default)]
    pub log: Vec<LogLine>,
    /// What metrics say.
    #[serde(default)]
    pub metrics: Vec<MetricRule>,
    /// What riders were told against what is stored.
    #[serde(default)]
    pub ledger: LedgerRules,
    /// What became of the rides' payments.
    #[serde(default)]
    pub payments: PaymentRules,
}

/// A share or a number of the answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// These statuses.
    pub status: Vec<u16>,
    /// Of rides that were wanted from this second on.
    pub from: Option<f64>,
    /// Until this second.
    pub to: Option<f64>,
    /// Their share of all rides of the time.
    pub share: Option<Range>,
    /// Their number at full length. With compression there are so many times fewer, and one more or less of each phase.
    pub count: Option<Range>,
    /// The 99th percentile of how long they took, in milliseconds.
    pub p99_ms: Option<Range>,
}

/// The span that failures began at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guilty {
    /// What most failed requests name: `put-ride-record > DynamoDB PutItem wild-rydes-dev-rides`.
    pub span: String,
    /// What others may name.
    #[serde(default)]
    pub also: Vec<String>,
}

/// A line of the log. Without a level it is grave, WARN or more: one of each failed request that blames the guilty span, or, where none
/// is named, one of the whole time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// Who wrote it.
    pub service: String,
    /// What stands in it.
    pub says: String,
    /// One line of this level or graver, of the whole time: for what a function takes in its stride.
    pub level: Option<Level>,
}

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// The system at work.
    Info,
    /// Somebody may have to look.
    Warn,
    /// Something failed.
    Error,
}

impl Level {
    /// As lines have it.
    pub(in crate::scenario) fn name(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

/// What is allowed between the ledgers. A ride that was promised and not stored is a lost ride; a rider with two stored
/// rides is a doubled one; a stored ride that nobody was told of is an untold one.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerRules {
    /// Promised and not stored.
    pub lost: Range,
    /// Stored twice.
    pub doubled: Range,
    /// Stored, and the rider was told of a failure. `None`: as many as there are.
    pub untold: Option<Range>,
}

/// What is allowed of payments, of all rides that are stored but the probe's. Without a word, none of these is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PaymentRules {
    /// Rides without a payment.
    pub missing: Range,
    /// Charges beyond the first for one ride.
    pub charged_twice: Range,
    /// Payments that are Complete and were never charged.
    pub uncharged: Range,
    /// Payments that failed.
    pub failed: Range,
    /// Payments that wait when everything has had its time.
    pub waiting: Range,
    /// Payments that are complete. `None`: as many as there are.
    pub complete: Option<Range>,
    /// How many are completed in a stretch of time.
    pub pace: Option<Pace>,
}

/// How many payments are completed in a stretch of time, which begins with the first one that is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// The first one from this second of the scenario on.
    pub from: f64,
    /// So many seconds.
    pub within: f64,
    /// Their number at full length. With compression there are so many times fewer; what is left of one counts as one.
    pub count: Range,
}

impl Default for PaymentRules {
    fn default() -> Self {
        let none = Range::exactly(0.0);
        Self {
            missing: none,
            charged_twice: none,
            uncharged: none,
            failed: none,
            waiting: none,
            complete: None,
            pace: None,
        }
    }
}

impl Default for LedgerRules {
    fn default() -> Self {
        Self { lost: Range::exactly(0.0), doubled: Range::exactly(0.0), untold: None }
    }
}
