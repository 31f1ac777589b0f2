//! The values of metrics, minute by minute.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::template::{MetricName, Statistic};

/// One value of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Datum {
    /// Which metric.
    pub metric: MetricName,
    /// CloudWatch's spelling: `Count`, `Milliseconds`.
    pub unit: &'static str,
    /// When, by the lab's clock.
    pub at: Timestamp,
    /// The value.
    pub value: f64,
}

/// All metrics of a lab. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Mutex<ByMetric>>);

/// Values by metric and minute since 1970.
type ByMetric = BTreeMap<MetricName, BTreeMap<i64, Vec<f64>>>;

impl Metrics {
    /// Keeps a value.
    pub fn put(&self, datum: Datum) {
        let minute = datum.at.as_second().div_euclid(60);
        self.lock().entry(datum.metric).or_default().entry(minute).or_default().push(datum.value);
    }

    /// The statistic of every period in `from..to` that has data, by the period's start.
    pub fn series(
        &self,
        metric: &MetricName,
        statistic: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        let minutes = i64::try_from(period.as_secs() / 60).unwrap_or(i64::MAX).max(1);
        let mut periods: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        if let Some(values) = self.lock().get(metric) {
            for (minute, values) in values.range(from.as_second().div_euclid(60)..to.as_second().div_euclid(60)) {
                periods.entry(minute.div_euclid(minutes) * minutes * 60).or_default().extend(values);
            }
        }
        let points = periods.into_iter().filter_map(|(second, mut values)| {
            values.sort_by(f64::total_cmp);
            Some((Timestamp::from_second(second).ok()?, of(&values, statistic)?))
        });
        points.collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ByMetric> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A statistic of sorted values; none of none.
fn of(sorted: &[f64], statistic: Statistic) -> Option<f64> {
    let (first, last) = (sorted.first()?, sorted.last()?);
    let (count, sum) = (sorted.len() as f64, sorted.iter().sum::<f64>());
    Some(match statistic {
        Statistic::SampleCount => count,
        Statistic::Average => sum / count,
        Statistic::Sum => sum,
        Statistic::Minimum => *first,
        Statistic::Maximum => *last,
        Statistic::Percentile(percent) => {
            let rank = (percent / 100.0 * count).ceil().max(1.0) as usize;
            sorted[rank.min(sorted.len()) - 1]
        }
    })
}

impl super::math::Data for Metrics {
    fn series(
        &self,
        metric: &MetricName,
        statistic: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        Metrics::series(self, metric, statistic, period, from, to)
    }
}
