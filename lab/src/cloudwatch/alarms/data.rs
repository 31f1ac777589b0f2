//! Where the numbers come from.

use jiff::Timestamp;

use crate::cloudwatch::Metrics;
use crate::template::{MetricName, Statistic};

/// The numbers of metrics: the lab's own, or literal ones in a test.
pub trait Data {
    /// The statistic of what `metric` has in `from..to`, which are whole minutes; of one unit, if one is given. None without
    /// any value.
    fn window(
        &self,
        metric: &MetricName,
        statistic: Statistic,
        unit: Option<&str>,
        from: Timestamp,
        to: Timestamp,
    ) -> Option<f64>;
}

impl Data for Metrics {
    fn window(
        &self,
        metric: &MetricName,
        statistic: Statistic,
        unit: Option<&str>,
        from: Timestamp,
        to: Timestamp,
    ) -> Option<f64> {
        Metrics::window(self, metric, statistic, unit, from, to)
    }
}
