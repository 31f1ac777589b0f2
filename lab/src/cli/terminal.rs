//! What a person sees: log lines made readable, colours only on a terminal.

use std::io::{IsTerminal, Write};

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::logs::{Kind, Line};

/// An ANSI colour or style.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

/// How a stream is written to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    colours: bool,
}

impl Palette {
    /// For standard output.
    pub(super) fn stdout() -> Self {
        Self { colours: wanted(std::io::stdout().is_terminal()) }
    }

    /// For standard error.
    pub(super) fn stderr() -> Self {
        Self { colours: wanted(std::io::stderr().is_terminal()) }
    }

    /// Without colours.
    #[cfg(test)]
    pub(super) fn plain() -> Self {
        Self { colours: false }
    }

    pub(super) fn paint(self, style: Style, text: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let code = match style {
            Style::Bold => "1",
            Style::Dim => "2",
            Style::Red => "31",
            Style::Yellow => "33",
            Style::Green => "32",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// <https://no-color.org>
fn wanted(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Prints an error with its causes.
pub(super) fn error(error: &anyhow::Error) {
    let palette = Palette::stderr();
    let mut text = format!("{} {error}", palette.paint(Style::Red, "error:"));
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        // Messages that carry their cause already are not repeated.
        if !said.contains(&cause) {
            text.push_str(&format!("\n  because: {cause}"));
            said = cause;
        }
    }
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints a line on standard error.
pub(super) fn warn(text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints a line on standard output; false once nobody reads it.
pub(super) fn print(text: &str) -> bool {
    writeln!(std::io::stdout(), "{text}").is_ok()
}

/// A log line for a person; `None` where it says nothing to one.
pub(super) fn readable(line: &Line, palette: Palette) -> Option<String> {
    let time = line.time.to_zoned(TimeZone::UTC).strftime("%H:%M:%S%.3f").to_string();
    let time = palette.paint(Style::Dim, &time);
    let name = if line.kind == Kind::Access { "api" } else { short(&line.origin.function) };
    let name = palette.paint(Style::Bold, &format!("{name:<16}"));
    let said = match line.kind {
        Kind::Platform => palette.paint(Style::Dim, &platform(&line.text)?),
        Kind::Access => palette.paint(Style::Dim, &access(&line.text)),
        // Metrics are no log: the console and `cargo lab metrics` show them.
        Kind::Function if line.text.contains("\"_aws\":") => return None,
        Kind::Function => event(&line.text, palette),
    };
    Some(format!("{time} {name} {said}"))
}

/// The last part of `wild-rydes-dev-request-ride`: without the stack's prefix.
fn short(function: &str) -> &str {
    function.splitn(4, '-').nth(3).unwrap_or(function)
}

/// START and END say nothing that the report does not.
pub(super) fn platform(text: &str) -> Option<String> {
    if text.starts_with("START ") || text.starts_with("END ") {
        return None;
    }
    let Ok(event) = serde_json::from_str::<Value>(text) else { return Some(text.replace('\t', "  ")) };
    let kind = event["type"].as_str().unwrap_or_default().trim_start_matches("platform.");
    if kind == "start" {
        return None;
    }
    let record = &event["record"];
    let mut said = format!("{kind} {}", plain(&record["status"]));
    let figures =
        [("duration", "durationMs", "ms"), ("init", "initDurationMs", "ms"), ("memory", "maxMemoryUsedMB", "MB")];
    for (name, metric, unit) in figures {
        if let Some(value) = record["metrics"].get(metric) {
            said.push_str(&format!(" {name}={value} {unit}"));
        }
    }
    if let Some(error) = record.get("errorType") {
        said.push_str(&format!(" {}", plain(error)));
    }
    Some(said)
}

/// An access log line: the request and its outcome, where the format is JSON.
pub(super) fn access(text: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return text.to_owned() };
    let field = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)).map(plain).unwrap_or_default();
    let summary = [field(&["method", "httpMethod"]), field(&["route", "path"]), field(&["status"])].join(" ");
    match field(&["duration_ms", "responseLatency"]).as_str() {
        "" => summary,
        latency => format!("{summary} {latency} ms"),
    }
}

/// One of our JSON events: level, message, then the fields that differ from line to line.
fn event(text: &str, palette: Palette) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return text.to_owned() };
    let level = fields.get("level").map(plain).unwrap_or_default();
    let style = match level.as_str() {
        "ERROR" => Style::Red,
        "WARN" => Style::Yellow,
        "INFO" => Style::Green,
        _ => Style::Dim,
    };
    let message = fields.get("message").map(plain).unwrap_or_default();
    let mut said = format!("{} {message}", palette.paint(style, &format!("{level:<5}")));
    // The same on every line of a function; the raw log has them.
    let known = [
        "timestamp",
        "level",
        "message",
        "service",
        "version",
        "stage",
        "function_name",
        "function_request_id",
        "xray_trace_id",
        "target",
    ];
    for (name, value) in fields.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
        said.push_str(&format!(" {}{}", palette.paint(Style::Dim, &format!("{name}=")), plain(value)));
    }
    said
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Origin;

    fn line(kind: Kind, text: &str) -> Line {
        let origin = Origin { function: "wild-rydes-dev-request-ride".to_owned(), environment: String::new() };
        Line { time: jiff::Timestamp::UNIX_EPOCH, origin, kind, text: text.to_owned() }
    }

    #[test]
    fn a_json_event_reads_as_level_message_and_fields() {
        let text =
            r#"{"timestamp":"t","level":"INFO","message":"request","service":"s","status":201,"request_id":"r"}"#;
        let said = readable(&line(Kind::Function, text), Palette::plain());
        assert_eq!(said.as_deref(), Some("00:00:00.000 request-ride     INFO  request status=201 request_id=r"));
    }

    #[test]
    fn what_is_not_json_is_shown_as_it_is() {
        let said = readable(&line(Kind::Function, "thread panicked"), Palette::plain());
        assert_eq!(said.as_deref(), Some("00:00:00.000 request-ride     thread panicked"));
    }

    #[test]
    fn a_json_report_reads_as_its_figures() {
        let text = r#"{"type":"platform.report","record":{"status":"success","metrics":{"durationMs":1.5,"initDurationMs":9}}}"#;
        let said = readable(&line(Kind::Platform, text), Palette::plain());
        assert_eq!(said.as_deref(), Some("00:00:00.000 request-ride     report success duration=1.5 ms init=9 ms"));
    }

    #[test]
    fn metrics_are_no_log() {
        let text = r#"{"service":"s","RidesRecorded":1,"_aws":{"Timestamp":1,"CloudWatchMetrics":[]}}"#;
        assert!(readable(&line(Kind::Function, text), Palette::plain()).is_none());
    }

    #[test]
    fn start_and_end_are_left_out() {
        assert!(readable(&line(Kind::Platform, "START RequestId: 1"), Palette::plain()).is_none());
        assert!(readable(&line(Kind::Platform, r#"{"type":"platform.start"}"#), Palette::plain()).is_none());
        assert!(readable(&line(Kind::Platform, "REPORT RequestId: 1"), Palette::plain()).is_some());
    }
}
