//! What the machine is told and what it answers.

use std::time::Duration;

use jiff::Timestamp;

use crate::dynamodb::streams::Record;

/// How a pipe reads its source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// Most records of a batch.
    pub(super) batch: usize,
    /// Most bytes of a batch.
    pub(super) bytes: usize,
    /// How long to wait for a full one.
    pub(super) window: Duration,
    /// How often a failed batch is tried again; `None` is without an end.
    pub(super) retries: Option<u32>,
    /// How old a record may be; `None` is as old as it can be.
    pub(super) age: Option<Duration>,
    /// How long the source keeps a record.
    pub(super) retention: Duration,
    /// Whether a batch that failed is halved.
    pub(super) bisect: bool,
}

/// Why an execution failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: String,
    /// Whether it is one of the attempts that a batch has. "EventBridge Pipes does not count retries for internal errors against the
    /// maximum number of retries".
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html>
    pub(super) counts: bool,
}

impl Failure {
    /// What somebody has to mend.
    pub(super) fn counted(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), counts: true }
    }

    /// What passes by itself.
    pub(super) fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), counts: false }
    }
}

/// Records that the pipe goes on without.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GivenUp {
    pub(super) records: Vec<Record>,
    pub(super) condition: Condition,
}

/// Why it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// They were tried as often as the pipe says.
    AttemptsExhausted,
    /// They are older than the pipe says.
    AgeExceeded,
    /// They are older than the source keeps them, and nobody is told.
    Trimmed,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Read on; should there be nothing, then again soon, and at this moment at the latest.
    Read { until: Option<Timestamp> },
    /// Nothing until then.
    Wait(Timestamp),
    /// One execution with these records.
    Execute(Vec<Record>),
    /// Tell the dead letters.
    GiveUp(GivenUp),
}
