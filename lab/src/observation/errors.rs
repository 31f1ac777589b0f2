//! Errors by their fingerprint.

use std::collections::HashMap;

use serde::Serialize;

use super::fingerprint;
use super::line::Entry;
use super::milliseconds;

/// Groups kept; the one that has been quiet longest goes first.
const KEPT: usize = 500;

/// `GET /api/errors`, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorGroups {
    /// The groups.
    pub errors: Vec<ErrorGroup>,
}

/// Errors of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorGroup {
    /// Sixteen hexadecimal digits of service and message.
    pub fingerprint: String,
    /// Who logged it.
    pub service: String,
    /// What it says, without ids, numbers and times.
    pub message: String,
    /// How often.
    pub count: u64,
    /// When first.
    pub first_ms: f64,
    /// When last.
    pub last_ms: f64,
    /// Status of the answer, where the line says it.
    pub status: Option<u64>,
    /// The last one.
    pub example: Example,
}

/// One error of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Example {
    /// An id by which the request is found.
    pub request_id: Option<String>,
    /// Its trace.
    pub trace_id: Option<String>,
    /// The whole line.
    pub text: String,
}

/// The groups so far.
#[derive(Debug, Default)]
pub(super) struct Groups(HashMap<String, ErrorGroup>);

impl Groups {
    pub(super) fn add(&mut self, entry: &Entry) {
        let Some(error) = &entry.error else { return };
        let message = fingerprint::normalised(error);
        let fingerprint = fingerprint::of(&entry.service, &message);
        let at = milliseconds(entry.at);
        // The function's own id last: what a client was told is looked for first.
        let request_id = entry.request_id.clone().or_else(|| entry.function_request_id.clone());
        let example = Example { request_id, trace_id: entry.trace_id.clone(), text: entry.text.clone() };
        if let Some(group) = self.0.get_mut(&fingerprint) {
            group.count += 1;
            group.last_ms = group.last_ms.max(at);
            (group.status, group.example) = (entry.status, example);
            return;
        }
        if self.0.len() >= KEPT
            && let Some(quiet) = self.0.values().min_by(|a, b| a.last_ms.total_cmp(&b.last_ms))
        {
            let quiet = quiet.fingerprint.clone();
            self.0.remove(&quiet);
        }
        let (service, status) = (entry.service.clone(), entry.status);
        let group = ErrorGroup { fingerprint, service, message, count: 1, first_ms: at, last_ms: at, status, example };
        self.0.insert(group.fingerprint.clone(), group);
    }

    pub(super) fn all(&self) -> ErrorGroups {
        let mut errors: Vec<ErrorGroup> = self.0.values().cloned().collect();
        errors.sort_by(|a, b| b.last_ms.total_cmp(&a.last_ms).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
        ErrorGroups { errors }
    }
}
