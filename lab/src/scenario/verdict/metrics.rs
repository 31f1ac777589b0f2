//! Whether metrics said what they should.

use super::Verdict;
use crate::scenario::evidence::Evidence;
use crate::scenario::file::MetricRule;
use crate::scenario::range::Range;

/// One verdict a figure that a rule asks for.
pub(super) fn judge(rules: &[MetricRule], evidence: &Evidence) -> Vec<Verdict> {
    let of = |rule: &MetricRule| {
        let (title, figures) = (rule.to_string(), &evidence.metrics);
        let seen = figures.iter().find(|seen| seen.metric == title);
        let sum = rule.sum.map(|range| figure(format!("the sum of {title}: {range}"), range, seen.and_then(|s| s.sum)));
        let most =
            rule.most.map(|range| figure(format!("the most of {title}: {range}"), range, seen.and_then(|s| s.most)));
        [sum, most].into_iter().flatten()
    };
    rules.iter().flat_map(of).collect()
}

fn figure(expected: String, range: Range, seen: Option<f64>) -> Verdict {
    Verdict {
        expected,
        seen: seen.map_or_else(|| "no value at all".to_owned(), |seen| range.show(seen)),
        passed: seen.is_some_and(|seen| range.holds(seen)),
    }
}
