//! `cargo lab trace`.

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;

use super::client::{self, Console};
use super::logs::Line;
use super::requests::Request;
use super::{Common, figures, print_json};
use crate::cli::terminal::{self, Palette, Style};

/// Characters of the widest bar.
const BAR: usize = 30;

#[derive(Debug, Args)]
#[command(after_help = "Find an id with `cargo lab requests`, in an X-Request-ID header, or in a log line.")]
pub(in crate::cli) struct Trace {
    /// Id of a request, of a trace, or of a function's invocation
    id: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Deserialize)]
struct Answer {
    request: Request,
    spans: Vec<Span>,
    lines: Vec<Line>,
    missing: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Span {
    depth: usize,
    name: String,
    kind: String,
    offset_ms: f64,
    duration_ms: f64,
    error: bool,
    fault: bool,
    throttle: bool,
    in_progress: bool,
    detail: Option<String>,
    cause: Option<String>,
    guilty: bool,
}

impl Span {
    fn style(&self) -> Option<Style> {
        if self.fault {
            Some(Style::Red)
        } else if self.error || self.throttle {
            Some(Style::Yellow)
        } else {
            None
        }
    }

    /// What happened, in words: colours alone say nothing in a file.
    fn outcome(&self) -> String {
        let words = [
            (self.guilty, "GUILTY"),
            (self.fault, "fault"),
            (self.throttle, "throttled"),
            (self.error && !self.throttle, "error"),
            (self.in_progress, "never ended"),
        ];
        words.into_iter().filter_map(|(is, word)| is.then_some(word)).collect::<Vec<_>>().join(", ")
    }
}

impl Trace {
    pub(in crate::cli) async fn run(self) -> anyhow::Result<ExitCode> {
        let console = Console::find(&self.common)?;
        let mut path = String::from("/api/requests/");
        path.extend(url::form_urlencoded::byte_serialize(self.id.as_bytes()));
        let answer = console.get(&path, &[]).await?;
        if self.common.json {
            print_json(&answer);
            return Ok(ExitCode::SUCCESS);
        }
        show(&client::read(answer)?);
        Ok(ExitCode::SUCCESS)
    }
}

fn show(answer: &Answer) {
    let palette = Palette::stdout();
    let request = &answer.request;
    let title = format!("{} {} -> {}", request.method, request.route, request.status);
    let title = request.style().map_or(title.clone(), |style| palette.paint(style, &title));
    let (took, at) = (figures::milliseconds(request.duration_ms), figures::clock(request.at_ms));
    terminal::print(&format!("{title} in {took} at {at} {}", request.marks()));
    terminal::print(&format!("request {}, trace {}", request.id, request.trace_id));
    if let Some(guilty) = &request.guilty {
        terminal::print(&palette.paint(Style::Red, &format!("guilty: {guilty}")));
    }
    terminal::print("");
    let end = answer.spans.iter().map(|span| span.offset_ms + span.duration_ms).fold(f64::EPSILON, f64::max);
    let width = answer.spans.iter().map(|span| span.depth * 2 + span.name.chars().count()).max().unwrap_or_default();
    for span in &answer.spans {
        terminal::print(&row(span, end, width, palette));
        if let Some(cause) = &span.cause {
            let indent = " ".repeat(span.depth * 2 + 2);
            terminal::print(&palette.paint(Style::Red, &format!("{indent}because: {cause}")));
        }
    }
    for missing in &answer.missing {
        terminal::print(&palette.paint(Style::Yellow, &format!("missing: {missing}")));
    }
    if !answer.lines.is_empty() {
        terminal::print("");
    }
    for said in answer.lines.iter().filter_map(|line| line.readable(palette)) {
        terminal::print(&said);
    }
}

fn row(span: &Span, end: f64, width: usize, palette: Palette) -> String {
    let name = format!("{}{}", "  ".repeat(span.depth), span.name);
    let took = figures::milliseconds(span.duration_ms);
    let text = format!("{name:<width$} {:<8} {took:>9} |{}|", span.kind, bar(span, end));
    let text = span.style().map_or(text.clone(), |style| palette.paint(style, &text));
    let outcome = span.outcome();
    [text, span.detail.clone().unwrap_or_default(), outcome].join(" ").trim_end().to_owned()
}

/// Where in the request the span lies.
fn bar(span: &Span, end: f64) -> String {
    let at = |ms: f64| ((ms / end).clamp(0.0, 1.0) * BAR as f64).round() as usize;
    let from = at(span.offset_ms).min(BAR - 1);
    // A short span is still one mark wide.
    let to = at(span.offset_ms + span.duration_ms).clamp(from + 1, BAR);
    format!("{}{}{}", " ".repeat(from), "=".repeat(to - from), " ".repeat(BAR - to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(offset_ms: f64, duration_ms: f64) -> Span {
        Span {
            depth: 1,
            name: "DynamoDB".to_owned(),
            kind: "aws".to_owned(),
            offset_ms,
            duration_ms,
            error: false,
            fault: true,
            throttle: false,
            in_progress: false,
            detail: Some("PutItem rides, attempt 3 of 3".to_owned()),
            cause: None,
            guilty: true,
        }
    }

    #[test]
    fn a_bar_lies_where_its_span_lay() {
        assert_eq!(bar(&span(0.0, 100.0), 100.0), "=".repeat(BAR));
        assert_eq!(bar(&span(50.0, 50.0), 100.0).trim_start(), "=".repeat(BAR / 2));
        for (offset, duration) in [(100.0, 0.0), (0.0, 0.0), (200.0, 5.0), (-5.0, 1.0)] {
            let bar = bar(&span(offset, duration), 100.0);
            assert!(bar.len() == BAR && bar.contains('='), "{bar}");
        }
    }

    #[test]
    fn a_guilty_span_says_so_without_colours() {
        let said = row(&span(0.0, 5.0), 5.0, 12, Palette::plain());
        assert!(said.contains("  DynamoDB") && said.ends_with("PutItem rides, attempt 3 of 3 GUILTY, fault"), "{said}");
    }
}
