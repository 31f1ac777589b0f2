//! One metric, as an alarm names it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::emitted::{Part, Platform};
use super::limits;
use crate::template::error::TemplateError;
use crate::template::properties::Known;
use crate::template::tree::Node;
use crate::template::watched::MetricName;

const DIMENSION: Known = Known { what: "a dimension", used: &["Name", "Value"], without_effect: &[] };
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Metric.html>
const MAX_DIMENSIONS: usize = 30;

/// Reads `Namespace`, `MetricName` and `Dimensions` of a node. The metric must be one that the platform emits, in the unit
/// that is asked for, and often enough for the period: else the alarm would never have data.
pub(crate) fn read(
    node: &Node,
    platform: &Platform<'_>,
    unit: Option<&Node>,
    period: &Node,
) -> Result<MetricName, TemplateError> {
    let metric = MetricName {
        namespace: limits::text(node.require("Namespace")?, 1..=255)?,
        name: limits::text(node.require("MetricName")?, 1..=255)?,
        dimensions: node.get("Dimensions").map_or(Ok(BTreeMap::new()), dimensions)?,
    };
    let emitted = platform.emitted(&metric).map_err(|missing| {
        let at = match &missing.part {
            Part::Namespace => node.get("Namespace"),
            Part::Name => node.get("MetricName"),
            Part::Dimensions => node.get("Dimensions"),
            Part::Value(key) => node.get("Dimensions").and_then(|list| value_of(list, key)),
        };
        at.unwrap_or(node).error(format!("{}: the alarm would never have data", missing.message))
    })?;
    if let Some(unit) = unit
        && unit.text()? != emitted.unit
    {
        let (shown, known) = (unit.text()?, emitted.unit);
        return Err(unit.error(format!(
            "{} is in {known}; of the unit {shown} there is no value, so the alarm would never have data",
            metric.name
        )));
    }
    let seconds = Duration::from_secs(self::period(period)?);
    if seconds < emitted.every {
        return Err(period.error(format!(
            "{} has a value every {} s; most periods of {} s would be empty",
            metric.name,
            emitted.every.as_secs(),
            seconds.as_secs()
        )));
    }
    Ok(metric)
}

/// Seconds. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
pub(crate) fn period(node: &Node) -> Result<u64, TemplateError> {
    let seconds: u64 = node.integer(1..=86_400)?;
    match seconds {
        10 | 20 | 30 => Err(node.error(format!(
            "{seconds} s is for metrics of high resolution, and the platform emits none: the alarm would often lack data"
        ))),
        _ if seconds.is_multiple_of(60) => Ok(seconds),
        _ => Err(node.error(format!("{seconds} s: CloudWatch allows 10, 20, 30 and multiples of 60"))),
    }
}

fn dimensions(list: &Node) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut dimensions = BTreeMap::new();
    let items = list.list()?;
    if items.len() > MAX_DIMENSIONS {
        return Err(list.error(format!("{} dimensions, and CloudWatch allows {MAX_DIMENSIONS}", items.len())));
    }
    for item in items {
        DIMENSION.check(item)?;
        let name = limits::text(item.require("Name")?, 1..=255)?;
        let value = limits::text(item.require("Value")?, 1..=1024)?;
        if dimensions.insert(name.clone(), value).is_some() {
            return Err(item.error(format!("the dimension {name} stands here twice")));
        }
    }
    Ok(dimensions)
}

fn value_of<'n>(list: &'n Node, key: &str) -> Option<&'n Node> {
    let named = |item: &&Node| item.get("Name").and_then(Node::scalar).as_deref() == Some(key);
    list.list().ok()?.iter().find(named)?.get("Value")
}
