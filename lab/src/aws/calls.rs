//! What the functions asked of AWS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// One call of an AWS service, as the lab saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Physical name of the function that signed it; `None` when the caller is no function.
    pub function: Option<String>,
    /// The IAM action, e.g. `dynamodb:PutItem`.
    pub action: String,
    /// ARN of what it acts on.
    pub resource: String,
    /// Status of the answer.
    pub status: u16,
}

/// Calls kept; the oldest go first.
const KEPT: usize = 100_000;

/// Every call of the AWS services of a lab. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<VecDeque<Call>>>);

impl Calls {
    /// The calls so far, oldest first.
    pub fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn push(&self, call: Call) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
    }
}
