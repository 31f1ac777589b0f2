//! How far a run is.

use std::collections::BTreeMap;
use std::time::Duration;

/// A snapshot of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Riders to come in all.
    pub planned: u64,
    /// When the last of them comes, counted from the run's beginning.
    pub length: Duration,
    /// Riders who came.
    pub launched: u64,
    /// Of these, those under way.
    pub under_way: u64,
    /// Requests sent.
    pub requests: u64,
    /// Answers by status.
    pub codes: BTreeMap<u16, u64>,
    /// Requests without an answer by [`super::Failure::code`].
    pub errors: BTreeMap<&'static str, u64>,
    /// The latest that a request was sent after its time.
    pub latest: Duration,
}
