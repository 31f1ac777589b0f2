//! Whether what was seen is what was expected, expectation by expectation.

mod answers;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::evidence::{Evidence, LineSeen};
use super::file::{Act, AlarmSet, Expect, Guilty, LedgerRules, LogLine};
use super::mentions::Mention;
use super::range::Range;
use crate::quantity::quantity;

mod metrics;
mod payments;

/// One expectation and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was expected, in words.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Whether they agree.
    pub passed: bool,
}

/// The verdicts of an act.
pub fn judge(act: &Act, evidence: &Evidence) -> Vec<Verdict> {
    let Expect { alarms: set, answers: shares, guilty: span, log: lines, ledger: rules, payments: paid, .. } =
        &act.expect;
    let mut verdicts = vec![statuses(&act.expect, evidence)];
    verdicts.extend(answers::as_expected(evidence));
    verdicts.extend(shares.iter().flat_map(|asked| answers::judge(asked, evidence)));
    verdicts.extend(alarms(set, evidence));
    verdicts.extend(span.as_ref().map(|asked| guilty(asked, evidence)));
    verdicts.extend(lines.iter().map(|asked| log(asked, span.as_ref(), evidence)));
    verdicts.extend(metrics::judge(&act.expect.metrics, evidence));
    verdicts.extend(ledger(rules, evidence));
    verdicts.extend(payments::judge(paid, evidence));
    verdicts
}

fn statuses(expect: &Expect, evidence: &Evidence) -> Verdict {
    let seen: BTreeSet<u16> = evidence.load().map(|ride| ride.status).collect();
    let named: BTreeSet<u16> = expect.statuses.iter().copied().collect();
    let allowed: BTreeSet<u16> = expect.statuses_allowed.iter().copied().collect();
    let mut counts: BTreeMap<u16, usize> = BTreeMap::new();
    evidence.load().for_each(|ride| *counts.entry(ride.status).or_default() += 1);
    let counts: Vec<String> = counts.iter().map(|(code, count)| format!("{count} x {}", status(*code))).collect();
    let perhaps = if allowed.is_empty() { String::new() } else { format!(", perhaps {}", list(&allowed)) };
    Verdict {
        expected: format!("riders see exactly {}{perhaps}", list(&named)),
        seen: counts.join(", "),
        passed: named.is_subset(&seen) && seen.iter().all(|status| named.contains(status) || allowed.contains(status)),
    }
}

fn status(code: u16) -> String {
    if code == 0 { "no answer".to_owned() } else { code.to_string() }
}

fn list(codes: &BTreeSet<u16>) -> String {
    codes.iter().map(|code| status(*code)).collect::<Vec<_>>().join(", ")
}

fn alarms(set: &AlarmSet, evidence: &Evidence) -> Vec<Verdict> {
    let (named, allowed) = (set.named(), set.permitted());
    let fired: BTreeSet<&str> = evidence.alarms.iter().map(|alarm| alarm.name.as_str()).collect();
    let silent: Vec<&str> = named.difference(&fired).copied().collect();
    let other: Vec<&str> =
        fired.iter().filter(|name| !named.contains(*name) && !allowed.contains(*name)).copied().collect();
    let mut seen = Vec::new();
    if !silent.is_empty() {
        seen.push(format!("did not fire: {}", silent.join(", ")));
    }
    if !other.is_empty() {
        seen.push(format!("fired unasked: {}", other.join(", ")));
    }
    if seen.is_empty() {
        let names: Vec<&str> = evidence.alarms.iter().map(|alarm| alarm.name.as_str()).collect();
        seen.push(if names.is_empty() { "none".to_owned() } else { names.join(", ") });
    }
    let expected = match named.is_empty() {
        true if allowed.is_empty() => "no alarm fires".to_owned(),
        true => format!("no alarm fires but perhaps {}", join(&allowed)),
        false if allowed.is_empty() => format!("exactly these alarms fire: {}", join(&named)),
        false => format!("exactly these alarms fire: {}; perhaps {}", join(&named), join(&allowed)),
    };
    let mut verdicts = vec![Verdict { expected, seen: seen.join("; "), passed: silent.is_empty() && other.is_empty() }];
    if !fired.is_empty() {
        verdicts.push(clearing(set, evidence));
    }
    verdicts
}

/// An alarm must be off again at the end; one that looks back longer, once the failures have left its window.
fn clearing(set: &AlarmSet, evidence: &Evidence) -> Verdict {
    let mut stuck = Vec::new();
    let mut later = Vec::new();
    for alarm in evidence.alarms.iter().filter(|alarm| !alarm.cleared()) {
        match alarm.clears_after {
            Some(seconds) if set.is_lasting(&alarm.name) => {
                later.push(format!("{} after {}", alarm.name, hours(seconds)))
            }
            _ => stuck.push(alarm.name.as_str()),
        }
    }
    let last = evidence.alarms.iter().flat_map(|alarm| alarm.on.iter().filter_map(|(_, off)| *off)).fold(0.0, f64::max);
    let seen = match (stuck.is_empty(), later.is_empty()) {
        (false, _) => format!("still on at the end: {}", stuck.join(", ")),
        (true, true) => format!("the last one at second {last:.0}"),
        (true, false) => format!("the last one at second {last:.0}; when nothing fails any more, {}", later.join(", ")),
    };
    Verdict { expected: "every alarm that fired clears".to_owned(), seen, passed: stuck.is_empty() }
}

fn hours(seconds: f64) -> String {
    match seconds / 60.0 {
        minutes if minutes < 60.0 => format!("{minutes:.0} min"),
        minutes => format!("{:.1} h", minutes / 60.0),
    }
}

fn join(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

fn guilty(asked: &Guilty, evidence: &Evidence) -> Verdict {
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    for failure in &evidence.failures {
        *named.entry(failure.guilty.as_deref().unwrap_or("nothing")).or_default() += 1;
    }
    let most = named.iter().max_by_key(|(_, count)| **count).map(|(span, _)| *span);
    let known = |span: &str| span == asked.span || asked.also.iter().any(|also| also == span);
    let seen: Vec<String> = named.iter().map(|(span, count)| format!("{span} ({count})")).collect();
    let also = if asked.also.is_empty() { String::new() } else { format!(", or {}", asked.also.join(", ")) };
    Verdict {
        expected: format!("the traces of failed requests name {}{also}", asked.span),
        seen: if seen.is_empty() { "no request failed".to_owned() } else { seen.join(", ") },
        passed: most == Some(asked.span.as_str()) && named.keys().all(|span| known(span)),
    }
}

/// Every failed request that blames the named span has a line that says so; of those whose lines were read.
/// Without any named span, or of any level that is named, one line of the whole time does.
fn log(asked: &LogLine, span: Option<&Guilty>, evidence: &Evidence) -> Verdict {
    if let Some(level) = asked.level {
        let is_asked = |seen: &&Mention| (&seen.service, &seen.says) == (&asked.service, &asked.says);
        let found = evidence.mentions.iter().find(is_asked).map_or(0, |seen| seen.count);
        return Verdict {
            expected: format!("the log of {} says \"{}\"", asked.service, asked.says),
            seen: format!("{} of {} or graver", quantity(found, "line"), level.name()),
            passed: found > 0,
        };
    }
    let says = |line: &LineSeen| line.service == asked.service && line.text.contains(&asked.says);
    if span.is_none() {
        let found = evidence.grave.iter().filter(|line| says(line)).count();
        return Verdict {
            expected: format!("the log of {} says \"{}\"", asked.service, asked.says),
            seen: format!("{found} of {} grave lines", evidence.grave.len()),
            passed: found > 0,
        };
    }
    let blames = |guilty: Option<&str>| span.is_none_or(|asked| guilty == Some(asked.span.as_str()));
    let read = evidence.failures.iter().filter(|failure| blames(failure.guilty.as_deref()));
    let read: Vec<_> = read.filter_map(|failure| failure.lines.as_ref()).collect();
    let found = read.iter().filter(|lines| lines.iter().any(says)).count();
    Verdict {
        expected: format!("the log of {} says \"{}\" for each of them", asked.service, asked.says),
        seen: format!("{found} of {} that were read", read.len()),
        passed: found > 0 && found == read.len(),
    }
}

fn ledger(rules: &LedgerRules, evidence: &Evidence) -> Vec<Verdict> {
    let books = &evidence.books;
    let mut verdicts = vec![
        figure(
            format!("of the rides promised with a 201, {} are not stored", rules.lost),
            rules.lost,
            books.lost.len() as f64,
            &format!("of {} promised", books.promised),
        ),
        figure(
            format!("{} riders have two rides", rules.doubled),
            rules.doubled,
            books.doubled.len() as f64,
            &format!("of {} riders, {} rows", books.wanted, books.stored),
        ),
    ];
    verdicts.extend(rules.untold.map(|untold| {
        let expected = format!("{untold} rides are stored behind a failure");
        figure(expected, untold, books.untold.len() as f64, &format!("of {} rows", books.stored))
    }));
    verdicts
}

fn figure(expected: String, range: Range, seen: f64, of: &str) -> Verdict {
    Verdict { expected, seen: format!("{} {of}", range.show(seen)), passed: range.holds(seen) }
}

#[cfg(test)]
mod tests;
