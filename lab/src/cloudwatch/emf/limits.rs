//! What the format and a metric allow:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>.

use serde_json::Value;

use super::document::{Definition, Directive};
use crate::cloudwatch::unit;

/// Metrics of one directive.
const METRICS: usize = 100;

/// Keys of one set of dimensions.
const KEYS: usize = 30;

/// Characters of a namespace, of the name of a metric, of the name of a dimension.
const NAME: usize = 255;

/// Characters of a dimension's value.
const DIMENSION_VALUE: usize = 1024;

/// Values lie between -2^360 and 2^360.
const POWER: i32 = 360;

/// Namespace and counts.
pub(super) fn directive(directive: &Directive) -> Result<(), String> {
    let namespace = &directive.namespace;
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#: ".contains(c);
    if !named(namespace) || !namespace.chars().all(allowed) {
        return Err(format!("{namespace:?} cannot be a namespace"));
    }
    if namespace.starts_with("AWS/") {
        return Err(format!("the namespace {namespace} belongs to AWS"));
    }
    if directive.metrics.len() > METRICS {
        return Err(format!("more than {METRICS} metrics in one directive"));
    }
    match directive.dimensions.iter().any(|keys| keys.len() > KEYS) {
        true => Err(format!("more than {KEYS} dimensions in one set")),
        false => Ok(()),
    }
}

/// Name, unit and resolution of a metric; its unit. The lab keeps high resolution by the minute too: none of its alarms or
/// charts has a shorter period.
pub(super) fn definition(definition: &Definition) -> Result<&'static str, String> {
    let Definition { name, unit: named_unit, resolution } = definition;
    if !named(name) {
        return Err(format!("{name:?} cannot be the name of a metric"));
    }
    if resolution.as_ref().is_some_and(|resolution| ![Some(1), Some(60)].contains(&resolution.as_u64())) {
        return Err(format!("the metric {name} has a StorageResolution that is neither 1 nor 60"));
    }
    match named_unit {
        None => Ok(unit::NONE),
        Some(named) => unit::unit(named).ok_or_else(|| format!("{named:?} is not a unit")),
    }
}

/// Name and value of a dimension.
pub(super) fn dimension(name: &str, value: &str) -> Result<(), String> {
    let ascii = |text: &str| text.chars().all(|c| c.is_ascii() && !c.is_ascii_control());
    if !named(name) || !ascii(name) {
        return Err(format!("{name:?} cannot be the name of a dimension"));
    }
    if value.len() > DIMENSION_VALUE || value.trim().is_empty() || !ascii(value) {
        return Err(format!("the dimension {name} has a value that is empty, too long or not ASCII"));
    }
    Ok(())
}

/// A number that a metric can have.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.abs() <= 2_f64.powi(POWER))
}

fn named(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= NAME && !name.starts_with(':')
}
