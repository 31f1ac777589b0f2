//! One metric alarm at one moment: numbers in, a state and its reason out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::data::Data;
use super::judge::{Rules, Verdict, evaluation_range, judge};
use super::reason::{Datapoint, not_evaluated, of_metric};
use super::samples;
use super::state::State;
use super::windows::{Windows, signed};
use super::words::compared;
use crate::cloudwatch::{math, period};
use crate::template::{Alarm, Comparison, MetricName, MetricQuery, MissingData, Source, Statistic};

/// The namespace whose missing data are ignored unless an alarm says otherwise.
const DYNAMODB: &str = "AWS/DynamoDB";

/// What an evaluation comes to.
pub(super) struct Outcome<'a> {
    alarm: &'a Alarm,
    range: Vec<Option<Datapoint>>,
    verdict: Verdict,
    error: Option<math::MathError>,
}

impl Outcome<'_> {
    /// The new state; none keeps what there is.
    pub(super) fn state(&self) -> Option<State> {
        self.verdict.state
    }

    /// Why.
    pub(super) fn reason(&self, state: State) -> String {
        match &self.error {
            Some(error) => not_evaluated(error),
            None => of_metric(self.alarm, missing_data(self.alarm), &self.range, &self.verdict, state),
        }
    }
}

/// Evaluates an alarm on the periods that end at `end`.
pub(super) fn evaluate<'a>(alarm: &'a Alarm, math: &math::Prepared, end: Timestamp, data: &impl Data) -> Outcome<'a> {
    let periods = alarm.evaluation_periods as usize;
    let windows = Windows { end, period: period_of(alarm), count: evaluation_range(periods) };
    let none = |state, error| Outcome {
        alarm,
        range: Vec::new(),
        verdict: Verdict { state, judged: Vec::new(), filled: periods },
        error,
    };
    if too_few_samples(alarm, windows, data) {
        return none(None, None);
    }
    let range = match datapoints(alarm, math, windows, data) {
        Ok(range) => range,
        Err(error) => return none(Some(State::InsufficientData), Some(error)),
    };
    let breaches: Vec<_> = range.iter().map(|point| point.map(|point| point.breaches)).collect();
    let rules = Rules {
        datapoints_to_alarm: alarm.datapoints_to_alarm as usize,
        evaluation_periods: periods,
        missing: missing_data(alarm),
    };
    Outcome { alarm, verdict: judge(&breaches, rules), range, error: None }
}

/// The period of what is compared. The metrics of an expression have one period:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-on-metric-math-expressions.html>.
pub(super) fn period_of(alarm: &Alarm) -> Duration {
    let metric = alarm.queries.iter().find(|query| matches!(query.source, Source::Metric { .. }));
    metric.or_else(|| compared(alarm)).map_or(Duration::from_secs(60), |query| query.period)
}

/// What a missing datapoint counts as. "Alarms that evaluate metrics in the AWS/DynamoDB namespace ignore missing data by
/// default" (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>); the reference of
/// PutMetricAlarm says "always", and is the older text. A template that asks for `missing` is taken to say nothing.
pub(super) fn missing_data(alarm: &Alarm) -> MissingData {
    let dynamodb =
        |query: &MetricQuery| matches!(&query.source, Source::Metric { metric, .. } if metric.namespace == DYNAMODB);
    match alarm.missing_data {
        MissingData::Missing if alarm.queries.iter().any(dynamodb) => MissingData::Ignore,
        other => other,
    }
}

/// Whether this is a percentile that is not to be judged by so few values. No value at all is missing data, not few.
fn too_few_samples(alarm: &Alarm, windows: Windows, data: &impl Data) -> bool {
    let Some(Source::Metric { metric, statistic: Statistic::Percentile(percent), unit }) =
        compared(alarm).map(|query| &query.source)
    else {
        return false;
    };
    if alarm.evaluate_low_samples {
        return false;
    }
    let judged = Windows { count: alarm.evaluation_periods as usize, ..windows };
    let count = |(from, to)| data.window(metric, Statistic::SampleCount, unit.as_deref(), from, to);
    let samples: f64 = judged.iter().filter_map(count).sum();
    samples > 0.0 && samples < samples::needed(*percent)
}

fn datapoints(
    alarm: &Alarm,
    math: &math::Prepared,
    windows: Windows,
    data: &impl Data,
) -> Result<Vec<Option<Datapoint>>, math::MathError> {
    let Some(compared) = compared(alarm) else { return Ok(Vec::new()) };
    let datapoint = |at, value: Option<f64>| {
        let value = value.filter(|value| value.is_finite())?;
        Some(Datapoint { at, value, breaches: breaches(alarm, value) })
    };
    if let Source::Metric { metric, statistic, unit } = &compared.source {
        let value = |(from, to)| datapoint(from, data.window(metric, *statistic, unit.as_deref(), from, to));
        return Ok(windows.iter().map(value).collect());
    }
    let shift = SignedDuration::from_secs(windows.end.as_second().rem_euclid(signed(windows.period).as_secs().max(1)));
    let slid = |at: Timestamp| at.checked_sub(shift).unwrap_or(at);
    let starts: Vec<_> = windows.iter().map(|(from, _)| from).collect();
    let Some(first) = starts.first() else { return Ok(Vec::new()) };
    let values = math.values(&Slid { data, shift }, slid(*first), slid(windows.end))?;
    let value = |at: &Timestamp| {
        let place = values.binary_search_by_key(&slid(*at), |(at, _)| *at).ok()?;
        Some(values[place].1)
    };
    Ok(starts.iter().map(|at| datapoint(*at, value(at))).collect())
}

fn breaches(alarm: &Alarm, value: f64) -> bool {
    match alarm.comparison {
        Comparison::GreaterThan => value > alarm.threshold,
        Comparison::GreaterThanOrEqual => value >= alarm.threshold,
        Comparison::LessThan => value < alarm.threshold,
        Comparison::LessThanOrEqual => value <= alarm.threshold,
    }
}

/// Metric math has periods that begin at multiples of their length; those of an alarm end now. So its numbers are read with
/// all times moved by what is left over.
struct Slid<'a, D> {
    data: &'a D,
    shift: SignedDuration,
}

impl<D: Data> Slid<'_, D> {
    fn points(
        &self,
        metric: &MetricName,
        unit: Option<&str>,
        statistic: Statistic,
        period: Duration,
        (from, to): (Timestamp, Timestamp),
    ) -> Vec<(Timestamp, f64)> {
        let point = |start: Timestamp| {
            let begin = start.checked_add(self.shift).ok()?;
            let end = begin.checked_add(signed(period)).ok()?;
            Some((start, self.data.window(metric, statistic, unit, begin, end)?))
        };
        period::starts(period, from, to).filter_map(point).collect()
    }
}

impl<D: Data> math::Data for Slid<'_, D> {
    fn series(
        &self,
        metric: &MetricName,
        statistic: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        self.points(metric, None, statistic, period, (from, to))
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
        self.points(metric, Some(unit), statistic, period, (from, to))
    }
}
