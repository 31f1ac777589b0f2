//! What goes to an enrichment and what comes back.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html>

use bytes::Bytes;
use serde_json::Value;

use super::step::Failure;
use crate::lambda::Outcome;

/// "Enrichment responses are limited to a maximum size of 6MB", as are the batches that go to one.
pub(super) const PAYLOAD: usize = 6 * 1024 * 1024;

/// The bodies that a function's answer is to be sent as; none where it says that nothing is to be sent.
///
/// "If you don't want to invoke the target, return an empty response, such as "", {}, or []." An array is a message an element, an
/// object is one. What becomes of an answer that is neither is not documented: it counts as a failure, so that nothing is lost in
/// silence.
pub(super) fn bodies(outcome: &Outcome) -> Result<Vec<String>, Failure> {
    let answer: Value = match outcome {
        Outcome::Success(answer) => parse(answer)?,
        Outcome::FunctionError(error) => {
            return Err(Failure::counted(format!("the enrichment failed: {}", error.error_type)));
        }
        // "EventBridge Pipes automatically retries enrichment and target invocation on any retryable AWS failures": whether a
        // throttle is one is not documented.
        Outcome::Throttled => return Err(Failure::passing("the enrichment is throttled")),
        Outcome::RequestTooLarge => return Err(Failure::counted("the batch is too large for the enrichment")),
        Outcome::NoSuchFunction => return Err(Failure::counted("the enrichment does not exist")),
    };
    match answer {
        Value::String(text) if text.is_empty() => Ok(Vec::new()),
        Value::Object(members) if members.is_empty() => Ok(Vec::new()),
        Value::Object(_) => Ok(vec![answer.to_string()]),
        Value::Array(elements) => Ok(elements.iter().map(Value::to_string).collect()),
        other => Err(Failure::counted(format!(
            "the enrichment answered neither an array nor an object, but {}",
            shown(&other)
        ))),
    }
}

fn parse(answer: &Bytes) -> Result<Value, Failure> {
    serde_json::from_slice(answer).map_err(|_| Failure::counted("the enrichment answered no JSON"))
}

/// An answer may hold what a log should not.
fn shown(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        _ => "a text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::FunctionError;

    fn answered(text: &'static str) -> Result<Vec<String>, Failure> {
        bodies(&Outcome::Success(Bytes::from_static(text.as_bytes())))
    }

    #[test]
    fn an_array_is_a_message_an_element_and_an_object_one() {
        assert_eq!(
            answered(r#"[{"a": 1}, {}, "text"]"#),
            Ok(vec![r#"{"a":1}"#.into(), "{}".into(), r#""text""#.into()])
        );
        assert_eq!(answered(r#"{"a":1}"#), Ok(vec![r#"{"a":1}"#.into()]));
    }

    #[test]
    fn an_empty_answer_sends_nothing() {
        for empty in [r#""""#, "{}", "[]"] {
            assert_eq!(answered(empty), Ok(vec![]), "{empty}");
        }
        assert_eq!(answered("[{}]"), Ok(vec!["{}".into()]), "one empty message");
    }

    #[test]
    fn what_is_no_answer_is_a_failure_that_counts() {
        for wrong in ["null", "7", "true", r#""text""#, "", "{"] {
            assert!(answered(wrong).expect_err(wrong).counts, "{wrong}");
        }
        let error = FunctionError { error_type: "Sandbox.Timedout".into(), payload: Bytes::new() };
        let failed = bodies(&Outcome::FunctionError(error)).expect_err("failed");
        assert!(failed.counts && failed.reason.contains("Sandbox.Timedout"), "{failed:?}");
        assert!(!bodies(&Outcome::Throttled).expect_err("throttled").counts);
    }
}
