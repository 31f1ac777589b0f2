//! What riders were answered: its share, its number, how long it took.

use super::{Verdict, figure, list};
use crate::percentile::percentile;
use crate::scenario::evidence::Evidence;
use crate::scenario::file::Answers;
use crate::scenario::ledger::Wanted;
use crate::scenario::range::Range;

/// The verdict of what the steps of the flow expect of their answers, where one expects anything.
pub(super) fn as_expected(evidence: &Evidence) -> Option<Verdict> {
    let judged: Vec<(u32, bool)> = evidence.load().filter_map(|ride| Some((ride.number, ride.as_expected?))).collect();
    let others: Vec<String> = judged.iter().filter(|(_, held)| !held).map(|(number, _)| number.to_string()).collect();
    (!judged.is_empty()).then(|| Verdict {
        expected: "every answer is what the step of the flow expects".to_owned(),
        seen: match others.as_slice() {
            [] => format!("{} of {}", judged.len(), judged.len()),
            others => format!("not for {} of {} riders: {}", others.len(), judged.len(), others.join(", ")),
        },
        passed: others.is_empty(),
    })
}

/// The verdicts of a share, a number and a percentile.
pub(super) fn judge(asked: &Answers, evidence: &Evidence) -> Vec<Verdict> {
    let (from, to) = (asked.from.unwrap_or(0.0), asked.to.unwrap_or(f64::INFINITY));
    let all: Vec<&Wanted> = evidence.load().filter(|ride| ride.at >= from && ride.at < to).collect();
    let these: Vec<&&Wanted> = all.iter().filter(|ride| asked.status.contains(&ride.status)).collect();
    let names = list(&asked.status.iter().copied().collect());
    let when = match (asked.from, asked.to) {
        (None, None) => String::new(),
        (Some(from), None) => format!(" from second {from} on"),
        (None, Some(to)) => format!(" until second {to}"),
        (Some(from), Some(to)) => format!(" from second {from} to {to}"),
    };
    let mut verdicts = Vec::new();
    if let Some(share) = asked.share {
        let seen = these.len() as f64 / all.len().max(1) as f64;
        verdicts.push(Verdict {
            expected: format!("{names}{when}: {share} of the rides"),
            seen: format!("{} ({} of {})", share.show(seen), these.len(), all.len()),
            passed: !all.is_empty() && share.holds(seen),
        });
    }
    if let Some(count) = asked.count {
        let scaled = scaled(count, from, to, evidence);
        let compressed = match evidence.compress {
            1 => String::new(),
            times => format!(", which are {scaled} when compressed {times} times"),
        };
        verdicts.push(figure(format!("{names}{when}: {count} rides{compressed}"), scaled, these.len() as f64, "rides"));
    }
    if let Some(limit) = asked.p99_ms {
        let mut latencies: Vec<f64> = these.iter().map(|ride| ride.latency_ms).collect();
        let p99 = percentile(&mut latencies, 99.0);
        verdicts.push(Verdict {
            expected: format!("{names}{when}: p99 {limit} ms"),
            seen: p99.map_or_else(|| "no such answer".to_owned(), |p99| format!("{p99:.0} ms")),
            passed: p99.is_some_and(|p99| limit.holds(p99)),
        });
    }
    verdicts
}

/// What a number at full length is with compression: so many times fewer riders, and of every phase that the time touches one more
/// or less, for riders are whole. None at all is none with any compression.
fn scaled(count: Range, from: f64, to: f64, evidence: &Evidence) -> Range {
    if evidence.compress <= 1 || count.most == 0.0 {
        return count;
    }
    let times = f64::from(evidence.compress);
    // The last stretch is the time after the load.
    let load = evidence.phases.split_last().map_or(&[][..], |(_, load)| load);
    let touched = load.iter().filter(|phase| phase.from < to && phase.to > from).count().max(1);
    // At full length it is rounded too.
    let rounding = touched as f64 * (1.0 + 1.0 / times);
    let least = (count.least / times - rounding).ceil().max(0.0);
    Range { least, most: (count.most / times + rounding).floor(), percent: count.percent }
}
