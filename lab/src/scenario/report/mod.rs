//! A page of one run, or of two side by side: one file without a script, that needs nothing else.

mod answers;
mod axis;
mod latency;
mod tables;
mod text;
mod timeline;
mod waterfall;

use std::fmt::Write;

use super::evidence::Evidence;
use super::file::Scenario;
use super::verdict::Verdict;
use text::escape;

const STYLE: &str = include_str!("report.css");

/// A run and what was made of it.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// What was seen.
    pub evidence: &'a Evidence,
    /// The verdicts.
    pub verdicts: &'a [Verdict],
}

impl Shown<'_> {
    fn passed(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.passed)
    }
}

/// The page of a run; with another act of the scenario beside it, if there is one.
pub fn page(scenario: &Scenario, run: Shown<'_>, beside: Option<Shown<'_>>) -> String {
    let all: Vec<Shown<'_>> = [Some(run), beside].into_iter().flatten().collect();
    let title = escape(&format!("{}: {}", scenario.name, scenario.title));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n{}\n<h1>{title}</h1>\n<p class=\"story\">{}</p>\n",
        axis::patterns(),
        escape(&scenario.story),
    );
    page.push_str(&section("Verdict", &all, |shown| {
        let word = if shown.passed() { "<p class=\"pass\">✔ passed</p>" } else { "<p class=\"fail\">✘ FAILED</p>" };
        format!("{word}{}", tables::verdicts(shown.verdicts))
    }));
    page.push_str(&section("What riders saw", &all, |shown| tables::riders(shown.evidence)));
    page.push_str(&section("Answers over time", &all, |shown| answers::chart(shown.evidence)));
    page.push_str(&section("Waiting over time", &all, |shown| latency::chart(shown.evidence)));
    page.push_str(&section("Faults and alarms", &all, |shown| timeline::chart(shown.evidence)));
    page.push_str(&section("Ledger", &all, |shown| tables::books(&shown.evidence.books)));
    page.push_str(&section("Payments", &all, |shown| tables::payments(&shown.evidence.payments)));
    page.push_str(&section("Where failures began", &all, |shown| tables::failures(shown.evidence)));
    page.push_str(&section("Traces", &all, |shown| {
        let traces = shown.evidence.traces.iter().map(waterfall::chart);
        let traces: String = traces.collect();
        if traces.is_empty() { "<p>No request was recorded.</p>".to_owned() } else { traces }
    }));
    // Writing to a string cannot fail.
    let _ = write!(page, "<section><h2>What to take home</h2><p>{}</p></section>\n</html>\n", escape(&scenario.lesson));
    page
}

fn section(title: &str, all: &[Shown<'_>], each: impl Fn(&Shown<'_>) -> String) -> String {
    let mut section = format!("<section><h2>{title}</h2><div class=\"beside\">\n");
    for shown in all {
        let Evidence { variant, with, seed, compress, .. } = shown.evidence;
        let times = if *compress == 1 { String::new() } else { format!(", {compress} times as fast") };
        let _ = writeln!(
            section,
            "<div class=\"act\"><h3>{}</h3><p class=\"with\">{} <small>seed {seed}{times}</small></p>{}</div>",
            variant.name(),
            escape(with),
            each(shown)
        );
    }
    section.push_str("</div></section>\n");
    section
}

#[cfg(test)]
mod tests;
