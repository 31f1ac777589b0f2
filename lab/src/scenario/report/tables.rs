//! The tables of a page.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::text::{escape, status};
use crate::percentile::percentile;
use crate::scenario::evidence::{Evidence, Failure};
use crate::scenario::ledger::Books;
use crate::scenario::payments::PaymentBooks;
use crate::scenario::verdict::Verdict;

/// Riders named in a row of the ledger.
const NAMED: usize = 12;

pub(super) fn verdicts(verdicts: &[Verdict]) -> String {
    let mut rows = String::new();
    for verdict in verdicts {
        let (class, word) = if verdict.passed { ("pass", "✔ pass") } else { ("fail", "✘ FAIL") };
        let _ = write!(
            rows,
            "<tr><td class=\"{class}\">{word}</td><td>{}</td><td>{}</td></tr>",
            escape(&verdict.expected),
            escape(&verdict.seen)
        );
    }
    format!("<table class=\"verdicts\"><tr><th></th><th>expected</th><th>seen</th></tr>{rows}</table>")
}

pub(super) fn riders(evidence: &Evidence) -> String {
    let mut by_status: BTreeMap<u16, Vec<f64>> = BTreeMap::new();
    let mut attempts = 0;
    for ride in evidence.load() {
        by_status.entry(ride.status).or_default().push(ride.latency_ms);
        attempts += ride.attempts;
    }
    let all: Vec<f64> = by_status.values().flatten().copied().collect();
    let count = all.len();
    let mut rows = String::new();
    let named =
        by_status.into_iter().map(|(code, latencies)| (status(code), latencies)).chain([("all".to_owned(), all)]);
    for (name, mut latencies) in named {
        let mut cells = format!("<td>{name}</td><td>{}</td>", latencies.len());
        for percent in [0.0, 50.0, 95.0, 99.0, 100.0] {
            let ms = percentile(&mut latencies, percent).map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
            let _ = write!(cells, "<td>{ms}</td>");
        }
        let _ = write!(rows, "<tr>{cells}</tr>");
    }
    format!(
        "<table class=\"figures\"><tr><th>answer</th><th>riders</th><th>min ms</th><th>median</th><th>p95</th><th>p99</th><th>max</th></tr>{rows}</table>\
         <p class=\"legend\">{count} riders of the load, {attempts} requests</p>"
    )
}

pub(super) fn books(books: &Books) -> String {
    let row = |name: &str, count: usize, riders: &[u32]| {
        let mut named: Vec<String> = riders.iter().take(NAMED).map(u32::to_string).collect();
        if riders.len() > NAMED {
            named.push("…".to_owned());
        }
        let class = if riders.is_empty() { "" } else { " class=\"fail\"" };
        format!("<tr><td>{name}</td><td{class}>{count}</td><td>{}</td></tr>", named.join(", "))
    };
    format!(
        "<table class=\"figures\"><tr><th>ledger</th><th>rides</th><th>riders</th></tr>{}{}{}{}{}{}</table>",
        row("wanted", books.wanted, &[]),
        row("promised with a 201", books.promised, &[]),
        row("stored", books.stored, &[]),
        row("lost: promised, not stored", books.lost.len(), &books.lost),
        row("doubled", books.doubled.len(), &books.doubled),
        row("stored behind a failure", books.untold.len(), &books.untold),
    )
}

pub(super) fn payments(books: &PaymentBooks) -> String {
    let row = |name: &str, count: usize, bad: bool| {
        let class = if bad && count > 0 { " class=\"fail\"" } else { "" };
        format!("<tr><td>{name}</td><td{class}>{count}</td></tr>")
    };
    let mut rows = [
        row("rides stored", books.rides, false),
        row("payments", books.payments, false),
        row("complete", books.complete, false),
        row("failed", books.failed, true),
        row("waiting", books.waiting, true),
        row("rides without a payment", books.missing.len(), true),
    ]
    .concat();
    if let Some(charges) = books.charges {
        rows.push_str(&row("charges", charges, false));
        rows.push_str(&row("charged a second time", books.charged_twice, true));
        rows.push_str(&row("complete, never charged", books.uncharged, true));
    }
    format!(
        "<table class=\"figures\"><tr><th>payments</th><th></th></tr>{rows}</table><p class=\"legend\">{}</p>",
        escape(&books.in_words())
    )
}

pub(super) fn failures(evidence: &Evidence) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&Failure>> = BTreeMap::new();
    for failure in &evidence.failures {
        let name = (failure.guilty.as_deref().unwrap_or("-"), failure.error.as_deref().unwrap_or("-"));
        groups.entry(name).or_default().push(failure);
    }
    if groups.is_empty() {
        return "<p>No booking failed.</p>".to_owned();
    }
    let mut rows = String::new();
    for ((guilty, error), failures) in groups {
        let line = failures.iter().filter_map(|failure| failure.lines.as_ref()?.first()).next();
        let line = line.map(|line| format!("<pre>{}</pre>", escape(&line.text))).unwrap_or_default();
        let _ = write!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}{line}</td></tr>",
            failures.len(),
            escape(guilty),
            escape(error)
        );
    }
    format!(
        "<table><tr><th>failed</th><th>guilty</th><th>what it said, and the first line of the log</th></tr>{rows}</table>"
    )
}
