use crate::excerpt::excerpt;
use http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;
use shared::http::{Answer, CallError, LONGEST_ANSWER};
use shared::ride::Label;
use shared::telemetry::chain;
use std::borrow::Cow;
use std::time::Duration;

/// What the original's finance service says while its database is busy, with whatever status.
const LOCKED: &str = "the 'payments' table is locked";

/// What else its apostrophes are spelt like, in JSON and on a page.
const APOSTROPHES: [&str; 5] = ["\\u0027", "&#39;", "&#039;", "&#x27;", "&apos;"];

/// What API Gateway calls the refusal of a path that none of its routes has, before anybody behind it is asked.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>
const NO_ROUTE: &str = "MissingAuthenticationTokenException";

/// Where a page says that it is one, if it does.
const BEGINNING: usize = 1_024;

/// Where a JSON document of an error says what is wrong, the most exact one first.
const SENTENCES: [&str; 4] = ["detail", "message", "error_description", "error"];

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
        /// What finance answered, in full, if it did: it is kept when this was the last attempt.
        answer: Option<String>,
        /// When finance asks to come again.
        after: Option<Duration>,
        /// For how long it asks to be left alone by everybody.
        spare: Option<Duration>,
    },
}

/// Judges what came of a call for this rider, whose name is nobody's business. `is_ours` says that the call was signed.
///
/// Final are the refusals that finance itself gives on purpose. What is on no list is tried again: a wrong address or a
/// proxy in the way must not fail every payment for good within a minute. Nor must it be taken for a charge.
pub fn judge(called: Result<Answer, CallError>, rider: Option<&Label>, is_ours: bool, now: Timestamp) -> Verdict {
    let answer = match called {
        Ok(answer) => answer,
        // The head came, and says what matters; what was read of the rest is as good as any answer.
        Err(CallError::TooLong { begun, .. }) => begun,
        Err(error) => return Verdict::unanswered(chain(&error)),
    };
    let status = answer.status;
    let is_the_gateways = |kind: &&str| answer.forbidden().is_some() && (is_ours || kind.starts_with(NO_ROUTE));
    if let Some(kind) = answer.error_type.as_deref().filter(is_the_gateways) {
        // API Gateway's word, not finance's: our role or our signature. Its body repeats the signed request. A stranger gets
        // no signature: theirs is a refusal like any other, unless nobody was asked at all.
        return Verdict::unanswered(format!("finance did not let this function in ({kind})"));
    }
    let text = String::from_utf8_lossy(&answer.body);
    let after = answer.retry_after.as_deref().and_then(|text| retry_after(text, now));
    let reason = |remark: &str| match excerpt(&sentence(&text), rider.map(Label::as_str)) {
        told if told.is_empty() => format!("finance answered {}{remark}", status.as_u16()),
        told => format!("finance answered {}{remark}: {told}", status.as_u16()),
    };
    // What is read of an answer is kept in full. Cut, because bytes that are no text grow when they are made one.
    let whole = || cut(&text, LONGEST_ANSWER);
    let spare = after.filter(|_| is_of_everybody(status));
    let later = |reason| Verdict::Later { reason, answer: Some(whole()), after, spare };
    match status.as_u16() {
        _ if is_locked(&text) => later(reason("")),
        200 | 201 if is_page(&text) => later(format!("finance answered {} with a page, no charge", status.as_u16())),
        200 | 201 => Verdict::Charged,
        // AWS WAF answers 202 in finance's place when it wants a browser to prove itself, and lets nothing through. 203 is
        // somebody's in between, and what says nothing of a charge is none.
        // <https://docs.aws.amazon.com/waf/latest/developerguide/waf-captcha-and-challenge-actions.html>
        202..=299 => later(reason(", no charge")),
        // An earlier attempt with this key is under way, one that was timed out here: what becomes of it is not known yet.
        409 if answer.retry_after.is_some() => later(reason("")),
        400 | 401 | 403 | 404 | 409 | 410 | 422 => Verdict::Refused { reason: reason(""), answer: whole() },
        _ => later(reason("")),
    }
}

impl Verdict {
    /// Nobody knows, and finance itself said nothing that could be kept.
    fn unanswered(reason: String) -> Self {
        Self::Later { reason, answer: None, after: None, spare: None }
    }
}

/// Whether finance says that its table is locked. Not in the sentence alone: it may stand anywhere, in an answer that was
/// cut off, too.
fn is_locked(text: &str) -> bool {
    text.contains(LOCKED) || APOSTROPHES.iter().any(|spelt| text.contains(&LOCKED.replace('\'', spelt)))
}

/// What a JSON document says in a sentence, or all of the text: the rest of a problem document repeats the status.
/// <https://www.rfc-editor.org/rfc/rfc9457>
fn sentence(text: &str) -> Cow<'_, str> {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return text.into() };
    // Which fields are wrong stands in a list, and the sentence beside it says only that there is one.
    if SENTENCES.iter().chain(&["errors"]).any(|name| members.get(*name).is_some_and(is_nested)) {
        return text.into();
    }
    let mut said = SENTENCES.iter().filter_map(|name| members.get(*name)?.as_str());
    said.find(|said| !said.trim().is_empty()).map_or(text.into(), |said| said.to_owned().into())
}

fn is_nested(value: &Value) -> bool {
    value.is_array() || value.is_object()
}

/// Whether a text is a page for people: what a wrong address, a proxy or a page to sign in at answers. By its beginning and
/// not by its content type, which many a service leaves at `text/html` for whatever it says.
fn is_page(text: &str) -> bool {
    let begun =
        text[..text.floor_char_boundary(BEGINNING)].trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let begun = begun.to_ascii_lowercase();
    begun.starts_with('<') && (begun.contains("<!doctype html") || begun.contains("<html"))
}

/// Whether a `Retry-After` that comes with this status is about finance, and not about this one payment.
/// <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>
fn is_of_everybody(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
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
