use super::*;
use crate::VERSION;
use std::sync::{Arc, Mutex};
use tracing_subscriber::layer::SubscriberExt;

/// What `log` writes.
fn written(format: Format, log: impl FnOnce()) -> String {
    let lines = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&lines);
    let environment = [("STAGE", "dev"), ("AWS_LAMBDA_FUNCTION_NAME", "wild-rydes-dev-x")].into_iter().collect();
    let layer = Lines::new(Identity::new("x", &environment), format, None, move |line: &str| {
        sink.lock().expect("one thread").push_str(line);
    });
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    let text = lines.lock().expect("one thread");
    text.clone()
}

#[test]
fn a_line_is_one_flat_object_with_the_fields_of_its_spans() {
    let text = written(Format::Json, || {
        let span = tracing::info_span!("invocation", request_id = "r-1", status = tracing::field::Empty);
        span.record("status", 201_u64);
        span.in_scope(|| tracing::warn!(duration_ms = 1.5, retried = true, "done\nand dusted"));
    });
    let line: Map<String, Value> = serde_json::from_str(&text).expect("one JSON object");
    assert!(line.values().all(|value| !value.is_object() && !value.is_array()), "{text}");
    assert_eq!(text.matches('\n').count(), 1);
    let expected: [(&str, Value); 9] = [
        ("level", "WARN".into()),
        ("message", "done\nand dusted".into()),
        ("service", "x".into()),
        ("stage", "dev".into()),
        ("function_name", "wild-rydes-dev-x".into()),
        ("request_id", "r-1".into()),
        ("status", 201.into()),
        ("duration_ms", 1.5.into()),
        ("retried", true.into()),
    ];
    for (key, value) in expected {
        assert_eq!(line[key], value, "{key}");
    }
    assert_eq!(line["version"], VERSION);
    assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z') && time.len() == 27), "{text}");
}

/// Init, and a panic outside a request, have no invocation; whoever searches finds the same fields all the same.
#[test]
fn every_line_has_the_same_fields_in_the_same_order_whether_in_an_invocation_or_not() {
    let text = written(Format::Json, || {
        tracing::info!(key = "STAGE", "before");
        let span =
            tracing::info_span!("invocation", request_id = "r-1", xray_trace_id = None::<&str>, cold_start = true);
        span.in_scope(|| tracing::info!("within"));
        tracing::info!("after");
    });
    let lines: Vec<Map<String, Value>> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let keys = [
        "timestamp",
        "level",
        "message",
        "service",
        "version",
        "stage",
        "function_name",
        "function_request_id",
        "request_id",
        "xray_trace_id",
        "cold_start",
    ];
    for line in &lines {
        assert_eq!(line.keys().take(keys.len()).collect::<Vec<_>>(), keys, "{line:?}");
    }
    assert_eq!(lines[0].keys().nth(keys.len()).map(String::as_str), Some("key"));
    let of = |key: &str| lines.iter().map(|line| line[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("cold_start"), [Value::Bool(true), Value::Bool(true), Value::Null]);
    assert_eq!(of("request_id"), [Value::Null, "r-1".into(), Value::Null]);
}

#[test]
fn an_error_brings_its_sources() {
    let error = crate::config::ConfigError {
        key: "STAGE".into(),
        fault: crate::config::Fault::Missing,
        expected: "a text".into(),
    };
    let text = written(Format::Json, || tracing::error!(error = &error as &dyn std::error::Error, "start failed"));
    assert!(text.contains("\"error\":\"environment variable STAGE is not set; expected a text\""), "{text}");
}

#[test]
fn text_is_one_line_too() {
    let text = written(Format::Text, || tracing::info!(status = 200, reason = "a\nb", "two\nlines"));
    assert!(text.contains(" INFO two\\nlines ") && text.contains(" status=200 reason=\"a\\nb\""), "{text}");
    assert_eq!(text.matches('\n').count(), 1);
}
