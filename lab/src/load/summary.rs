//! The figures of a run under Artillery's names, reckoned from the ledger.
//! <https://www.artillery.io/docs/reference/reported-metrics>

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::ensure::{Check, Ensure};
use super::ledger::{Attempt, End, Failure, Ledger, Seen};
use super::profile::Profile;
use super::spread::Spread;

/// Counters, rates and spreads by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// How often something happened.
    pub counters: BTreeMap<String, u64>,
    /// How often a second.
    pub rates: BTreeMap<String, f64>,
    /// Times, in milliseconds.
    pub summaries: BTreeMap<String, Spread>,
}

impl Summary {
    /// Reckons the figures of a run.
    ///
    /// A request that ran into its time limit has that as its response time, unlike in Artillery, which leaves it out: a
    /// percentile without the slowest requests flatters. Requests that failed otherwise took no time that means anything.
    pub fn of(ledger: &Ledger, profile: &Profile) -> Self {
        let mut summary = Self::default();
        let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for entry in &ledger.entries {
            summary.count("vusers.created", 1);
            let name = profile.scenarios.get(entry.scenario).and_then(|scenario| scenario.name.clone());
            let name = name.unwrap_or_else(|| entry.scenario.to_string());
            summary.count(&format!("vusers.created_by_name.{name}"), 1);
            summary.count("vusers.failed", u64::from(entry.end == End::Failed));
            if entry.end == End::Completed {
                summary.count("vusers.completed", 1);
                times.entry("vusers.session_length".to_owned()).or_default().push(ms(entry.took()));
            }
            for attempt in &entry.attempts {
                summary.attempt(attempt, &mut times);
            }
        }
        let spreads = times.into_iter().filter_map(|(name, figures)| Some((name, Spread::of(figures)?)));
        summary.summaries = spreads.collect();
        if let Some(rate) = rate(ledger) {
            summary.rates.insert("http.request_rate".to_owned(), rate);
        }
        summary
    }

    fn attempt(&mut self, attempt: &Attempt, times: &mut BTreeMap<String, Vec<f64>>) {
        self.count("http.requests", 1);
        let mut time = |name: &str| times.entry(name.to_owned()).or_default().push(ms(attempt.latency));
        match &attempt.seen {
            Seen::Answer(status) => {
                time("http.response_time");
                if matches!(status, 200..=599) {
                    time(&format!("http.response_time.{}xx", status / 100));
                }
                self.count(&format!("http.codes.{status}"), 1);
                self.count("http.responses", 1);
                self.count("http.downloaded_bytes", attempt.bytes);
            }
            Seen::Failed(failure) => {
                if *failure == Failure::TimedOut {
                    time("http.response_time");
                }
                self.count(&format!("errors.{}", failure.code()), 1);
            }
            Seen::Unfinished => {}
        }
        for (kind, held) in &attempt.expected {
            let outcome = if *held { "ok" } else { "failed" };
            self.count(&format!("plugins.expect.{outcome}"), 1);
            self.count(&format!("plugins.expect.{outcome}.{kind}"), 1);
        }
    }

    fn count(&mut self, name: &str, times: u64) {
        *self.counters.entry(name.to_owned()).or_default() += times;
    }

    /// A counter's value; 0 where nothing was counted.
    pub fn counter(&self, name: &str) -> u64 {
        self.counters.get(name).copied().unwrap_or_default()
    }

    /// Expectations that did not hold.
    pub fn failed_expectations(&self) -> u64 {
        self.counter("plugins.expect.failed")
    }

    /// Judges the run. `scale` is how many times as many riders the whole profile brings as this run did: counters are
    /// multiplied with it, since profiles state them for whole runs.
    pub fn judge(&self, ensure: &Ensure, scale: f64) -> Vec<Check> {
        let metric = |name: &str| {
            let counter = self.counters.get(name).map(|count| (*count as f64 * scale).round());
            counter.or_else(|| self.rates.get(name).copied()).or_else(|| {
                let (name, figure) = name.rsplit_once('.')?;
                self.summaries.get(name)?.get(figure)
            })
        };
        ensure.conditions.iter().map(|condition| condition.judge(&metric)).collect()
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1000.0
}

/// Requests a second between the first and the last.
fn rate(ledger: &Ledger) -> Option<f64> {
    let sent = || ledger.entries.iter().flat_map(|entry| &entry.attempts).map(|attempt| attempt.sent);
    let (first, last, count) = (sent().min()?, sent().max()?, sent().count());
    let span = last.saturating_sub(first).as_secs_f64();
    // A single request has no rate; one a second is what Artillery, too, would show.
    let rate = if span > 0.0 { (count - 1) as f64 / span } else { count as f64 };
    Some((rate * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::ensure::Condition;

    fn summary() -> Summary {
        let mut summary = Summary::default();
        summary.count("http.requests", 150);
        summary.count("http.codes.201", 149);
        summary.count("vusers.created", 150);
        summary.rates.insert("http.request_rate".to_owned(), 10.0);
        let spread = Spread::of(vec![10.0, 20.0]).expect("figures");
        summary.summaries.insert("http.response_time".to_owned(), spread);
        summary
    }

    fn judge(expression: &str, scale: f64) -> Check {
        let ensure = Ensure { conditions: vec![Condition::new(expression).expect("an expression")] };
        summary().judge(&ensure, scale).remove(0)
    }

    #[test]
    fn a_run_is_judged_by_counters_rates_and_spreads() {
        for (expression, ok) in [
            ("http.requests >= 150", true),
            ("http.codes.201 == http.requests", false),
            ("http.response_time.p99 < 21 and http.request_rate > 9", true),
            ("http.response_time.p99 < 20", false),
            ("0 / 0", false),
        ] {
            assert_eq!(judge(expression, 1.0).ok, ok, "{expression}");
        }
    }

    #[test]
    fn a_compressed_run_is_judged_as_if_it_were_whole() {
        assert!(judge("http.requests >= 1800", 12.0).ok);
        assert!(!judge("http.codes.201 == http.requests", 12.0).ok);
        assert!(judge("http.response_time.p99 == 20 and http.request_rate == 10", 12.0).ok, "times and rates stay");
        // 1800 riders as 7 would have them: 150 * (1800 / 150) must not miss the mark by a binary digit.
        assert!(judge("http.requests >= 1050", 1050.0 / 150.0).ok);
    }

    #[test]
    fn a_metric_that_nothing_counted_fails_its_check_and_is_named() {
        let check = judge("http.codes.503 == 0", 1.0);
        assert_eq!((check.ok, check.missing.as_deref()), (false, Some("http.codes.503")));
    }
}
