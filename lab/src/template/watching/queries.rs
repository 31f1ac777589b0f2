//! What an alarm watches: one metric, or `Metrics` with an expression over them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::emitted::Platform;
use super::expression::{self, Place};
use super::{limits, metric, statistic};
use crate::template::dependencies;
use crate::template::error::TemplateError;
use crate::template::properties::Known;
use crate::template::tree::Node;
use crate::template::watched::{MetricQuery, Source};

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-cloudwatch-alarm-metricdataquery.html>
const QUERY: Known = Known {
    what: "a metric query",
    used: &["Expression", "Id", "Label", "MetricStat", "ReturnData"],
    without_effect: &[],
};
const METRIC_STAT: Known =
    Known { what: "MetricStat", used: &["Metric", "Period", "Stat", "Unit"], without_effect: &[] };
const METRIC: Known = Known { what: "a metric", used: &["Dimensions", "MetricName", "Namespace"], without_effect: &[] };
/// What says the same for a plain alarm, and may not stand beside `Metrics`.
const PLAIN: &[&str] = &["Dimensions", "ExtendedStatistic", "MetricName", "Namespace", "Period", "Statistic", "Unit"];
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>: metrics of one alarm's expression.
const MAX_METRICS: usize = 10;
const MAX_QUERIES: usize = 20;

pub(crate) fn read(alarm: &Node, platform: &Platform<'_>) -> Result<Vec<MetricQuery>, TemplateError> {
    let Some(list) = alarm.get("Metrics") else { return plain(alarm, platform).map(|query| vec![query]) };
    if let Some(twice) = PLAIN.iter().find_map(|key| alarm.get(key)) {
        return Err(twice.error("stands beside Metrics, which says it all; CloudWatch takes one or the other"));
    }
    let items = list.list()?;
    if !(1..=MAX_QUERIES).contains(&items.len()) {
        return Err(list.error(format!("{} queries, and CloudWatch allows 1 to {MAX_QUERIES}", items.len())));
    }
    let period = common_period(list, items)?;
    let queries: Vec<MetricQuery> = items.iter().map(|item| query(item, period, platform)).collect::<Result<_, _>>()?;
    let metrics = queries.iter().filter(|query| matches!(query.source, Source::Metric { .. })).count();
    if metrics > MAX_METRICS {
        return Err(list.error(format!("{metrics} metrics, and an alarm takes at most {MAX_METRICS}")));
    }
    let returned = queries.iter().filter(|query| query.return_data).count();
    if returned != 1 {
        return Err(list.error(format!(
            "{returned} queries have ReturnData (true unless stated), and an alarm compares exactly one"
        )));
    }
    check_ids(items, &queries)?;
    Ok(queries)
}

fn plain(alarm: &Node, platform: &Platform<'_>) -> Result<MetricQuery, TemplateError> {
    let period = alarm.require("Period")?;
    let unit = alarm.get("Unit");
    let statistic = match (alarm.get("Statistic"), alarm.get("ExtendedStatistic")) {
        (Some(plain), None) => {
            plain.one_of(&["Average", "Maximum", "Minimum", "SampleCount", "Sum"])?;
            statistic::read(plain)?
        }
        (None, Some(percentile)) if percentile.text()?.starts_with('p') => statistic::read(percentile)?,
        (None, Some(other)) => return Err(other.error("the lab knows percentiles only, such as p99")),
        _ => return Err(alarm.error("state one of Statistic and ExtendedStatistic")),
    };
    Ok(MetricQuery {
        id: "m1".to_owned(),
        label: None,
        return_data: true,
        period: Duration::from_secs(metric::period(period)?),
        source: Source::Metric {
            metric: metric::read(alarm, platform, unit, period)?,
            statistic,
            unit: unit.map(Node::text).transpose()?,
        },
    })
}

/// The lab evaluates an alarm over periods of one length.
fn common_period(list: &Node, items: &[Node]) -> Result<Duration, TemplateError> {
    let mut common = None;
    for node in items.iter().filter_map(|item| item.get("MetricStat")?.get("Period")) {
        let seconds = metric::period(node)?;
        if *common.get_or_insert(seconds) != seconds {
            return Err(node.error(format!("{seconds} s: all metrics of an alarm have one period in the lab")));
        }
    }
    let seconds =
        common.ok_or_else(|| list.error("an alarm needs a metric: no query has a MetricStat with a Period"))?;
    Ok(Duration::from_secs(seconds))
}

fn query(node: &Node, period: Duration, platform: &Platform<'_>) -> Result<MetricQuery, TemplateError> {
    QUERY.check(node)?;
    let id_node = node.require("Id")?;
    let id = id_node.text()?;
    if !expression::is_id(&id) {
        return Err(id_node.error(format!("\"{id}\" is no id: a small letter, then letters, digits and underscores")));
    }
    let source = match (node.get("MetricStat"), node.get("Expression")) {
        (Some(stat), None) => {
            METRIC_STAT.check(stat)?;
            let named = stat.require("Metric")?;
            METRIC.check(named)?;
            let unit = stat.get("Unit");
            Source::Metric {
                metric: metric::read(named, platform, unit, stat.require("Period")?)?,
                statistic: statistic::read(stat.require("Stat")?)?,
                unit: unit.map(Node::text).transpose()?,
            }
        }
        (None, Some(expression)) => Source::Expression(limits::text(expression, 1..=expression::MAX_LENGTH)?),
        _ => return Err(node.error("state one of MetricStat and Expression")),
    };
    Ok(MetricQuery {
        id,
        label: node.get("Label").map(Node::text).transpose()?,
        return_data: node.get("ReturnData").map_or(Ok(true), Node::boolean)?,
        period,
        source,
    })
}

/// Every id once, every expression over ids that are there, and none over itself.
fn check_ids(items: &[Node], queries: &[MetricQuery]) -> Result<(), TemplateError> {
    for (index, query) in queries.iter().enumerate() {
        if queries[..index].iter().any(|other| other.id == query.id) {
            return Err(items[index].error(format!("the id {} stands here twice", query.id)));
        }
    }
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (node, query) in items.iter().zip(queries) {
        let mut named = BTreeSet::new();
        if let (Source::Expression(text), Some(at)) = (&query.source, node.get("Expression")) {
            named = expression::ids(text, Place::Alarm).map_err(|message| at.error(message))?;
            if let Some(unknown) = named.iter().find(|id| !queries.iter().any(|query| query.id == **id)) {
                return Err(at.error(format!("there is no query {unknown}")));
            }
        }
        edges.insert(query.id.clone(), named);
    }
    let Some(circle) = dependencies::circle(&edges) else { return Ok(()) };
    let at =
        items.iter().zip(queries).find(|(_, query)| circle.contains(&query.id)).map_or(&items[0], |(node, _)| node);
    Err(at.error(format!("the expressions are a circle: {}", circle.join(" -> "))))
}
