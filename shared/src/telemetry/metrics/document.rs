//! Values as members of an EMF document.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use super::Subject;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Number, Value, json};

/// The namespace of all metrics.
const NAMESPACE: &str = "WildRydes";
/// How many values a metric may have in a document.
const MOST_VALUES: usize = 100;
/// How many metrics a directive may define.
const MOST_METRICS: usize = 100;
/// CloudWatch takes values of the last two weeks. An hour is left for the way there.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html>
const OLDEST: SignedDuration = SignedDuration::from_hours(14 * 24 - 1);
/// And of the next two hours, by its clock; a minute is left for the difference of two clocks.
const NEWEST: SignedDuration = SignedDuration::from_mins(119);

/// Values that are about the same thing at the same time: what one line can say.
#[derive(Debug, Clone)]
pub(in crate::telemetry) struct Document {
    dimensions: &'static [&'static [&'static str]],
    own: Option<(&'static str, &'static str)>,
    at: Option<Timestamp>,
    metrics: Vec<Series>,
}

/// The values of one metric.
#[derive(Debug, Clone)]
pub(super) struct Series {
    name: &'static str,
    unit: &'static str,
    pub(super) values: Vec<Number>,
}

impl Document {
    pub(super) fn about<S: Subject>(subject: &S) -> Self {
        let (own, at) = (subject.own(), subject.at());
        Self { dimensions: S::DIMENSIONS, own, at, metrics: Vec::new() }
    }

    pub(super) fn is_about_the_same(&self, other: &Self) -> bool {
        let key = |document: &Self| (document.dimensions, document.own, document.at);
        key(self) == key(other)
    }

    /// The values of a metric in here.
    pub(super) fn series(&mut self, name: &'static str, unit: &'static str) -> &mut Series {
        let known = self.metrics.iter().position(|series| series.name == name);
        let index = known.unwrap_or_else(|| {
            self.metrics.push(Series { name, unit, values: Vec::new() });
            self.metrics.len() - 1
        });
        &mut self.metrics[index]
    }

    /// The same in parts, none of which has more values or metrics than EMF allows.
    pub(super) fn parts(&self) -> Vec<Self> {
        let rounds = self.metrics.iter().map(|series| series.values.len().div_ceil(MOST_VALUES)).max().unwrap_or(0);
        let part = |round: usize| {
            let series = self.metrics.iter().filter_map(move |series| {
                let values = series.values.chunks(MOST_VALUES).nth(round)?.to_vec();
                Some(Series { values, ..*series })
            });
            series.collect::<Vec<_>>()
        };
        let parts =
            (0..rounds).flat_map(|round| part(round).chunks(MOST_METRICS).map(<[_]>::to_vec).collect::<Vec<_>>());
        parts.map(|metrics| Self { metrics, ..*self }).collect()
    }

    /// The members that a line needs besides `service` and `stage`.
    pub(in crate::telemetry) fn members(&self, now: Timestamp) -> Map<String, Value> {
        let mut members = Map::new();
        members.extend(self.own.map(|(key, name)| (key.to_owned(), name.into())));
        for Series { name, values, .. } in &self.metrics {
            let value = match values.as_slice() {
                [value] => Value::Number(value.clone()),
                values => values.iter().cloned().collect(),
            };
            members.insert((*name).to_owned(), value);
        }
        let definition = |series: &Series| json!({"Name": series.name, "Unit": series.unit});
        let metrics: Vec<Value> = self.metrics.iter().map(definition).collect();
        let directive = json!({"Namespace": NAMESPACE, "Dimensions": self.dimensions, "Metrics": metrics});
        let timestamp = self.timestamp(now).as_millisecond();
        members.insert("_aws".into(), json!({"Timestamp": timestamp, "CloudWatchMetrics": [directive]}));
        members
    }

    /// When the values count: now, if they say nothing else or something that CloudWatch would refuse.
    fn timestamp(&self, now: Timestamp) -> Timestamp {
        let acceptable = |at: &Timestamp| (-OLDEST..=NEWEST).contains(&at.duration_since(now));
        self.at.filter(acceptable).unwrap_or(now)
    }
}
