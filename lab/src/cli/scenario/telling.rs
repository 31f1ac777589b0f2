//! What a person sees of a scenario at the terminal: its course, and the verdicts.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use crate::cli::terminal::{self, Palette, Style};
use crate::percentile::percentile;
use crate::scenario::{Evidence, Progress, Verdict};

/// Riders who are sent later than that are sent too late, in milliseconds: a quiet machine is a few behind.
const BEHIND_MS: f64 = 100.0;

/// Tells of the course on standard error: standard output is for the verdicts. `name` stands before each line, where several are
/// under way.
pub(super) fn course(name: &str, progress: &Progress) {
    let palette = Palette::stderr();
    let line = match progress {
        Progress::Building => "building the functions".to_owned(),
        Progress::Starting => "starting the stack; its alarms are looked at before anything happens".to_owned(),
        Progress::Began => format!("{} the load begins", at(0.0)),
        Progress::Fault { at: when, what, on } => {
            let (style, word) = if *on { (Style::Red, "FAULT ") } else { (Style::Green, "mended") };
            format!("{} {} {what}", at(*when), palette.paint(style, word))
        }
        Progress::Alarm { at: when, name, on } => {
            let (style, word) = if *on { (Style::Yellow, "ALARM ") } else { (Style::Green, "OK    ") };
            format!("{} {} {name}", at(*when), palette.paint(style, word))
        }
        Progress::Settling { at: when } => format!("{} the load is over; waiting for the alarms to clear", at(*when)),
        Progress::Tick { at: when, statuses } => {
            // Only where the next line can take its place.
            if name.is_empty() && std::io::stderr().is_terminal() {
                let line = format!("{} {}", at(*when), answers(statuses));
                // A terminal that is gone is no reason to stop.
                let _ = write!(std::io::stderr(), "\r\x1b[2K{}\r", palette.paint(Style::Dim, &line));
            }
            return;
        }
    };
    self::line(&format!("{name}{line}"));
}

/// Tells one line of it.
pub(super) fn line(line: &str) {
    let clear = if std::io::stderr().is_terminal() { "\r\x1b[2K" } else { "" };
    // A terminal that is gone is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{clear}{line}");
}

fn at(seconds: f64) -> String {
    format!("{seconds:>5.0} s")
}

fn answers(statuses: &BTreeMap<u16, u64>) -> String {
    let said = statuses.iter().map(|(status, count)| match status {
        0 => format!("{count} without an answer"),
        status => format!("{count} x {status}"),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// One line an expectation; whether all of them came about.
pub(super) fn verdicts(evidence: &Evidence, verdicts: &[Verdict]) -> bool {
    let palette = Palette::stdout();
    let heading = format!(
        "{} ({}): {}, seed {}, compressed {} times",
        evidence.scenario,
        evidence.variant.name(),
        evidence.with,
        evidence.seed,
        evidence.compress
    );
    terminal::print(&palette.paint(Style::Bold, &heading));
    for verdict in verdicts {
        let (style, word) = if verdict.passed { (Style::Green, "pass") } else { (Style::Red, "FAIL") };
        terminal::print(&format!("  {}  {}", palette.paint(style, word), verdict.expected));
        terminal::print(&palette.paint(Style::Dim, &format!("        {}", verdict.seen)));
    }
    terminal::print(&format!("  payments: {}", evidence.payments.in_words()));
    let passed = verdicts.iter().filter(|verdict| verdict.passed).count();
    let all = passed == verdicts.len();
    let (style, word, count) =
        if all { (Style::Green, "passed", passed) } else { (Style::Red, "FAILED", verdicts.len() - passed) };
    terminal::print(&format!("  {}: {count} of {} expectations", palette.paint(style, word), verdicts.len()));
    if let (false, Some(hint)) = (all, busy(evidence)) {
        terminal::print(&format!("  {hint}"));
    }
    all
}

/// What is to be known before anybody looks for the reason of a failure in the product: the machine could not even send in time.
fn busy(evidence: &Evidence) -> Option<String> {
    let mut behind: Vec<f64> = evidence.rides.iter().map(|ride| ride.behind_ms).collect();
    let behind = percentile(&mut behind, 95.0).filter(|ms| *ms > BEHIND_MS)?;
    Some(format!(
        "This machine was too busy for it: every twentieth rider came {behind:.0} ms late or more. Play it when nothing else runs, or with a smaller --compress."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Variant, Wanted};

    fn evidence(behind_ms: f64) -> Evidence {
        let ride = serde_json::json!({
            "number": 1, "at": 0.0, "load": true, "status": 503, "latency_ms": 5.0, "behind_ms": behind_ms, "attempts": 1,
            "request_id": null, "ride_id": null, "latitude": null
        });
        let ride: Wanted = serde_json::from_value(ride).expect("a ride");
        Evidence {
            scenario: String::new(),
            title: String::new(),
            variant: Variant::Run,
            with: String::new(),
            seed: 1,
            compress: 1,
            began: String::new(),
            seconds: 1.0,
            phases: Vec::new(),
            faults: Vec::new(),
            rides: vec![ride],
            books: crate::scenario::Books::default(),
            payments: crate::scenario::PaymentBooks::default(),
            alarms: Vec::new(),
            failures: Vec::new(),
            grave: Vec::new(),
            mentions: Vec::new(),
            metrics: Vec::new(),
            traces: Vec::new(),
        }
    }

    #[test]
    fn a_machine_that_was_too_busy_is_told() {
        assert!(busy(&evidence(900.0)).is_some_and(|hint| hint.contains("900 ms")));
        assert_eq!(busy(&evidence(3.0)), None);
    }
}
