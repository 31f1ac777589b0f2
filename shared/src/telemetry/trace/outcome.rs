use super::SegmentId;
use crate::problem::Failure;
use crate::telemetry::causes;
use serde::Serialize;
use std::any::type_name;
use std::error::Error;

/// The longest text of a field: "values are strings up to 250 characters unless noted otherwise".
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-subsegments>.
const LONGEST_TEXT: usize = 250;
/// The most links of a chain of errors that are told.
const LONGEST_CHAIN: usize = 8;

/// How something went, in X-Ray's terms.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-errors>.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    #[serde(skip_serializing_if = "is_false")]
    error: bool,
    #[serde(skip_serializing_if = "is_false")]
    throttle: bool,
    #[serde(skip_serializing_if = "is_false")]
    fault: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause>,
}

#[derive(Debug, Serialize)]
struct Cause {
    exceptions: Vec<Exception>,
}

#[derive(Debug, Serialize)]
struct Exception {
    id: SegmentId,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<String>,
    #[serde(skip_serializing_if = "is_false")]
    remote: bool,
    /// The exception that caused this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<SegmentId>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Outcome {
    /// It went well.
    pub fn fine() -> Self {
        Self::default()
    }

    /// An HTTP status: 4xx is an error, 429 a throttled one, 5xx a fault.
    pub fn of_status(status: u16) -> Self {
        let (error, throttle) = ((400..500).contains(&status), status == 429);
        Self { error, throttle, fault: status >= 500, cause: None }
    }

    /// Whoever asked was slowed down, whatever the status: a throttled call is an error, too.
    pub fn throttled() -> Self {
        Self::of_status(429)
    }

    /// Something of ours, or of those we depend on, broke.
    pub fn fault() -> Self {
        Self { fault: true, ..Self::default() }
    }

    /// With this error and its sources as the cause.
    #[must_use]
    pub fn caused_by(self, error: &(dyn Error + 'static)) -> Self {
        self.chained(error, None)
    }

    /// With a cause that is no error of Rust's: its kind, what it says, and whether the other side said so.
    #[must_use]
    pub fn because(self, kind: &str, message: &str, remote: bool) -> Self {
        let (message, kind) = (shortened(message), Some(shortened(kind)));
        let exception = Exception { id: SegmentId::random(), message, r#type: kind, remote, cause: None };
        Self { cause: Some(Cause { exceptions: vec![exception] }), ..self }
    }

    fn chained(self, error: &(dyn Error + 'static), kind: Option<&str>) -> Self {
        let told = |error: &(dyn Error + 'static)| Exception {
            id: SegmentId::random(),
            message: shortened(&error.to_string()),
            r#type: None,
            remote: false,
            cause: None,
        };
        let mut exceptions: Vec<_> = causes(error).take(LONGEST_CHAIN).map(told).collect();
        for link in 1..exceptions.len() {
            exceptions[link - 1].cause = Some(exceptions[link].id);
        }
        if let Some(first) = exceptions.first_mut() {
            first.r#type = kind.map(shortened);
        }
        Self { cause: Some(Cause { exceptions }), ..self }
    }
}

/// The text, or as much of it as a field may hold.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}

/// How an error looks in a trace.
pub trait Blame {
    /// Its outcome. It is asked for only when the trace is sampled.
    fn blame(&self) -> Outcome;
}

/// An error in the way of a request is a fault, unless somebody who knows better says so.
impl<E: Error + 'static> Blame for E {
    fn blame(&self) -> Outcome {
        Outcome::fault().chained(self, Some(type_name::<E>()))
    }
}

impl Blame for Failure {
    fn blame(&self) -> Outcome {
        let outcome = Outcome::of_status(self.problem.status().as_u16());
        match &self.cause {
            Some(cause) => outcome.caused_by(&**cause),
            None => outcome.because("problem", &self.problem.detail(), false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Problem;
    use serde_json::{Value, json};

    fn seen(outcome: &Outcome) -> Value {
        serde_json::to_value(outcome).expect("JSON")
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the ride was not stored")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Inner(String);

    #[test]
    fn the_status_decides_on_error_throttle_and_fault() {
        for (status, expected) in [
            (201, json!({})),
            (404, json!({"error": true})),
            (429, json!({"error": true, "throttle": true})),
            (500, json!({"fault": true})),
            (503, json!({"fault": true})),
        ] {
            assert_eq!(seen(&Outcome::of_status(status)), expected, "{status}");
        }
    }

    #[test]
    fn a_chain_of_errors_is_a_chain_of_exceptions() {
        let outcome = seen(&Outer(Inner("the table is gone".into())).blame());
        let exceptions = outcome["cause"]["exceptions"].as_array().expect("exceptions");
        assert_eq!(outcome["fault"], true);
        assert_eq!((&exceptions[0]["message"], exceptions.len()), (&json!("the ride was not stored"), 2));
        assert_eq!(
            (&exceptions[0]["cause"], &exceptions[1]["message"]),
            (&exceptions[1]["id"], &json!("the table is gone"))
        );
        assert!(exceptions[0]["type"].as_str().is_some_and(|kind| kind.ends_with("Outer")), "{outcome}");
    }

    #[test]
    fn texts_end_at_250_characters() {
        let outcome = seen(&Inner("ü".repeat(1_000)).blame());
        assert_eq!(outcome["cause"]["exceptions"][0]["message"].as_str().map(|text| text.chars().count()), Some(250));
    }

    #[test]
    fn a_failure_is_marked_as_its_status_says() {
        let unknown = seen(&Failure::from(Problem::NotFound).blame());
        assert_eq!((&unknown["error"], &unknown["fault"]), (&json!(true), &Value::Null));
        let failed = seen(&Failure::caused_by(Problem::Internal, Inner("a bug".into())).blame());
        assert_eq!((&failed["fault"], &failed["cause"]["exceptions"][0]["message"]), (&json!(true), &json!("a bug")));
    }
}
