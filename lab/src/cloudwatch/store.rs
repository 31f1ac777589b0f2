//! The values of metrics, minute by minute.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;

use super::math::Data;
use super::summary::{Summary, statistic};
use super::{period, unit};
use crate::template::{MetricName, Statistic};

/// Minutes with data that are kept of each metric: eight days if there is data in every minute. Alarms look back at most
/// seven, and CloudWatch itself keeps minutes for fifteen.
const KEPT: usize = 8 * 24 * 60;

/// Age in minutes from which a minute has no percentiles any more: three days.
const DETAILED: i64 = 3 * 24 * 60;

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

/// A metric that has data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub metric: MetricName,
    /// The unit of its values; the first one, where there are several.
    pub unit: &'static str,
}

/// All metrics of a lab. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<RwLock<HashMap<MetricName, Arc<Mutex<Record>>>>>);

/// One metric: usually one unit, and its minutes since 1970. CloudWatch does not tell metrics apart by unit, but can be asked
/// for the values of one.
#[derive(Debug, Default)]
struct Record(Vec<(&'static str, BTreeMap<i64, Summary>)>);

impl Metrics {
    /// Keeps a value. One that is infinite or no number is left out, as CloudWatch refuses it.
    pub fn put(&self, datum: Datum) {
        self.put_times(datum, 1);
    }

    /// Keeps a value that occurred several times.
    pub fn put_times(&self, datum: Datum, times: u64) {
        if !datum.value.is_finite() || times == 0 {
            return;
        }
        let minute = period::minute_of(datum.at);
        let record = self.record(&datum.metric).unwrap_or_else(|| {
            let mut records = self.0.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(records.entry(datum.metric).or_default())
        });
        record.lock().unwrap_or_else(PoisonError::into_inner).put(datum.unit, minute, datum.value, times);
    }

    /// The statistic of every period that has data and is touched by `from..to`, by the period's start. Periods begin at
    /// multiples of their length since 1970; the first is whole even if `from` lies within it.
    pub fn series(
        &self,
        metric: &MetricName,
        statistic: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        self.points(metric, None, statistic, period, from, to)
    }

    /// The statistic of everything in the minutes `from..to`, wherever they begin; of one unit, if one is given. None without
    /// any value.
    pub fn window(
        &self,
        metric: &MetricName,
        of: Statistic,
        unit: Option<&str>,
        from: Timestamp,
        to: Timestamp,
    ) -> Option<f64> {
        let record = self.record(metric)?;
        let record = record.lock().unwrap_or_else(PoisonError::into_inner);
        let range = period::minute_of(from)..period::minute_of(to).max(period::minute_of(from));
        let of_unit = record.0.iter().filter(|(known, _)| unit.is_none_or(|unit| unit == *known));
        let minutes: Vec<_> = of_unit.flat_map(|(_, minutes)| minutes.range(range.clone())).collect();
        statistic(&minutes.into_iter().map(|(_, summary)| summary).collect::<Vec<_>>(), of)
    }

    /// Every metric that has data, by name.
    pub fn list(&self) -> Vec<Listed> {
        let records = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let units = |record: &Mutex<Record>| {
            let record = record.lock().unwrap_or_else(PoisonError::into_inner);
            record.0.first().map_or(unit::NONE, |(unit, _)| *unit)
        };
        let listed = records.iter().map(|(metric, record)| Listed { metric: metric.clone(), unit: units(record) });
        let mut listed: Vec<_> = listed.collect();
        listed.sort_by(|a, b| a.metric.cmp(&b.metric));
        listed
    }

    fn points(
        &self,
        metric: &MetricName,
        unit: Option<&str>,
        of: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        let Some(record) = self.record(metric) else { return Vec::new() };
        let record = record.lock().unwrap_or_else(PoisonError::into_inner);
        let mut periods: BTreeMap<i64, Vec<&Summary>> = BTreeMap::new();
        let of_unit = record.0.iter().filter(|(known, _)| unit.is_none_or(|unit| unit == *known));
        for (minute, summary) in
            of_unit.flat_map(|(_, minutes)| minutes.range(period::minutes_within(period, from, to)))
        {
            periods.entry(period::first_minute(*minute, period)).or_default().push(summary);
        }
        let points = periods.into_iter();
        points.filter_map(|(first, minutes)| Some((period::start(first)?, statistic(&minutes, of)?))).collect()
    }

    fn record(&self, metric: &MetricName) -> Option<Arc<Mutex<Record>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(metric).cloned()
    }
}

impl Record {
    fn put(&mut self, unit: &'static str, minute: i64, value: f64, times: u64) {
        let at = self.0.iter().position(|(known, _)| *known == unit).unwrap_or_else(|| {
            self.0.push((unit, BTreeMap::new()));
            self.0.len() - 1
        });
        let minutes = &mut self.0[at].1;
        if let Some(summary) = minutes.get_mut(&minute) {
            return summary.add(value, times);
        }
        minutes.entry(minute).or_default().add(value, times);
        if let Some(old) = minutes.get_mut(&minute.saturating_sub(DETAILED)) {
            old.fade();
        }
        if minutes.len() > KEPT {
            minutes.pop_first();
        }
    }
}

impl Data for Metrics {
    fn series(
        &self,
        metric: &MetricName,
        statistic: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        self.points(metric, None, statistic, period, from, to)
    }

    fn series_of_unit(
        &self,
        metric: &MetricName,
        unit: &str,
        statistic: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        self.points(metric, Some(unit), statistic, period, from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Statistic; 5] =
        [Statistic::SampleCount, Statistic::Sum, Statistic::Average, Statistic::Minimum, Statistic::Maximum];

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    fn name(name: &str) -> MetricName {
        let dimensions = BTreeMap::from([("service".to_owned(), "request-ride".to_owned())]);
        MetricName { namespace: "WildRydes".into(), name: name.into(), dimensions }
    }

    fn latency(at: i64, value: f64) -> Datum {
        Datum { metric: name("RequestLatency"), unit: "Milliseconds", at: second(at), value }
    }

    #[test]
    fn each_period_with_data_has_its_statistics() {
        let metrics = Metrics::default();
        for (at, value) in [(0, 4.0), (59, 1.0), (60, 7.0), (300, 9.0)] {
            metrics.put(latency(at, value));
        }
        let of = |statistic| {
            let points = metrics.series(&name("RequestLatency"), statistic, minutes(5), second(0), second(600));
            points.into_iter().map(|(at, value)| (at.as_second(), value)).collect::<Vec<_>>()
        };
        assert_eq!(
            ALL.map(of),
            [
                [(0, 3.0), (300, 1.0)],
                [(0, 12.0), (300, 9.0)],
                [(0, 4.0), (300, 9.0)],
                [(0, 1.0), (300, 9.0)],
                [(0, 7.0), (300, 9.0)],
            ]
        );
        assert_eq!(of(Statistic::Percentile(50.0)), [(0, 4.0), (300, 9.0)]);
    }

    #[test]
    fn the_first_period_is_whole_and_the_end_is_not_included() {
        let metrics = Metrics::default();
        for minute in 0..15 {
            metrics.put(latency(minute * 60, 1.0));
        }
        let sum = |from, to| {
            let points = metrics.series(&name("RequestLatency"), Statistic::Sum, minutes(5), second(from), second(to));
            points.into_iter().map(|(at, value)| (at.as_second() / 60, value)).collect::<Vec<_>>()
        };
        assert_eq!(sum(0, 600), [(0, 5.0), (5, 5.0)]);
        assert_eq!(sum(420, 600), [(5, 5.0)]);
        assert_eq!(sum(300, 720), [(5, 5.0), (10, 2.0)]);
        assert_eq!(sum(600, 600), []);
    }

    #[test]
    fn a_window_begins_at_any_minute() {
        let metrics = Metrics::default();
        for minute in 0..15 {
            metrics.put(latency(minute * 60, minute as f64));
        }
        let window = |from, to| metrics.window(&name("RequestLatency"), Statistic::Sum, None, second(from), second(to));
        assert_eq!(
            [window(7 * 60, 12 * 60), window(14 * 60, 99 * 60)],
            [Some(7.0 + 8.0 + 9.0 + 10.0 + 11.0), Some(14.0)]
        );
        assert_eq!([window(15 * 60, 20 * 60), window(300, 300), window(600, 300)], [None, None, None]);
        let bytes = metrics.window(&name("RequestLatency"), Statistic::Sum, Some("Bytes"), second(0), second(600));
        assert_eq!(bytes, None);
    }

    #[test]
    fn late_data_land_in_their_minute() {
        let metrics = Metrics::default();
        metrics.put(latency(3600, 1.0));
        metrics.put(latency(119, 5.0));
        let points = metrics.series(&name("RequestLatency"), Statistic::Sum, minutes(1), second(0), second(3660));
        assert_eq!(points, [(second(60), 5.0), (second(3600), 1.0)]);
    }

    #[test]
    fn a_value_counts_as_often_as_it_occurred() {
        let metrics = Metrics::default();
        metrics.put_times(latency(0, 2.0), 3);
        metrics.put_times(latency(0, 8.0), 1);
        let of = |statistic| metrics.series(&name("RequestLatency"), statistic, minutes(1), second(0), second(60))[0].1;
        assert_eq!(ALL.map(of), [4.0, 14.0, 3.5, 2.0, 8.0]);
        assert_eq!([of(Statistic::Percentile(75.0)), of(Statistic::Percentile(76.0))], [2.0, 8.0]);
    }

    #[test]
    fn other_dimensions_are_another_metric_and_other_units_other_values() {
        let metrics = Metrics::default();
        metrics.put(latency(0, 1.0));
        metrics.put(Datum { unit: "Seconds", ..latency(0, 5.0) });
        let bare = MetricName { dimensions: BTreeMap::new(), ..name("RequestLatency") };
        assert_eq!(metrics.series(&bare, Statistic::Sum, minutes(1), second(0), second(60)), []);
        let of_unit = |unit| {
            metrics.series_of_unit(&name("RequestLatency"), unit, Statistic::Sum, minutes(1), second(0), second(60))
        };
        assert_eq!(of_unit("Seconds"), [(second(0), 5.0)]);
        assert_eq!(of_unit("Bytes"), []);
        assert_eq!(metrics.list(), [Listed { metric: name("RequestLatency"), unit: "Milliseconds" }]);
    }

    #[test]
    fn percentiles_of_negative_values_and_values_that_are_no_numbers_do_not_exist() {
        let metrics = Metrics::default();
        metrics.put(latency(0, f64::NAN));
        metrics.put(latency(0, f64::INFINITY));
        assert_eq!(metrics.list(), []);
        metrics.put(latency(0, -1.0));
        metrics.put(latency(0, 3.0));
        let of = |statistic| metrics.series(&name("RequestLatency"), statistic, minutes(1), second(0), second(60));
        assert_eq!(of(Statistic::Percentile(99.0)), []);
        assert_eq!(of(Statistic::Minimum), [(second(0), -1.0)]);
    }

    #[test]
    fn old_minutes_lose_their_percentiles_and_then_go() {
        let metrics = Metrics::default();
        for minute in 0..=KEPT as i64 {
            metrics.put(latency(minute * 60, 1.0));
        }
        let of = |statistic| {
            let to = second(KEPT as i64 * 60 + 60);
            metrics.series(&name("RequestLatency"), statistic, minutes(1), second(0), to).len()
        };
        assert_eq!([of(Statistic::Sum), of(Statistic::Percentile(99.0))], [KEPT, DETAILED as usize]);
    }

    #[test]
    fn six_thousand_latencies_a_minute_have_exact_sums_and_percentiles_within_one_percent() {
        let metrics = Metrics::default();
        let mut random = fastrand::Rng::with_seed(1);
        let mut values: Vec<f64> = (0..6000).map(|_| (20.0 + random.f64() * 3000.0).round()).collect();
        values.iter().for_each(|value| metrics.put(latency(0, *value)));
        values.sort_by(f64::total_cmp);
        let of = |statistic| metrics.series(&name("RequestLatency"), statistic, minutes(1), second(0), second(60))[0].1;
        assert_eq!(ALL.map(of)[..2], [6000.0, values.iter().sum()]);
        assert_eq!([of(Statistic::Minimum), of(Statistic::Maximum)], [values[0], values[5999]]);
        for (percent, rank) in [(50.0, 3000), (90.0, 5400), (99.0, 5940), (99.9, 5994)] {
            let estimated = of(Statistic::Percentile(percent));
            assert!((estimated / values[rank - 1] - 1.0).abs() < 0.010_001, "p{percent}: {estimated}");
        }
    }

    #[test]
    fn several_threads_lose_nothing() {
        let metrics = Metrics::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|at| metrics.put(latency(at, 1.0))));
            }
        });
        let points = metrics.series(&name("RequestLatency"), Statistic::Sum, minutes(60), second(0), second(3600));
        assert_eq!(points, [(second(0), 4000.0)]);
    }
}
