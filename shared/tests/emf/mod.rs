//! The rules of CloudWatch's embedded metric format, for every line of metrics that a test sees.
//!
//! The specification and its JSON schema:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//! Characters of names, ages and values:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html>
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>

use serde_json::{Map, Value};
use std::time::SystemTime;

type Object = Map<String, Value>;

const UNITS: &str = "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|\
    Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|\
    Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None";
/// What may be a dimension here: nothing that has many values.
const DIMENSIONS: [&str; 4] = ["service", "stage", "dependency", "fault"];
/// What every line of metrics says besides its values.
const IDENTITY: [&str; 9] = [
    "timestamp",
    "service",
    "version",
    "stage",
    "function_name",
    "function_request_id",
    "request_id",
    "xray_trace_id",
    "cold_start",
];

/// The lines of metrics in a log; each keeps every rule.
pub(crate) fn documents(log: &str) -> Vec<Value> {
    let lines = log.lines().filter(|line| line.contains("\"_aws\""));
    lines.map(|line| checked(line).unwrap_or_else(|broken| panic!("{broken}: {line}"))).collect()
}

fn checked(line: &str) -> Result<Value, String> {
    rule(line.len() <= 1_024 * 1_024, "an event has at most 1 MB")?;
    let document: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let root = object(&document, "the root")?;
    let metadata = object(member(root, "_aws")?, "_aws")?;
    only(metadata, &["Timestamp", "CloudWatchMetrics"])?;
    for directive in array(member(metadata, "CloudWatchMetrics")?, 1, usize::MAX)? {
        let directive = object(directive, "a directive")?;
        only(directive, &["Namespace", "Dimensions", "Metrics"])?;
        namespace(text(member(directive, "Namespace")?)?)?;
        for set in array(member(directive, "Dimensions")?, 1, usize::MAX)? {
            dimension_set(root, array(set, 0, 30)?)?;
        }
        let metrics = array(member(directive, "Metrics")?, 1, 100)?;
        let names: Vec<_> = metrics.iter().map(|metric| metric.get("Name")).collect();
        unique(&names, "a metric is defined once")?;
        metrics.iter().try_for_each(|metric| definition(root, metric))?;
    }
    for key in IDENTITY {
        member(root, key)?;
    }
    // Else Lambda does not take it for one, and puts its own around the line.
    let timestamp = text(member(root, "timestamp")?)?;
    rule(timestamp.len() == 27 && timestamp.ends_with('Z'), "timestamp is an instant in RFC 3339")?;
    let counted = member(metadata, "Timestamp")?.as_i64().ok_or("Timestamp is an integer")?;
    let age_ms = now_ms() - counted;
    rule((-2 * 3_600_000..=14 * 24 * 3_600_000).contains(&age_ms), "Timestamp is two weeks old at most")?;
    rule(!root.contains_key("message"), "metrics are no log event")?;
    Ok(document)
}

/// By the clock of the host, as these lines were written a moment ago.
fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970");
    i64::try_from(now.as_millis()).expect("a time of this age")
}

fn namespace(name: &str) -> Result<(), String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#:".contains(&byte);
    rule((1..=255).contains(&name.len()) && name.bytes().all(legal), "Namespace is of the characters allowed")?;
    rule(!name.starts_with("AWS/") && !name.starts_with(':'), "Namespace is ours")
}

fn dimension_set(root: &Object, set: &[Value]) -> Result<(), String> {
    unique(set, "a dimension is in a set once")?;
    for key in set {
        let key = text(key)?;
        rule(DIMENSIONS.contains(&key), "a dimension is no id")?;
        rule((1..=250).contains(&key.len()) && !key.starts_with(':'), "a dimension's name is a name")?;
        let value = text(member(root, key)?)?;
        let printable = value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !value.trim().is_empty();
        rule(value.len() <= 1_024 && printable, "a dimension's value is a printable text")?;
    }
    Ok(())
}

fn definition(root: &Object, metric: &Value) -> Result<(), String> {
    let metric = object(metric, "a metric")?;
    only(metric, &["Name", "Unit", "StorageResolution"])?;
    let name = text(member(metric, "Name")?)?;
    rule((1..=1_024).contains(&name.len()), "a name has 1 to 1,024 characters")?;
    if let Some(unit) = metric.get("Unit") {
        rule(UNITS.split('|').any(|known| unit == known), "the unit is one of CloudWatch's")?;
    }
    if let Some(resolution) = metric.get("StorageResolution") {
        rule(resolution == 1 || resolution == 60, "the resolution is 1 or 60")?;
    }
    let target = member(root, name)?;
    let values = if target.is_array() { array(target, 1, 100)? } else { std::slice::from_ref(target) };
    let largest = 2_f64.powi(360);
    rule(values.iter().all(|value| value.as_f64().is_some_and(|value| value.abs() <= largest)), "values are numbers")
}

fn rule(holds: bool, rule: &str) -> Result<(), String> {
    holds.then_some(()).ok_or_else(|| format!("broken: {rule}"))
}

fn member<'a>(object: &'a Object, key: &str) -> Result<&'a Value, String> {
    object.get(key).ok_or_else(|| format!("{key} is missing"))
}

fn only(object: &Object, keys: &[&str]) -> Result<(), String> {
    rule(object.keys().all(|key| keys.contains(&key.as_str())), "there are no members but those of the specification")
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Object, String> {
    value.as_object().ok_or_else(|| format!("{what} is an object"))
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("{value} is a text"))
}

fn array(value: &Value, least: usize, most: usize) -> Result<&[Value], String> {
    let array = value.as_array().filter(|array| (least..=most).contains(&array.len()));
    array.map(Vec::as_slice).ok_or_else(|| format!("{value:.80} has {least} to {most} elements"))
}

fn unique<T: PartialEq>(all: &[T], what: &str) -> Result<(), String> {
    rule(all.iter().enumerate().all(|(index, one)| !all[..index].contains(one)), what)
}

#[test]
fn each_rule_is_kept_or_the_line_is_refused() {
    let good = serde_json::json!({
        "timestamp": "2026-11-21T14:00:00.000000Z", "service": "s", "version": "v", "stage": "dev",
        "function_name": null, "function_request_id": null, "request_id": "r", "xray_trace_id": null,
        "cold_start": true, "Time": [1, 2.5],
        "_aws": {"Timestamp": now_ms(), "CloudWatchMetrics": [{
            "Namespace": "WildRydes", "Dimensions": [["service", "stage"]],
            "Metrics": [{"Name": "Time", "Unit": "Milliseconds"}]}]},
    });
    assert_eq!(checked(&good.to_string()).as_ref(), Ok(&good));
    let directive = "/_aws/CloudWatchMetrics/0";
    for (pointer, wrong) in [
        ("/_aws/Timestamp".to_owned(), now_ms().to_string().into()),
        ("/_aws/Timestamp".into(), (now_ms() / 1_000).into()),
        ("/_aws/Timestamp".into(), (now_ms() + 2 * 3_600_000 + 9_000).into()),
        ("/_aws/CloudWatchMetrics".into(), Value::Array(Vec::new())),
        (format!("{directive}/Namespace"), "Wild Rydes".into()),
        (format!("{directive}/Namespace"), "AWS/Lambda".into()),
        (format!("{directive}/Dimensions"), Value::Array(Vec::new())),
        (format!("{directive}/Dimensions/0"), vec!["request_id"].into()),
        (format!("{directive}/Dimensions/0"), vec!["dependency"].into()),
        (format!("{directive}/Dimensions/0"), vec!["stage", "stage"].into()),
        (format!("{directive}/Metrics"), vec![serde_json::json!({"Name": "Time"}); 2].into()),
        (format!("{directive}/Metrics/0/Name"), "Other".into()),
        (format!("{directive}/Metrics/0/Unit"), "Minutes".into()),
        ("/Time".into(), "1".into()),
        ("/Time".into(), Value::Array(Vec::new())),
        ("/Time".into(), vec![1; 101].into()),
        ("/stage".into(), Value::Null),
        ("/service".into(), " ".into()),
        ("/timestamp".into(), Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(&pointer).expect("a member of the good line") = wrong.clone();
        assert!(checked(&bad.to_string()).is_err(), "{pointer} = {wrong:.60}");
    }
}
