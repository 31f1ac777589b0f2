//! What is kept of the values of one minute, and what statistics of several minutes are.

use super::distribution::{Distribution, percentile};
use crate::template::Statistic;

/// The values of a minute. Count, sum, least and greatest are exact in any case.
#[derive(Debug, Clone)]
pub(super) struct Summary {
    count: u64,
    sum: f64,
    least: f64,
    greatest: f64,
    /// None once the minute is too old for percentiles.
    distribution: Option<Distribution>,
}

impl Default for Summary {
    fn default() -> Self {
        let distribution = Some(Distribution::default());
        Self { count: 0, sum: 0.0, least: f64::INFINITY, greatest: f64::NEG_INFINITY, distribution }
    }
}

impl Summary {
    /// Adds a finite value.
    pub(super) fn add(&mut self, value: f64, times: u64) {
        self.count += times;
        self.sum += value * times as f64;
        self.least = self.least.min(value);
        self.greatest = self.greatest.max(value);
        if let Some(distribution) = &mut self.distribution
            && value >= 0.0
        {
            distribution.add(value, times);
        }
    }

    /// Forgets what only percentiles need.
    pub(super) fn fade(&mut self) {
        self.distribution = None;
    }
}

/// A statistic of all values of these minutes; none of none, and no percentile where a value is negative, as in
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>.
pub(super) fn statistic(minutes: &[&Summary], statistic: Statistic) -> Option<f64> {
    let count: u64 = minutes.iter().map(|minute| minute.count).sum();
    if count == 0 {
        return None;
    }
    let sum = || minutes.iter().map(|minute| minute.sum).sum::<f64>();
    let least = || minutes.iter().map(|minute| minute.least).fold(f64::INFINITY, f64::min);
    let greatest = || minutes.iter().map(|minute| minute.greatest).fold(f64::NEG_INFINITY, f64::max);
    Some(match statistic {
        Statistic::SampleCount => count as f64,
        Statistic::Average => sum() / count as f64,
        Statistic::Sum => sum(),
        Statistic::Minimum => least(),
        Statistic::Maximum => greatest(),
        Statistic::Percentile(percent) => {
            if least() < 0.0 {
                return None;
            }
            let mut entries = Vec::new();
            for minute in minutes {
                entries.extend_from_slice(minute.distribution.as_ref()?.entries());
            }
            entries.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            // A rounded value may lie outside of what occurred.
            percentile(&entries, percent)?.clamp(least(), greatest())
        }
    })
}
