//! AWS's own examples, with literal series: `-` is a minute without a value.

mod documented;
mod properties;
mod refusals;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::{Data, MathError, values};
use crate::template::{MetricName, MetricQuery, Source, Statistic};

const MINUTE: Duration = Duration::from_secs(60);

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).expect("in range")
}

/// Series by the name of the metric.
struct Literal(BTreeMap<String, Vec<(Timestamp, f64)>>);

impl Data for Literal {
    fn series(
        &self,
        metric: &MetricName,
        _: Statistic,
        _: Duration,
        _: Timestamp,
        _: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        self.0.get(&metric.name).cloned().unwrap_or_default()
    }
}

fn metric(id: &str, period: Duration) -> MetricQuery {
    let metric = MetricName { namespace: "Test".into(), name: id.into(), dimensions: BTreeMap::new() };
    let source = Source::Metric { metric, statistic: Statistic::Sum, unit: None };
    MetricQuery { id: id.into(), label: None, return_data: false, period, source }
}

fn expression(id: &str, text: &str) -> MetricQuery {
    let source = Source::Expression(text.into());
    MetricQuery { id: id.into(), label: None, return_data: true, period: MINUTE, source }
}

/// `m1: 1 - 3` for minutes 0, 1, 2.
fn literal(series: &[(&str, &str)]) -> (Vec<MetricQuery>, Literal) {
    let mut data = BTreeMap::new();
    for (id, values) in series {
        let points = values.split_whitespace().zip(0..).filter(|(value, _)| *value != "-");
        let points = points.map(|(value, at)| (minute(at), value.parse().expect("a number")));
        data.insert((*id).to_owned(), points.collect());
    }
    (series.iter().map(|(id, _)| metric(id, MINUTE)).collect(), Literal(data))
}

/// The result of an expression over five minutes, as it would be written above.
fn result(series: &[(&str, &str)], text: &str) -> Result<String, MathError> {
    let (mut queries, data) = literal(series);
    queries.push(expression("e", text));
    let points: BTreeMap<_, _> = values(&queries, "e", &data, minute(0), minute(5))?.into_iter().collect();
    assert!(points.keys().all(|at| (0..5).any(|index| minute(index) == *at)), "a point outside: {points:?}");
    let length = series.iter().map(|(_, values)| values.split_whitespace().count()).max().unwrap_or(5);
    let shown = (0..).take(length).map(|at| points.get(&minute(at)).map_or("-".to_owned(), f64::to_string));
    Ok(shown.collect::<Vec<_>>().join(" "))
}

#[track_caller]
fn comes_to(series: &[(&str, &str)], text: &str, expected: &str) {
    assert_eq!(result(series, text).as_deref(), Ok(expected), "{text}");
}
