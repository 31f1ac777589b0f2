//! `AWS::CloudWatch::Alarm`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-alarm.html>

use super::emitted::Platform;
use super::{actions, limits, queries};
use crate::template::error::TemplateError;
use crate::template::intrinsics::Scope;
use crate::template::properties::Known;
use crate::template::references::alarm_arn;
use crate::template::stack::Resolved;
use crate::template::tree::Node;
use crate::template::watched::{Alarm, Comparison, MetricQuery, MissingData, Source, Statistic, Urgency};

const PROPERTIES: Known = Known {
    what: "AWS::CloudWatch::Alarm",
    used: &[
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "AlarmName",
        "ComparisonOperator",
        "DatapointsToAlarm",
        "Dimensions",
        "EvaluateLowSampleCountPercentile",
        "EvaluationPeriods",
        "ExtendedStatistic",
        "InsufficientDataActions",
        "MetricName",
        "Metrics",
        "Namespace",
        "OKActions",
        "Period",
        "Statistic",
        "Tags",
        "Threshold",
        "TreatMissingData",
        "Unit",
    ],
    without_effect: &[],
};
const TAG: Known = Known { what: "a tag", used: &["Key", "Value"], without_effect: &[] };
/// Comparisons with a constant; those with a band need a model.
const COMPARISONS: &[(&str, Comparison)] = &[
    ("GreaterThanThreshold", Comparison::GreaterThan),
    ("GreaterThanOrEqualToThreshold", Comparison::GreaterThanOrEqual),
    ("LessThanThreshold", Comparison::LessThan),
    ("LessThanOrEqualToThreshold", Comparison::LessThanOrEqual),
];
const MISSING: &[(&str, MissingData)] = &[
    ("missing", MissingData::Missing),
    ("ignore", MissingData::Ignore),
    ("breaching", MissingData::Breaching),
    ("notBreaching", MissingData::NotBreaching),
];
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

pub(crate) fn read(item: &Resolved<'_>, platform: &Platform<'_>, scope: &Scope<'_>) -> Result<Alarm, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let name = name(item, scope)?;
    let queries = queries::read(node, platform)?;
    let periods = node.require("EvaluationPeriods")?;
    let evaluation_periods: u32 = periods.integer(1..=u32::MAX)?;
    check_span(periods, evaluation_periods, &queries)?;
    let datapoints = node.get("DatapointsToAlarm");
    Ok(Alarm {
        logical_id: item.id.to_owned(),
        arn: alarm_arn(scope.inputs, &name),
        name,
        description: description(node)?,
        actions: actions::read(node, platform.stack())?,
        comparison: named(node.require("ComparisonOperator")?, COMPARISONS)?,
        threshold: limits::number(node.require("Threshold")?)?,
        evaluation_periods,
        datapoints_to_alarm: datapoints
            .map_or(Ok(evaluation_periods), |count| count.integer(1..=evaluation_periods))?,
        missing_data: node.get("TreatMissingData").map_or(Ok(MissingData::Missing), |node| named(node, MISSING))?,
        evaluate_low_samples: evaluates_low_samples(node, &queries)?,
        queries,
    })
}

pub(crate) fn name(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<String, TemplateError> {
    let name = item.physical_name(scope)?;
    let at = item.properties.get("AlarmName").unwrap_or(&item.properties);
    limits::checked(&name, 1..=255).map_err(|message| at.error(message))?;
    if name.chars().any(|c| c == '"' || c.is_control()) {
        return Err(at.error("an alarm's name has neither quotes nor control characters"));
    }
    Ok(name)
}

pub(crate) fn description(node: &Node) -> Result<String, TemplateError> {
    node.get("AlarmDescription").map_or(Ok(String::new()), |text| limits::text(text, 0..=1024))
}

/// The tag `urgency`: how soon somebody must act.
pub(crate) fn urgency(node: &Node) -> Result<Urgency, TemplateError> {
    let mut urgency = Urgency::None;
    for tag in node.get("Tags").map_or(Ok(Default::default()), Node::list)? {
        TAG.check(tag)?;
        let (key, value) = (tag.require("Key")?.text()?, tag.require("Value")?);
        value.text()?;
        if key == "urgency" {
            let known = [("none", Urgency::None), ("page", Urgency::Page), ("ticket", Urgency::Ticket)];
            urgency = named(value, &known)?;
        }
    }
    Ok(urgency)
}

/// "An alarm's total current evaluation period can be no longer than seven days", one day for periods under an hour.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>
fn check_span(node: &Node, count: u32, queries: &[MetricQuery]) -> Result<(), TemplateError> {
    let period = queries.iter().map(|query| query.period.as_secs()).max().unwrap_or_default();
    let most = if period < HOUR { DAY } else { 7 * DAY };
    let span = period.saturating_mul(u64::from(count));
    if span > most {
        return Err(node.error(format!(
            "{count} periods of {period} s are {span} s, and CloudWatch evaluates at most {most} s with such a period"
        )));
    }
    Ok(())
}

fn evaluates_low_samples(node: &Node, queries: &[MetricQuery]) -> Result<bool, TemplateError> {
    let Some(setting) = node.get("EvaluateLowSampleCountPercentile") else { return Ok(true) };
    let percentile =
        |query: &MetricQuery| matches!(query.source, Source::Metric { statistic: Statistic::Percentile(_), .. });
    if !queries.iter().any(percentile) {
        return Err(setting.error("is for percentiles only"));
    }
    Ok(setting.one_of(&["evaluate", "ignore"])? == "evaluate")
}

fn named<T: Copy>(node: &Node, known: &[(&str, T)]) -> Result<T, TemplateError> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let text = node.one_of(&names)?;
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    found.ok_or_else(|| node.error(format!("must be one of {}", names.join(", "))))
}
