//! `AWS::Logs::MetricFilter` and `AWS::Logs::QueryDefinition`.

use std::collections::BTreeMap;

use super::limits;
use crate::template::error::{TemplateError, did_you_mean};
use crate::template::model::Stack;
use crate::template::properties::Known;
use crate::template::stack::Resolved;
use crate::template::tree::Node;
use crate::template::watched::{MetricFilter, QueryDefinition, Transformation};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-metricfilter.html>
const FILTER: Known = Known {
    what: "AWS::Logs::MetricFilter",
    used: &["FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"],
    without_effect: &[],
};
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-logs-metricfilter-metrictransformation.html>
const TRANSFORMATION: Known = Known {
    what: "a metric transformation",
    used: &["DefaultValue", "Dimensions", "MetricName", "MetricNamespace", "MetricValue", "Unit"],
    without_effect: &[],
};
const DIMENSION: Known = Known { what: "a dimension", used: &["Key", "Value"], without_effect: &[] };
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-querydefinition.html>
const QUERY: Known = Known {
    what: "AWS::Logs::QueryDefinition",
    used: &["LogGroupNames", "Name", "QueryLanguage", "QueryString"],
    without_effect: &[],
};
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>, those that the lab keeps.
const UNITS: &[&str] =
    &["Bytes", "Count", "Count/Second", "Megabytes", "Microseconds", "Milliseconds", "None", "Percent", "Seconds"];

pub(crate) fn metric_filter(item: &Resolved<'_>, stack: &Stack) -> Result<MetricFilter, TemplateError> {
    let node = &item.properties;
    FILTER.check(node)?;
    let transformations = node.require("MetricTransformations")?;
    let [transformation] = transformations.list()? else {
        return Err(transformations.error("CloudWatch Logs takes exactly one transformation"));
    };
    Ok(MetricFilter {
        logical_id: item.id.to_owned(),
        log_group: log_group(node.require("LogGroupName")?, stack)?,
        pattern: limits::text(node.require("FilterPattern")?, 0..=1024)?,
        transformations: vec![self::transformation(transformation)?],
    })
}

fn transformation(node: &Node) -> Result<Transformation, TemplateError> {
    TRANSFORMATION.check(node)?;
    let name = |key: &str| {
        let at = node.require(key)?;
        let text = limits::text(at, 1..=255)?;
        if text.contains([':', '*', '$']) || (key == "MetricNamespace" && text.starts_with("AWS/")) {
            return Err(at.error(format!("\"{text}\" cannot be a {key}: no : * $, and AWS/ is AWS's own")));
        }
        Ok(text)
    };
    let value = node.require("MetricValue")?;
    let text = limits::text(value, 1..=100)?;
    let is_number = text.parse::<f64>().is_ok_and(f64::is_finite);
    if !is_number && !text.starts_with('$') {
        return Err(
            value.error(format!("\"{text}\" is neither a number nor a field such as $.record.metrics.durationMs"))
        );
    }
    let dimensions = node.get("Dimensions").map_or(Ok(BTreeMap::new()), dimensions)?;
    let default = node.get("DefaultValue");
    // "You can't specify a default value if you specify dimensions":
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
    if let Some(default) = default.filter(|_| !dimensions.is_empty()) {
        return Err(default.error("a metric with Dimensions has no DefaultValue"));
    }
    Ok(Transformation {
        namespace: name("MetricNamespace")?,
        name: name("MetricName")?,
        value: text,
        default_value: default.map(limits::number).transpose()?,
        unit: node.get("Unit").map(|unit| unit.one_of(UNITS)).transpose()?,
        dimensions,
    })
}

fn dimensions(list: &Node) -> Result<BTreeMap<String, String>, TemplateError> {
    let items = list.list()?;
    if !(1..=3).contains(&items.len()) {
        return Err(list.error("a metric filter has one to three dimensions"));
    }
    let mut dimensions = BTreeMap::new();
    for item in items {
        DIMENSION.check(item)?;
        let field = item.require("Value")?;
        let text = limits::text(field, 1..=255)?;
        if !text.starts_with('$') {
            return Err(field.error("a dimension's value is a field of the line, such as $.service"));
        }
        if dimensions.insert(limits::text(item.require("Key")?, 1..=255)?, text).is_some() {
            return Err(item.error("the dimension stands here twice"));
        }
    }
    Ok(dimensions)
}

pub(crate) fn query_definition(item: &Resolved<'_>, stack: &Stack) -> Result<QueryDefinition, TemplateError> {
    let node = &item.properties;
    QUERY.check(node)?;
    node.get("QueryLanguage").map(|language| language.one_of(&["CWLI"])).transpose()?;
    let mut log_groups = Vec::new();
    if let Some(list) = node.get("LogGroupNames") {
        let items = list.list()?;
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html: a query reads up to 50 groups.
        if items.len() > 50 {
            return Err(list.error(format!("{} log groups, and a query reads at most 50", items.len())));
        }
        log_groups = items.iter().map(|group| log_group(group, stack)).collect::<Result<_, _>>()?;
    }
    Ok(QueryDefinition {
        name: limits::text(node.require("Name")?, 1..=255)?,
        log_groups,
        query: limits::text(node.require("QueryString")?, 1..=10_000)?,
    })
}

/// A log group must exist before anything is said of it.
fn log_group(node: &Node, stack: &Stack) -> Result<String, TemplateError> {
    let name = node.text()?;
    check_log_group(&name, stack).map_err(|message| node.error(message))?;
    Ok(name)
}

/// Whether it is a log group of the template, or what is wrong.
pub(crate) fn check_log_group(name: &str, stack: &Stack) -> Result<(), String> {
    if stack.log_groups.values().any(|group| group.name == name) {
        return Ok(());
    }
    let hint = did_you_mean(name, stack.log_groups.values().map(|group| group.name.as_str()));
    Err(format!("\"{name}\" is no log group of this template{hint}"))
}
