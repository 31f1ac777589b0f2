use super::{Outcome, SegmentId, TraceId};
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::time::Duration;

/// A subsegment that is sent on its own.
///
/// Fields and limits: <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    pub(super) name: &'a str,
    pub(super) id: SegmentId,
    pub(super) trace_id: TraceId,
    pub(super) parent_id: SegmentId,
    pub(super) r#type: &'static str,
    pub(super) start_time: Seconds,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_time: Option<Seconds>,
    /// Instead of an end: the document with the end takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) in_progress: Option<bool>,
    #[serde(flatten)]
    pub(super) details: &'a Details,
    #[serde(flatten)]
    pub(super) outcome: &'a Outcome,
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "as_map")]
    pub(super) annotations: &'a [(&'static str, Annotation)],
}

/// A moment since the Unix epoch. X-Ray reads seconds with as many decimal places as there are; here microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds(pub(super) Duration);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Whole microseconds of this century fit into an f64 exactly, so that their order is kept.
        serializer.serialize_f64(self.0.as_micros() as f64 / 1e6)
    }
}

/// What kind of call it was, and what is known about it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) namespace: Option<Namespace>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<Http>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) aws: Option<Aws>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Metadata>,
}

/// Where a call went. Work of our own has none.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Namespace {
    /// By the SDK to AWS.
    #[cfg_attr(
        not(any(feature = "dynamodb", feature = "params", feature = "sqs")),
        expect(dead_code, reason = "for the SDK's calls")
    )]
    Aws,
    /// By HTTP to another service.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "for HTTP calls"))]
    Remote,
}

#[derive(Debug, Serialize)]
pub(crate) struct Http {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<HttpRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<HttpResponse>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    /// Protocol, host and path. Never the query, which may be a signature.
    pub(crate) url: String,
    /// Whether the other side was given this trace and will send a segment with this subsegment as its parent; X-Ray
    /// counts the trace as broken until it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) traced: Option<bool>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    /// The length of the body in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content_length: Option<u64>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Aws {
    pub(crate) operation: String,
    pub(crate) region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) table_name: Option<String>,
    /// AWS's id of the last attempt that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<String>,
    /// Attempts after the first. X-Ray's SDKs send it, though the list of fields does not name it.
    pub(crate) retries: u32,
}

/// What is kept in the trace and not searched.
#[derive(Debug, Serialize)]
pub(crate) struct Metadata {
    pub(crate) attempts: Vec<Attempt>,
}

/// One attempt of a call that the SDK made for us.
#[derive(Debug, Serialize)]
pub(crate) struct Attempt {
    pub(crate) duration_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// `ok`, AWS's name of the error, or what became of the attempt.
    pub(crate) outcome: String,
}

/// A value that X-Ray makes searchable: no personal data, and no name with other characters than `[A-Za-z0-9_]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Annotation {
    /// At most 1000 characters; a longer text is cut.
    Text(Cow<'static, str>),
    /// A whole number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
}

/// The longest text of an annotation, in characters.
///
/// See "Annotation requirements" in <https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-python-segment.html>.
const LONGEST_ANNOTATION: usize = 1_000;

impl From<&str> for Annotation {
    fn from(text: &str) -> Self {
        let end = text.char_indices().nth(LONGEST_ANNOTATION).map_or(text.len(), |(end, _)| end);
        Self::Text(text[..end].to_owned().into())
    }
}

impl From<u16> for Annotation {
    fn from(number: u16) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Annotation {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

fn as_map<S: Serializer>(pairs: &&[(&'static str, Annotation)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}
