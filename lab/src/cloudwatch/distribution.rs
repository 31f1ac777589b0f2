//! Which values there were, in bounded memory.

/// Distinct values that are kept as they are.
const EXACT: usize = 128;

/// Entries at most; then the two smallest become one, since percentiles are asked for at the upper end.
const ENTRIES: usize = 1024;

/// Greatest relative error once values are rounded.
const ERROR: f64 = 0.01;

/// Values and how often each occurred. With more than 128 distinct ones all are rounded to steps of 2 %, so that each is at
/// most 1 % off. The method is DDSketch's: <https://arxiv.org/abs/1908.10693>. Negative values are not kept: CloudWatch has no
/// percentiles of metrics with one.
#[derive(Debug, Clone, Default)]
pub(super) struct Distribution {
    /// In ascending order.
    entries: Vec<(f64, u64)>,
    rounded: bool,
}

impl Distribution {
    /// Adds a value, which is finite and not negative.
    pub(super) fn add(&mut self, value: f64, times: u64) {
        if self.rounded {
            self.insert(rounded(value), times);
            return;
        }
        self.insert(value, times);
        if self.entries.len() > EXACT {
            self.rounded = true;
            for (value, times) in std::mem::take(&mut self.entries) {
                self.insert(rounded(value), times);
            }
        }
    }

    /// Values and how often each occurred, in ascending order.
    pub(super) fn entries(&self) -> &[(f64, u64)] {
        &self.entries
    }

    fn insert(&mut self, value: f64, times: u64) {
        match self.entries.binary_search_by(|(known, _)| known.total_cmp(&value)) {
            Ok(at) => self.entries[at].1 += times,
            Err(at) => self.entries.insert(at, (value, times)),
        }
        if self.entries.len() > ENTRIES {
            let (_, times) = self.entries.remove(0);
            self.entries[0].1 += times;
        }
    }
}

/// The value that stands for all in the same step.
fn rounded(value: f64) -> f64 {
    if value < f64::MIN_POSITIVE {
        return 0.0;
    }
    let step = (1.0 + ERROR) / (1.0 - ERROR);
    let upper = step.powf((value.ln() / step.ln()).ceil());
    2.0 * upper / (step + 1.0)
}

/// The percentile of entries in ascending order, by nearest rank: the least value that `percent` of all are not above. None
/// of nothing.
///
/// AWS says only that p95 "means that 95 percent of the data within the period is lower than this value":
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>. Whether it interpolates
/// between two values is not documented; nearest rank always is a value that occurred.
pub(super) fn percentile(entries: &[(f64, u64)], percent: f64) -> Option<f64> {
    let total: u64 = entries.iter().map(|(_, times)| times).sum();
    let rank = (percent / 100.0 * total as f64).ceil().max(1.0) as u64;
    let mut below = 0;
    let found = entries.iter().find(|(_, times)| {
        below += times;
        below >= rank
    });
    found.or(entries.last()).map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: impl IntoIterator<Item = f64>) -> Distribution {
        let mut distribution = Distribution::default();
        values.into_iter().for_each(|value| distribution.add(value, 1));
        distribution
    }

    #[test]
    fn percentiles_of_few_values_are_values_that_occurred() {
        let ten = of((1..=10).map(f64::from));
        let cases = [(0.0, 1.0), (10.0, 1.0), (50.0, 5.0), (90.0, 9.0), (95.0, 10.0), (99.9, 10.0), (100.0, 10.0)];
        for (percent, value) in cases {
            assert_eq!(percentile(ten.entries(), percent), Some(value), "p{percent}");
        }
        assert_eq!(percentile(&[], 50.0), None);
    }

    #[test]
    fn the_same_value_a_million_times_is_one_entry() {
        let mut distribution = of([1.0, 0.0]);
        distribution.add(1.0, 999_999);
        assert_eq!(distribution.entries(), [(0.0, 1), (1.0, 1_000_000)]);
    }

    #[test]
    fn values_over_all_magnitudes_stay_bounded_and_the_upper_ones_exact_to_one_percent() {
        let powers = of((-3000..3000).map(|power| 1.07_f64.powi(power)));
        assert_eq!(powers.entries().len(), ENTRIES);
        let p99 = percentile(powers.entries(), 99.0).expect("a value");
        let exact = 1.07_f64.powi(-3000 + 5939);
        assert!((p99 / exact - 1.0).abs() <= 0.010_001, "{p99} for {exact}");
    }

    proptest! {
        #[test]
        fn no_percentile_is_more_than_one_percent_off(
            mut values in prop::collection::vec(prop_oneof![Just(0.0), 1e-3..1e5], 1..600),
            percent in 0.0..=100.0,
        ) {
            let estimated = percentile(of(values.iter().copied()).entries(), percent).expect("a value");
            values.sort_by(f64::total_cmp);
            let exact = percentile(&values.iter().map(|value| (*value, 1)).collect::<Vec<_>>(), percent).expect("a value");
            prop_assert!((estimated - exact).abs() <= exact * 0.010_001, "{} for {}", estimated, exact);
        }
    }
}
