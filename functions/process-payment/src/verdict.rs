use crate::excerpt::excerpt;
use http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use shared::http::{Answer, CallError, LONGEST_ANSWER};
use shared::ride::Label;
use shared::telemetry::chain;
use std::time::Duration;

/// What the original's finance service says while its database is busy, with whatever status.
const LOCKED: &str = "the 'payments' table is locked";

/// What finance said about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The ride is charged.
    Charged,
    /// It will never be charged like this.
    Refused {
        /// Why, in a few words.
        reason: String,
        /// What finance answered, in full.
        answer: String,
    },
    /// Not now, or nobody knows.
    Later {
        /// Why, in a few words.
        reason: String,
        /// When finance asks to come again.
        after: Option<Duration>,
    },
}

/// Judges what came of a call for this rider, whose name is nobody's business.
///
/// Final are the refusals that finance itself gives on purpose. What is on no list is tried again: a wrong address or a
/// proxy in the way must not fail every payment for good within a minute.
pub fn judge(called: Result<Answer, CallError>, rider: Option<&Label>, now: Timestamp) -> Verdict {
    let answer = match called {
        Ok(answer) => answer,
        // The status came, and says what matters; what was read of the rest is as good as any answer.
        Err(CallError::TooLong { status, begun: body, .. }) => {
            Answer { status, is_json: false, error_type: None, retry_after: None, body }
        }
        Err(error) => return Verdict::Later { reason: chain(&error), after: None },
    };
    let status = answer.status;
    if let Some(kind) = answer.error_type.as_deref().filter(|_| answer.forbidden().is_some()) {
        // API Gateway's word, not finance's: our role or our signature. Its body repeats the signed request.
        let reason = format!("finance did not let this function in ({kind})");
        return Verdict::Later { reason, after: None };
    }
    let text = String::from_utf8_lossy(&answer.body);
    let after = answer.retry_after.as_deref().and_then(|text| retry_after(text, now));
    let reason = || match excerpt(&text, rider.map(Label::as_str)) {
        told if told.is_empty() => format!("finance answered {}", status.as_u16()),
        told => format!("finance answered {}: {told}", status.as_u16()),
    };
    match status {
        _ if text.contains(LOCKED) => Verdict::Later { reason: reason(), after },
        _ if status.is_success() => Verdict::Charged,
        // What is read of an answer is kept in full. Cut, because bytes that are no text grow when they are made one.
        _ if is_final(status) => Verdict::Refused { reason: reason(), answer: cut(&text, LONGEST_ANSWER) },
        _ => Verdict::Later { reason: reason(), after },
    }
}

fn is_final(status: StatusCode) -> bool {
    matches!(status.as_u16(), 400 | 401 | 403 | 404 | 409 | 410 | 422)
}

/// How long to wait: seconds, or a date that may be over already.
/// <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are longer than anybody waits.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or_default())
}

/// At most so many bytes, whole characters.
fn cut(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

#[cfg(test)]
mod tests;
