//! Embedded metric format: metrics out of log lines.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

mod document;
mod limits;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use self::document::{Definition, Directive, Document};
use super::{Datum, unit};
use crate::clock::Clock;
use crate::template::MetricName;

/// Longest document in bytes.
const LONGEST: usize = 256 * 1024;

/// Values of one metric at most.
const VALUES: usize = 100;

/// What a log line holds of metrics. Neither data nor faults: the line is none of this format.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extraction {
    /// The line's metrics, and the count of its faults in the namespace `AWS/Logs`.
    pub data: Vec<Datum>,
    /// What is wrong with the line.
    pub faults: Vec<Fault>,
}

/// Why CloudWatch would not take a metric out of a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The document has not the form of the format; counted in `EMFParsingErrors`.
    #[error("not in the embedded metric format: {0}")]
    Parsing(String),
    /// A metric in it is not valid; counted in `EMFValidationErrors`.
    #[error("invalid in the embedded metric format: {0}")]
    Validation(String),
}

/// Takes the metrics out of a log line that was received at `received` by the lab's clock. The document's own time is the
/// machine's, and is brought to the lab's by `clock`.
///
/// How CloudWatch recognises the format in a line is not documented. Here it is a text that begins with `{`, has a member
/// `CloudWatchMetrics`, and is either no JSON or has `_aws` at its root. Nor is it documented what else of a document is lost
/// to a fault: here one that cannot be parsed gives nothing, and every invalid metric is left out and counted once.
pub fn extract(text: &str, log_group: &str, received: Timestamp, clock: &Clock) -> Extraction {
    let mut extraction = Extraction::default();
    let text = text.trim();
    if !text.starts_with('{') || !text.contains("\"CloudWatchMetrics\"") {
        return extraction;
    }
    match read(text) {
        Ok(Some((root, document))) => take(&root, &document, received, clock, &mut extraction),
        Ok(None) => {}
        Err(why) => extraction.faults.push(Fault::Parsing(why)),
    }
    let parsing = extraction.faults.iter().filter(|fault| matches!(fault, Fault::Parsing(_))).count();
    let validation = extraction.faults.len() - parsing;
    for (name, count) in [("EMFParsingErrors", parsing), ("EMFValidationErrors", validation)] {
        if count > 0 {
            extraction.data.push(counted(name, count, log_group, received));
        }
    }
    extraction
}

/// Names, dimension and unit as in
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html>.
fn counted(name: &str, count: usize, log_group: &str, at: Timestamp) -> Datum {
    let dimensions = BTreeMap::from([("LogGroupName".to_owned(), log_group.to_owned())]);
    let metric = MetricName { namespace: "AWS/Logs".into(), name: name.into(), dimensions };
    Datum { metric, unit: unit::NONE, at, value: count as f64 }
}

/// The line's members and what `_aws` says of them.
type Read = (Map<String, Value>, Document);

fn read(text: &str) -> Result<Option<Read>, String> {
    if text.len() > LONGEST {
        return Err(format!("longer than {LONGEST} bytes"));
    }
    // serde_json's message holds a position, and nothing of the text.
    let root: Map<String, Value> = serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"))?;
    match root.get("_aws") {
        None => Ok(None),
        Some(metadata) => Document::read(metadata).map(|document| Some((root, document))),
    }
}

fn take(root: &Map<String, Value>, document: &Document, received: Timestamp, clock: &Clock, into: &mut Extraction) {
    let at = match window(document.timestamp_ms, received, clock) {
        Ok(at) => at,
        Err(why) => return into.faults.push(Fault::Validation(why)),
    };
    for directive in &document.directives {
        if let Err(why) = limits::directive(directive) {
            into.faults.push(Fault::Validation(why));
            continue;
        }
        let (sets, faults): (Vec<_>, Vec<_>) =
            directive.dimensions.iter().map(|keys| dimensions(root, keys)).partition(Result::is_ok);
        into.faults.extend(faults.into_iter().filter_map(Result::err).map(Fault::Validation));
        let sets: Vec<_> = sets.into_iter().flatten().collect();
        for definition in &directive.metrics {
            match values(root, definition) {
                Ok((unit, values)) => into.data.extend(data(directive, definition, &sets, unit, &values, at)),
                Err(why) => into.faults.push(Fault::Validation(why)),
            }
        }
    }
}

/// At most two weeks before and two hours after it was received:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
fn window(timestamp_ms: i64, received: Timestamp, clock: &Clock) -> Result<Timestamp, String> {
    let at = Timestamp::from_millisecond(timestamp_ms).map(|at| clock.at(at));
    let at = at.map_err(|_| "Timestamp is out of the range of times".to_owned())?;
    let age = received.duration_since(at);
    if age > SignedDuration::from_hours(14 * 24) {
        return Err("Timestamp is more than two weeks ago".to_owned());
    }
    if age < SignedDuration::from_hours(-2) {
        return Err("Timestamp is more than two hours ahead".to_owned());
    }
    Ok(at)
}

/// The dimensions of a set, whose values are members of the root.
fn dimensions(root: &Map<String, Value>, keys: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut dimensions = BTreeMap::new();
    for key in keys {
        let Some(Value::String(value)) = root.get(key) else {
            return Err(format!("the dimension {key} is no text at the root"));
        };
        limits::dimension(key, value)?;
        dimensions.insert(key.clone(), value.clone());
    }
    Ok(dimensions)
}

/// The values of a metric, which are one member of the root, and their unit.
fn values(root: &Map<String, Value>, definition: &Definition) -> Result<(&'static str, Vec<f64>), String> {
    let unit = limits::definition(definition)?;
    let name = &definition.name;
    let number =
        |value: &Value| limits::number(value).ok_or_else(|| format!("the metric {name} has a value that is no number"));
    match root.get(name) {
        None => Err(format!("the metric {name} is not at the root")),
        Some(Value::Array(values)) if values.len() > VALUES => {
            Err(format!("the metric {name} has more than {VALUES} values"))
        }
        Some(Value::Array(values)) => Ok((unit, values.iter().map(number).collect::<Result<_, _>>()?)),
        Some(value) => Ok((unit, vec![number(value)?])),
    }
}

/// Every value under every set of dimensions.
fn data(
    directive: &Directive,
    definition: &Definition,
    sets: &[BTreeMap<String, String>],
    unit: &'static str,
    values: &[f64],
    at: Timestamp,
) -> Vec<Datum> {
    let metrics = sets.iter().map(|dimensions| MetricName {
        namespace: directive.namespace.clone(),
        name: definition.name.clone(),
        dimensions: dimensions.clone(),
    });
    let data = metrics
        .flat_map(|metric| values.iter().map(move |value| Datum { metric: metric.clone(), unit, at, value: *value }));
    data.collect()
}
