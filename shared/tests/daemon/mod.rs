//! An X-Ray daemon: a real UDP socket on loopback, and the rules that X-Ray documents for what it is sent.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

use serde_json::Value;
use shared::config::Environment;
use shared::telemetry::trace::{SegmentId, TraceId, Tracer};
use std::net::UdpSocket;
use std::time::Duration;

/// What every document begins with.
const PREFIX: &str = "{\"format\": \"json\", \"version\": 1}\n";

pub(crate) struct Daemon {
    socket: UdpSocket,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a legal time-out");
        Self { socket }
    }

    pub(crate) fn tracer(&self) -> Tracer {
        tracer(&self.socket.local_addr().expect("bound").to_string())
    }

    /// The next document, which keeps X-Ray's rules.
    pub(crate) fn document(&self) -> Value {
        let mut datagram = vec![0; 70_000];
        let length = self.socket.recv(&mut datagram).expect("a document");
        let text = std::str::from_utf8(&datagram[..length]).expect("UTF-8");
        let document = serde_json::from_str(text.strip_prefix(PREFIX).expect("the daemon's prefix")).expect("JSON");
        assert_legal(&document);
        document
    }

    /// All documents up to the end of the subsegment of this name, that one included.
    pub(crate) fn until_end_of(&self, name: &str) -> Vec<Value> {
        let mut documents = Vec::new();
        loop {
            let document = self.document();
            let last = document["name"] == name && document.get("end_time").is_some();
            documents.push(document);
            if last {
                return documents;
            }
        }
    }
}

/// A tracer that sends to this address.
pub(crate) fn tracer(daemon: &str) -> Tracer {
    let environment: Environment = [("AWS_XRAY_DAEMON_ADDRESS", daemon)].into_iter().collect();
    Tracer::new(&environment)
}

/// The one document of this name that has an end.
pub(crate) fn ended<'a>(documents: &'a [Value], name: &str) -> &'a Value {
    let mut named = documents.iter().filter(|document| document["name"] == name && document.get("end_time").is_some());
    let document = named.next().unwrap_or_else(|| panic!("no {name} in {documents:#?}"));
    assert!(named.next().is_none(), "two of {name}");
    document
}

fn assert_legal(document: &Value) {
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let is_id = |id: &Value| id.as_str().and_then(SegmentId::parse).is_some();
    assert!(is_id(&document["id"]) && is_id(&document["parent_id"]), "{document}");
    assert!(document["id"] != document["parent_id"], "{document}");
    assert!(TraceId::parse(text("/trace_id")).is_some(), "{document}");
    assert_eq!(document["type"], "subsegment");

    let name = text("/name");
    let legal = |letter: char| letter.is_alphanumeric() || letter.is_whitespace() || r"_.:/%&#=+\-@".contains(letter);
    assert!((1..=200).contains(&name.chars().count()) && name.chars().all(legal), "{name}");

    let start = document["start_time"].as_f64().expect("a start");
    match document["end_time"].as_f64() {
        Some(end) => assert!(end >= start && document.get("in_progress").is_none(), "{document}"),
        None => assert_eq!(document["in_progress"], true, "{document}"),
    }
    for flag in ["error", "throttle", "fault"] {
        assert!(document.get(flag).is_none_or(Value::is_boolean), "{document}");
    }
    for (key, value) in document["annotations"].as_object().into_iter().flatten() {
        assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{key}");
        let short = value.as_str().is_none_or(|text| text.chars().count() <= 1_000);
        assert!(short && (value.is_string() || value.is_number() || value.is_boolean()), "{key}: {value}");
    }
    for exception in document.pointer("/cause/exceptions").and_then(Value::as_array).into_iter().flatten() {
        assert!(is_id(&exception["id"]) && exception.get("cause").is_none_or(is_id), "{exception}");
        assert_texts_are_short(exception);
    }
    assert_legal_call(document);
}

/// The parts of a document that depend on where a call went.
fn assert_legal_call(document: &Value) {
    let (http, aws) = (&document["http"], &document["aws"]);
    match document["namespace"].as_str() {
        None => assert!(http.is_null() && aws.is_null(), "{document}"),
        Some("aws") => {
            assert!(aws["operation"].is_string() && aws["region"].is_string() && aws["retries"].is_u64(), "{document}");
        }
        Some("remote") => {
            let url = http["request"]["url"].as_str().expect("a URL");
            assert!(http["request"]["method"].is_string() && !url.contains(['?', '@']), "{document}");
        }
        Some(other) => panic!("no namespace of X-Ray's: {other}"),
    }
    assert!(http.pointer("/response/status").is_none_or(Value::is_u64), "{document}");
    assert_texts_are_short(http);
    assert_texts_are_short(aws);
}

/// "Values are strings up to 250 characters unless noted otherwise."
fn assert_texts_are_short(value: &Value) {
    match value {
        Value::String(text) => assert!(text.chars().count() <= 250, "{text}"),
        Value::Object(fields) => fields.values().for_each(assert_texts_are_short),
        _ => {}
    }
}
