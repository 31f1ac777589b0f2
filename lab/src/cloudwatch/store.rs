//! The values of metrics, minute by minute.

#[cfg(test)]
mod tests;

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
