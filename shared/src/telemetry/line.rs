use super::fields::Fields;
use super::identity::{INVOCATION, Identity};
use super::metrics::Document;
use serde_json::{Map, Value};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Subscriber};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};
use tracing_subscriber::{Layer, Registry};

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One flat object.
    Json,
    /// For reading at a terminal: time, level, message, then `key=value`.
    Text,
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
        line.extend(self.identity.fields().clone());
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
mod tests;
