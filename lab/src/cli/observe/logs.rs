//! `cargo lab logs`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::client::{self, Console};
use super::{Common, figures};
use crate::cli::terminal::{self, Palette, Style};

/// How often `--follow` looks.
const PAUSE: Duration = Duration::from_millis(300);

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  cargo lab logs --follow\n  cargo lab logs --request ID\n  cargo lab logs --level ERROR --json | jq .message"
)]
pub(in crate::cli) struct Logs {
    /// Only lines of this request: the id of a request, a trace or an invocation
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Only lines of this service, `request-ride`
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only lines of this level or worse
    #[arg(long, value_name = "LEVEL", value_parser = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"], ignore_case = true)]
    level: Option<String>,
    /// The last so many lines
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    limit: u32,
    /// Stay, and print what comes
    #[arg(long)]
    follow: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Deserialize)]
struct Answer {
    next: u64,
    lines: Vec<Value>,
}

/// One line of the log.
#[derive(Debug, Deserialize)]
pub(super) struct Line {
    at_ms: f64,
    service: String,
    kind: String,
    level: Option<String>,
    message: Option<String>,
    text: String,
    #[serde(default)]
    fields: Map<String, Value>,
}

/// The same on every line of a request, or of a function.
const KNOWN: [&str; 12] = [
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
    "target",
];

impl Line {
    /// As a person reads it; `None` where it says nothing to one.
    pub(super) fn readable(&self, palette: Palette) -> Option<String> {
        let time = palette.paint(Style::Dim, &figures::clock(self.at_ms));
        let service = palette.paint(Style::Bold, &format!("{:<16}", self.service));
        let said = match self.kind.as_str() {
            "platform" => palette.paint(Style::Dim, &terminal::platform(&self.text)?),
            "access" => palette.paint(Style::Dim, &terminal::access(&self.text)),
            _ => self.event(palette),
        };
        Some(format!("{time} {service} {said}"))
    }

    fn event(&self, palette: Palette) -> String {
        let level = self.level.as_deref().unwrap_or(&self.kind);
        let style = match level {
            "ERROR" => Style::Red,
            "WARN" => Style::Yellow,
            "INFO" => Style::Green,
            _ => Style::Dim,
        };
        let mut said = palette.paint(style, &format!("{level:<8}"));
        said.push_str(self.message.as_deref().unwrap_or(&self.text));
        let own = self.fields.iter().filter(|(name, value)| !KNOWN.contains(&name.as_str()) && !value.is_null());
        for (name, value) in own {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            said.push_str(&format!(" {}{value}", palette.paint(Style::Dim, &format!("{name}="))));
        }
        said
    }
}

impl Logs {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let console = Console::find(&self.common)?;
        let mut after = None;
        loop {
            let parameters = [
                ("request", self.request.clone()),
                ("service", self.service.clone()),
                ("level", self.level.clone().map(|level| level.to_ascii_uppercase())),
                ("after", after.map(|seq: u64| seq.to_string())),
                ("limit", Some(if after.is_none() { self.limit } else { 10_000 }.to_string())),
            ];
            let answer: Answer = client::read(console.get("/api/logs", &parameters).await?)?;
            for line in answer.lines {
                if !self.print(line)? {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            if !self.follow {
                return Ok(ExitCode::SUCCESS);
            }
            after = Some(answer.next);
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// One line; one object a line as JSON, so that a program can follow.
    fn print(&self, line: Value) -> anyhow::Result<bool> {
        if self.common.json {
            return Ok(terminal::print(&line.to_string()));
        }
        let line: Line = client::read(line)?;
        Ok(line.readable(Palette::stdout()).is_none_or(|said| terminal::print(&said)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_its_own() {
        let line = Line {
            at_ms: 0.0,
            service: "request-ride".to_owned(),
            kind: "function".to_owned(),
            level: Some("WARN".to_owned()),
            message: Some("request completed".to_owned()),
            text: String::new(),
            fields: serde_json::from_str(r#"{"status":503,"stage":"dev","detail":null,"error":"no answer"}"#)
                .expect("JSON"),
        };
        assert_eq!(
            line.readable(Palette::plain()).as_deref(),
            Some("00:00:00.000 request-ride     WARN    request completed status=503 error=no answer")
        );
    }
}
