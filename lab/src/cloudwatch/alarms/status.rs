//! The state of an alarm and how it came to be.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

use super::reason::UNCHECKED;
use super::state::State;

/// Changes that are kept of each alarm.
const KEPT: usize = 100;

/// One change of state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// Why.
    pub reason: String,
}

/// The state of an alarm, since when, why, and its recent changes.
#[derive(Debug, Clone)]
pub(super) struct Status {
    pub(super) state: State,
    pub(super) reason: String,
    pub(super) since: Timestamp,
    /// The latest first.
    pub(super) history: VecDeque<Transition>,
}

impl Status {
    /// A new alarm has no state that anybody has checked.
    pub(super) fn new(created: Timestamp) -> Self {
        Self { state: State::InsufficientData, reason: UNCHECKED.to_owned(), since: created, history: VecDeque::new() }
    }

    /// Takes a state; whether it is another one than before.
    pub(super) fn change(&mut self, at: Timestamp, to: State, reason: impl FnOnce() -> String) -> bool {
        if to == self.state {
            return false;
        }
        self.reason = reason();
        self.history.push_front(Transition {
            at_ms: at.as_millisecond(),
            from: self.state,
            to,
            reason: self.reason.clone(),
        });
        self.history.truncate(KEPT);
        (self.state, self.since) = (to, at);
        true
    }
}
