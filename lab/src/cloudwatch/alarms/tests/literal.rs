//! Alarms and numbers written down in a test.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::data::Data;
use super::super::engine::Alarms;
use super::super::snapshot::AlarmSnapshot;
use super::super::state::State;
use crate::template::{
    Actions, Alarm, Comparison, CompositeAlarm, MetricName, MetricQuery, MissingData, Source, Statistic, Topic,
};

/// The first minute of every test.
pub(super) fn start() -> Timestamp {
    // 2026-11-16T00:00:00Z
    Timestamp::constant(1_794_787_200, 0)
}

/// So many minutes later.
pub(super) fn minute(minutes: i64) -> Timestamp {
    start() + SignedDuration::from_mins(minutes)
}

/// So many seconds later.
pub(super) fn second(seconds: i64) -> Timestamp {
    start() + SignedDuration::from_secs(seconds)
}

/// Values of metrics by minute since [`start`].
#[derive(Debug, Clone, Default)]
pub(super) struct Values(BTreeMap<String, BTreeMap<i64, Vec<f64>>>);

impl Values {
    pub(super) fn put(&mut self, metric: &str, minute: i64, value: f64) {
        self.0.entry(metric.to_owned()).or_default().entry(minute).or_default().push(value);
    }

    /// One value a minute from `first` on; none where there is none.
    pub(super) fn of(metric: &str, first: i64, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut data = Self::default();
        let values = (first..).zip(values);
        values.for_each(|(minute, value)| value.into_iter().for_each(|value| data.put(metric, minute, value)));
        data
    }
}

impl Data for Values {
    fn window(
        &self,
        metric: &MetricName,
        of: Statistic,
        _: Option<&str>,
        from: Timestamp,
        to: Timestamp,
    ) -> Option<f64> {
        let minutes = |at: Timestamp| (at.as_second() - start().as_second()) / 60;
        let within = self.0.get(&metric.name)?.range(minutes(from)..minutes(to));
        let mut values: Vec<f64> = within.flat_map(|(_, values)| values).copied().collect();
        values.sort_by(f64::total_cmp);
        let (least, greatest) = (*values.first()?, *values.last()?);
        let (count, sum) = (values.len() as f64, values.iter().sum::<f64>());
        Some(match of {
            Statistic::SampleCount => count,
            Statistic::Average => sum / count,
            Statistic::Sum => sum,
            Statistic::Minimum => least,
            Statistic::Maximum => greatest,
            Statistic::Percentile(percent) => values[((percent / 100.0 * count).ceil() as usize).max(1) - 1],
        })
    }
}

pub(super) fn metric(name: &str) -> MetricName {
    MetricName { namespace: "WildRydes".into(), name: name.into(), dimensions: BTreeMap::new() }
}

pub(super) fn query(id: &str, name: &str, statistic: Statistic, minutes: u64) -> MetricQuery {
    MetricQuery {
        id: id.into(),
        label: None,
        return_data: false,
        period: Duration::from_secs(60 * minutes),
        source: Source::Metric { metric: metric(name), statistic, unit: None },
    }
}

/// `expression > threshold`, with one query a letter of its metrics.
pub(super) fn expression(text: &str, metrics: Vec<MetricQuery>) -> Vec<MetricQuery> {
    let period = metrics[0].period;
    let value = MetricQuery {
        id: "value".into(),
        label: None,
        return_data: true,
        period,
        source: Source::Expression(text.into()),
    };
    [vec![value], metrics].concat()
}

/// An alarm on `metric > 1`, M of N minutes, of the sums.
pub(super) fn alarm(name: &str, metric: &str, (m, n): (u32, u32), missing_data: MissingData) -> Alarm {
    Alarm {
        logical_id: name.into(),
        name: name.into(),
        arn: arn(name),
        description: format!("Page. Something. Runbook: runbooks/{name}.md"),
        actions: Actions { enabled: true, alarm: vec!["topic".into()], ok: vec!["topic".into()], ..Actions::default() },
        queries: vec![MetricQuery { return_data: true, ..query("m", metric, Statistic::Sum, 1) }],
        comparison: Comparison::GreaterThan,
        threshold: 1.0,
        evaluation_periods: n,
        datapoints_to_alarm: m,
        missing_data,
        evaluate_low_samples: true,
    }
}

pub(super) fn composite(name: &str, rule: &str) -> CompositeAlarm {
    CompositeAlarm {
        logical_id: name.into(),
        name: name.into(),
        arn: arn(name),
        description: "Page.".into(),
        actions: Actions { enabled: true, alarm: vec!["topic".into()], ok: vec!["topic".into()], ..Actions::default() },
        rule: rule.into(),
        suppressor: None,
    }
}

pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:cloudwatch:eu-central-1:000000000000:alarm:{name}")
}

pub(super) fn topic() -> Topic {
    Topic {
        logical_id: "Page".into(),
        name: "wild-rydes-dev-page".into(),
        arn: "topic".into(),
        subscriptions: Vec::new(),
        mute: None,
    }
}

pub(super) fn alarms(metrics: Vec<Alarm>, composites: Vec<CompositeAlarm>) -> Alarms {
    Alarms::new(metrics, composites, [topic()], start()).expect("alarms that can be evaluated")
}

pub(super) fn shown(alarms: &Alarms, name: &str) -> AlarmSnapshot {
    let snapshot = alarms.snapshot(start());
    snapshot.alarms.into_iter().find(|alarm| alarm.name == name).expect("the alarm")
}

pub(super) fn state(alarms: &Alarms, name: &str) -> State {
    shown(alarms, name).state
}

/// The state after each of these minutes, in letters: O, A, I.
pub(super) fn states(
    alarms: &mut Alarms,
    name: &str,
    data: &impl Data,
    minutes: impl IntoIterator<Item = i64>,
) -> String {
    let letter = |at| {
        alarms.evaluate(minute(at), data);
        match state(alarms, name) {
            State::Ok => 'O',
            State::Alarm => 'A',
            State::InsufficientData => 'I',
        }
    };
    minutes.into_iter().map(letter).collect()
}
