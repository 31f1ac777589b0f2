use super::fields::Fields;
use super::metrics::Document;
use crate::VERSION;
use crate::config::Environment;
use serde_json::{Map, Value};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};
use tracing_subscriber::{Layer, Registry};

/// What tells one invocation from another: on every line, from the span of the invocation.
const INVOCATION: [&str; 4] = ["function_request_id", "request_id", "xray_trace_id", "cold_start"];

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One flat object.
    Json,
    /// For reading at a terminal: time, level, message, then `key=value`.
    Text,
}

/// What is the same on every line of a process.
pub struct Identity(Map<String, Value>);

impl Identity {
    /// Who writes: the service, its version, its stage and the function's name.
    pub fn new(service: &str, environment: &Environment) -> Self {
        let mut fields = Map::new();
        let mut set = |key: &str, value: Option<&str>| {
            fields.insert(key.to_owned(), value.map_or(Value::Null, Value::from));
        };
        set("service", Some(service));
        set("version", Some(VERSION));
        set("stage", environment.optional("STAGE"));
        set("function_name", environment.optional("AWS_LAMBDA_FUNCTION_NAME"));
        Self(fields)
    }
}

/// A layer that writes every event, with the fields of the spans around it, as one line.
pub(super) struct Lines {
    identity: Identity,
    format: Format,
    /// The level that lines of metrics need to get past Lambda's filter.
    metrics_level: Option<&'static str>,
    /// Whether there was an invocation: what happens before the first one belongs to the cold start.
    invoked: AtomicBool,
    write: Box<dyn Fn(&str) + Send + Sync>,
}

impl Lines {
    pub(super) fn new(
        identity: Identity,
        format: Format,
        metrics_level: Option<&'static str>,
        write: impl Fn(&str) + Send + Sync + 'static,
    ) -> Self {
        Self { identity, format, metrics_level, invoked: AtomicBool::new(false), write: Box::new(write) }
    }

    /// Writes one line of metrics, past all level filters, with the ids of the span that `dispatch` is in.
    pub(super) fn write_metrics(&self, document: &Document, dispatch: &Dispatch) {
        let now = jiff::Timestamp::now();
        let mut line = Map::new();
        line.insert("timestamp".into(), format!("{now:.6}").into());
        line.extend(self.metrics_level.map(|level| ("level".to_owned(), level.into())));
        self.identify(&mut line);
        let registry = dispatch.downcast_ref::<Registry>();
        let span =
            registry.zip(dispatch.current_span().into_inner()).and_then(|(registry, (id, _))| registry.span(&id));
        // Only the ids: a line of metrics is kept for long and read by machines.
        each_of(span, |fields| {
            let ids = fields.0.iter().filter(|(key, _)| INVOCATION.contains(&key.as_str()));
            line.extend(ids.map(|(key, value)| (key.clone(), value.clone())));
        });
        // Both are dimensions, and EMF wants those to be texts.
        for dimension in ["service", "stage"] {
            if !line.get(dimension).is_some_and(Value::is_string) {
                line.insert(dimension.into(), "unknown".into());
            }
        }
        line.extend(document.members(now));
        (self.write)(&json(&line));
    }

    /// What is on every line, in its place; the ids of an invocation are none as yet.
    fn identify(&self, line: &mut Map<String, Value>) {
        line.extend(self.identity.0.clone());
        line.extend(INVOCATION.map(|key| (key.to_owned(), Value::Null)));
        if !self.invoked.load(Ordering::Relaxed) {
            line.insert("cold_start".into(), true.into());
        }
    }
}

/// The fields of a span and of those around it, from the outermost in.
fn each_of<'a, S: LookupSpan<'a>>(span: Option<SpanRef<'a, S>>, mut take: impl FnMut(&Fields)) {
    for span in span.into_iter().flat_map(|span| span.scope().from_root()) {
        if let Some(fields) = span.extensions().get::<Fields>() {
            take(fields);
        }
    }
}

fn json(line: &Map<String, Value>) -> String {
    // Maps of strings, numbers and booleans always serialise.
    serde_json::to_string(line).unwrap_or_default() + "\n"
}

impl<S> Layer<S> for Lines
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() == "invocation" {
            self.invoked.store(true, Ordering::Relaxed);
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let message = own.0.shift_remove("message").unwrap_or(Value::Null);

        let mut line = Map::new();
        line.insert("timestamp".into(), format!("{:.6}", jiff::Timestamp::now()).into());
        line.insert("level".into(), level(*event.metadata().level()).into());
        line.insert("message".into(), message);
        self.identify(&mut line);
        each_of(context.event_span(event), |fields| line.extend(fields.0.clone()));
        line.extend(own.0);
        (self.write)(&match self.format {
            Format::Json => json(&line),
            Format::Text => text(&line),
        });
    }
}

/// Lambda's own words for the levels.
fn level(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARN",
        Level::INFO => "INFO",
        Level::DEBUG => "DEBUG",
        Level::TRACE => "TRACE",
    }
}

fn text(line: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (key, value) in line {
        let separator = if text.is_empty() { "" } else { " " };
        // Writing to a string cannot fail. Values other than the message stay JSON, so that a line stays one line.
        let _ = match (key.as_str(), value) {
            ("timestamp" | "level", Value::String(word)) => write!(text, "{separator}{word}"),
            ("message", Value::String(words)) => write!(text, "{separator}{}", words.escape_debug()),
            (_, Value::Null) => Ok(()),
            (key, value) => write!(text, "{separator}{key}={value}"),
        };
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let lines: Vec<Map<String, Value>> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
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
}
