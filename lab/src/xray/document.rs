//! Segment documents.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::id::{is_segment_id, is_trace_id};

/// A segment or subsegment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Document {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// The trace; an embedded subsegment need not repeat it.
    #[serde(default)]
    pub trace_id: String,
    /// Whoever called.
    #[serde(default)]
    pub parent_id: Option<String>,
    /// Service, step or host.
    pub name: String,
    /// Seconds since 1970.
    pub start_time: f64,
    /// Seconds since 1970; none while it is in progress.
    #[serde(default)]
    pub end_time: Option<f64>,
    /// Sent before it ended.
    #[serde(default)]
    pub in_progress: bool,
    /// `AWS::Lambda::Function`; segments only.
    #[serde(default)]
    pub origin: Option<String>,
    /// `aws` or `remote`; subsegments only.
    #[serde(default)]
    pub namespace: Option<String>,
    /// `subsegment` where it stands alone.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// A client's error, 4XX.
    #[serde(default)]
    pub error: bool,
    /// A server's error, 5XX.
    #[serde(default)]
    pub fault: bool,
    /// 429.
    #[serde(default)]
    pub throttle: bool,
    /// Request and response.
    #[serde(default)]
    pub http: Value,
    /// The AWS resource and operation.
    #[serde(default)]
    pub aws: Value,
    /// What went wrong: an object with `exceptions`, or an exception's id.
    #[serde(default)]
    pub cause: Value,
    /// What traces are searched by.
    #[serde(default)]
    pub annotations: Map<String, Value>,
    /// What is kept besides.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Embedded; empty in a stored document, whose subsegments stand beside it.
    #[serde(default)]
    pub subsegments: Vec<Document>,
}

/// Why a document is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no segment document: {0}")]
pub struct InvalidDocument(String);

impl Document {
    /// Reads one document, as the daemon receives it or `PutTraceSegments` takes it.
    ///
    /// # Errors
    /// When it is no JSON, lacks what X-Ray requires, or has an identifier that is none.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidDocument> {
        let document: Self = serde_json::from_slice(text).map_err(|error| InvalidDocument(error.to_string()))?;
        let invalid = |what: &str| Err(InvalidDocument(what.to_owned()));
        if !is_trace_id(&document.trace_id) {
            return invalid("trace_id");
        }
        if document.kind.as_deref() == Some("subsegment") && document.parent_id.is_none() {
            return invalid("a subsegment that stands alone needs a parent_id");
        }
        document.check()?;
        Ok(document)
    }

    fn check(&self) -> Result<(), InvalidDocument> {
        let invalid = |what: &str| Err(InvalidDocument(what.to_owned()));
        if !is_segment_id(&self.id) {
            return invalid("id");
        }
        if self.parent_id.as_deref().is_some_and(|parent| !is_segment_id(parent)) {
            return invalid("parent_id");
        }
        if self.name.is_empty() || self.name.chars().count() > 200 {
            return invalid("name: 1 to 200 characters");
        }
        if self.end_time.is_none() && !self.in_progress {
            return invalid("end_time, or in_progress");
        }
        self.subsegments.iter().try_for_each(Self::check)
    }

    /// Takes the embedded subsegments out, all levels, each with its parent and trace.
    pub(super) fn flatten(mut self) -> Vec<Self> {
        let embedded = std::mem::take(&mut self.subsegments);
        let (parent, trace) = (self.id.clone(), self.trace_id.clone());
        let mut all = vec![self];
        for mut subsegment in embedded {
            subsegment.parent_id = Some(parent.clone());
            subsegment.trace_id.clone_from(&trace);
            all.extend(subsegment.flatten());
        }
        all
    }

    /// How long it took, in milliseconds; `None` while it is in progress.
    pub fn duration_ms(&self) -> Option<f64> {
        self.end_time.map(|end| (end - self.start_time).max(0.0) * 1000.0)
    }

    /// A text within `aws`.
    pub fn aws_text(&self, name: &str) -> Option<&str> {
        self.aws.get(name)?.as_str()
    }

    /// The answer's status.
    pub fn status(&self) -> Option<u64> {
        self.http.get("response")?.get("status")?.as_u64()
    }

    /// What the first exception says, `type: message`.
    pub fn cause_text(&self) -> Option<String> {
        let exception = self.cause.get("exceptions")?.get(0)?;
        let text = |name: &str| exception.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        match (text("type"), text("message")) {
            (Some(kind), Some(message)) => Some(format!("{kind}: {message}")),
            (one, other) => one.or(other).map(str::to_owned),
        }
    }
}

/// A moment as X-Ray writes it: seconds since 1970, to the microsecond.
pub fn seconds(moment: Timestamp) -> f64 {
    moment.as_microsecond() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_subsegments_come_out_with_parent_and_trace() {
        let text =
            br#"{"id":"00000000000000aa","trace_id":"1-5759e988-bd862e3fe1be46a994272793","name":"a","start_time":1,
            "end_time":2,"subsegments":[{"id":"00000000000000bb","name":"b","start_time":1.1,"end_time":1.2,
            "subsegments":[{"id":"00000000000000cc","name":"c","start_time":1.1,"in_progress":true}]}]}"#;
        let all = Document::parse(text).expect("valid").flatten();
        let found: Vec<_> = all.iter().map(|one| (one.name.as_str(), one.parent_id.as_deref())).collect();
        assert_eq!(found, [("a", None), ("b", Some("00000000000000aa")), ("c", Some("00000000000000bb"))]);
        assert!(all.iter().all(|one| is_trace_id(&one.trace_id) && one.subsegments.is_empty()));
    }

    #[test]
    fn what_x_ray_refuses_is_refused() {
        let valid = r#"{"id":"00000000000000aa","trace_id":"1-5759e988-bd862e3fe1be46a994272793","name":"a","start_time":1,"end_time":2}"#;
        assert!(Document::parse(valid.as_bytes()).is_ok());
        for (old, new) in [
            ("00000000000000aa", "aa"),
            ("1-5759e988", "5759e988"),
            (r#""name":"a""#, r#""name":"""#),
            (r#","end_time":2"#, ""),
            (r#""end_time":2"#, r#""end_time":2,"type":"subsegment""#),
            (r#""start_time":1"#, r#""start_time":"now""#),
            ("{", "["),
        ] {
            assert!(Document::parse(valid.replace(old, new).as_bytes()).is_err(), "{old} -> {new}");
        }
    }
}
