//! The end of a run: figures as Artillery prints them, checks, the table.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::table;
use crate::cli::terminal::{self, Palette, Style};
use crate::load::{Agreement, Check, Options, Outcome, Profile, Spread, Summary, schedule};

/// Riders that come later than this came late: a timer is good for a millisecond or two.
const LATE: Duration = Duration::from_millis(50);
/// Wide enough for every name and short enough for every terminal: Artillery's own width.
const WIDTH: usize = 79;

/// What a run ends with.
pub(super) struct Report<'a> {
    options: &'a Options,
    outcome: &'a Outcome,
    summary: Summary,
    /// How many times as many riders the whole profile brings.
    scale: f64,
    checks: Vec<Check>,
    agreement: Option<anyhow::Result<Agreement>>,
    /// How late requests were sent, in milliseconds.
    delay: Option<Spread>,
}

impl<'a> Report<'a> {
    pub(super) fn of(
        profile: &Profile,
        options: &'a Options,
        outcome: &'a Outcome,
        agreement: Option<anyhow::Result<Agreement>>,
    ) -> Self {
        let summary = Summary::of(&outcome.ledger, profile);
        let riders = |compress| schedule(profile, options.seed, compress).len() as f64;
        let (whole, planned) = (riders(1), riders(options.compress));
        let scale = if planned > 0.0 { whole / planned } else { 1.0 };
        // A run that was stopped is no run of this profile.
        let checks = if outcome.stopped { Vec::new() } else { summary.judge(&profile.ensure, scale) };
        let attempts = outcome.ledger.entries.iter().flat_map(|entry| &entry.attempts);
        let delay = Spread::of(attempts.map(|attempt| attempt.delay().as_secs_f64() * 1000.0).collect());
        Self { options, outcome, summary, scale, checks, agreement, delay }
    }

    pub(super) fn passed(&self) -> bool {
        let checks = self.checks.iter().all(|check| check.ok || !check.strict);
        let agreement = self.agreement.as_ref().is_none_or(|found| found.as_ref().is_ok_and(Agreement::holds));
        checks && agreement && self.summary.failed_expectations() == 0
    }

    pub(super) fn text(&self, palette: Palette) -> String {
        let title = format!("Summary report @ {}", Timestamp::now().to_zoned(TimeZone::UTC).strftime("%H:%M:%S(%z)"));
        let rule = "-".repeat(title.len());
        let mut text = format!("{rule}\n{title}\n{rule}\n\n{}", figures(&self.summary));
        if !self.checks.is_empty() {
            text.push_str("\nChecks:\n");
        }
        if self.scale != 1.0 && !self.checks.is_empty() {
            let _ = writeln!(text, "(of the whole profile: this run's counters times {:.2})", self.scale);
        }
        for check in &self.checks {
            let word = if check.ok { palette.paint(Style::Green, "ok") } else { palette.paint(Style::Red, "fail") };
            let optional = if check.strict { "" } else { " (optional)" };
            let why = check.missing.as_ref().map(|name| format!(" (this run has no {name})")).unwrap_or_default();
            let _ = writeln!(text, "{word}: {}{optional}{why}", check.text);
        }
        if self.summary.failed_expectations() > 0 {
            let fail = palette.paint(Style::Red, "fail");
            let _ = writeln!(text, "{fail}: {} expectations did not hold", self.summary.failed_expectations());
        }
        match &self.agreement {
            Some(Ok(found)) => text.push_str(&table::text(found, palette)),
            Some(Err(error)) => {
                let _ = writeln!(text, "\nTable:\n{}: not compared: {error:#}", palette.paint(Style::Red, "fail"));
            }
            None => {}
        }
        text.trim_end().to_owned()
    }

    pub(super) fn json(&self) -> String {
        let agreement = self.agreement.as_ref().map(|found| match found {
            Ok(found) => json!({"holds": found.holds(), "found": found}),
            Err(error) => json!({"holds": false, "error": format!("{error:#}")}),
        });
        let report = json!({
            "target": self.options.target,
            "client": self.options.client,
            "seed": self.options.seed,
            "compress": self.options.compress,
            "stopped": self.outcome.stopped,
            "passed": self.passed(),
            "aggregate": self.summary,
            "checks": self.checks,
            "table": agreement,
            "sent_late_ms": self.delay,
            "held": self.outcome.held,
        });
        serde_json::to_string_pretty(&report).unwrap_or_else(|_| report.to_string())
    }

    /// Says on standard error what casts doubt on the figures.
    pub(super) fn warn(&self, palette: Palette) {
        let warning = palette.paint(Style::Yellow, "warning:");
        if self.outcome.stopped {
            terminal::warn(&format!("{warning} stopped before its end; the profile's checks were not made"));
        }
        let Some(delay) = self.delay.filter(|delay| delay.max >= LATE.as_secs_f64() * 1000.0) else { return };
        let cause = match self.outcome.held {
            0 => "this machine was too busy to send them".to_owned(),
            held => format!("{held} riders waited, {} under way being the most (--in-flight)", self.options.in_flight),
        };
        terminal::warn(&format!(
            "{warning} the generator itself was slow: requests were sent up to {} ms late (p99 {} ms); {cause}. \
             Latency includes it.",
            delay.max, delay.p99
        ));
    }
}

/// Names and values with dots between, in the order of the alphabet.
fn figures(summary: &Summary) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for (name, count) in &summary.counters {
        lines.push((name, dotted(&format!("{name}:"), &count.to_string())));
    }
    for (name, rate) in &summary.rates {
        lines.push((name, format!("{}/sec", dotted(&format!("{name}:"), &rate.to_string()))));
    }
    for (name, spread) in &summary.summaries {
        let parts = [
            ("min", spread.min),
            ("max", spread.max),
            ("mean", spread.mean),
            ("median", spread.median),
            ("p95", spread.p95),
            ("p99", spread.p99),
        ];
        let parts = parts.map(|(part, value)| dotted(&format!("  {part}:"), &value.to_string()));
        lines.push((name, format!("{name}:\n{}", parts.join("\n"))));
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| format!("{line}\n")).collect()
}

fn dotted(name: &str, value: &str) -> String {
    let dots = WIDTH.saturating_sub(name.len() + value.len() + 2).max(2);
    format!("{name} {} {value}", ".".repeat(dots))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_artillery_prints_them() {
        let mut summary = Summary::default();
        summary.counters.insert("http.requests".to_owned(), 1800);
        summary.counters.insert("http.codes.201".to_owned(), 1800);
        summary.rates.insert("http.request_rate".to_owned(), 10.0);
        summary.summaries.insert("http.response_time".to_owned(), Spread::of(vec![1.5, 2.5]).expect("figures"));
        let text = figures(&summary);
        let lines: Vec<&str> = text.lines().collect();
        let names: Vec<&str> = lines.iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(
            names,
            [
                "http.codes.201",
                "http.request_rate",
                "http.requests",
                "http.response_time",
                "  min",
                "  max",
                "  mean",
                "  median",
                "  p95",
                "  p99"
            ]
        );
        assert!(lines[0].starts_with("http.codes.201: ...") && lines[0].ends_with(". 1800"), "{text}");
        assert!(lines[1].ends_with(". 10/sec"), "{text}");
        assert_eq!(lines[0].len(), WIDTH);
    }
}
