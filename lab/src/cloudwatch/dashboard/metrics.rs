//! The array `metrics` of a chart.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::fields::{DashboardError, Fields, error};
use crate::cloudwatch::math::check_lines;
use crate::template::{MetricName, MetricQuery, Source, Statistic, expand, metric_of_row};

/// Metrics and expressions of one chart.
const ROWS: usize = 500;

/// All rows of a chart.
#[derive(Debug)]
pub(super) struct Lines {
    /// What is computed, the hidden rows too.
    pub(super) queries: Vec<MetricQuery>,
    /// How it is drawn, one for each query.
    pub(super) looks: Vec<Look>,
}

/// How a row is drawn.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) label: String,
    pub(super) color: Option<String>,
    pub(super) axis: &'static str,
    pub(super) visible: bool,
}

/// Options of a row. The region is the lab's own.
const OPTIONS: [&str; 9] = ["id", "label", "color", "period", "stat", "visible", "yAxis", "expression", "region"];

/// Reads the rows of a chart, and makes sure that every one can be computed.
pub(super) fn lines(chart: &Fields<'_>) -> Result<Lines, DashboardError> {
    let rows = chart.array("metrics")?;
    if rows.len() > ROWS {
        return Err(chart.error("metrics", format!("are more than {ROWS}")));
    }
    let (mut queries, mut looks, mut paths) = (Vec::<MetricQuery>::new(), Vec::new(), Vec::new());
    let mut before = Vec::new();
    for (path, row) in rows {
        let (query, look) = read(chart, &path, row, queries.len(), &mut before)?;
        if queries.iter().any(|other| other.id == query.id) {
            return Err(error(path, format!("has the id {} of another row", query.id)));
        }
        queries.push(query);
        looks.push(look);
        paths.push(path);
    }
    for (query, path) in queries.iter().zip(paths) {
        check_lines(&queries, &query.id).map_err(|why| error(path, why.to_string()))?;
    }
    label(&queries, &mut looks);
    Ok(Lines { queries, looks })
}

fn read(
    chart: &Fields<'_>,
    path: &str,
    row: &Value,
    at: usize,
    before: &mut Vec<String>,
) -> Result<(MetricQuery, Look), DashboardError> {
    let refused = |why: &str| error(path.to_owned(), why);
    let row = row.as_array().map(Vec::as_slice).ok_or_else(|| refused("is no array"))?;
    let nothing = Value::Object(Map::new());
    let (words, options) = match row {
        [words @ .., options] if options.is_object() => (words, options),
        words => (words, &nothing),
    };
    let options = Fields::read(path.to_owned(), options, &OPTIONS)?;
    let words: Option<Vec<&str>> = words.iter().map(Value::as_str).collect();
    let words = words.ok_or_else(|| refused("has something other than text and options at its end"))?;
    let source = match options.text("expression")? {
        Some(expression) if words.is_empty() => Source::Expression(expression.to_owned()),
        Some(_) => return Err(refused("is a metric and an expression")),
        None => {
            *before = expand(&words, before).map_err(refused)?;
            Source::Metric {
                metric: metric_of_row(before).map_err(refused)?,
                statistic: stat(chart, &options)?,
                unit: None,
            }
        }
    };
    let label = options.text("label")?;
    if label.is_some_and(|label| label.contains("${")) {
        return Err(options.error("label", "is dynamic, ${...}, which is not known to the lab"));
    }
    let look = Look {
        label: String::new(),
        color: options.color()?,
        axis: options.choice("yAxis", &["left", "right"])?,
        visible: options.truth("visible", true)?,
    };
    let period = match period(&options)? {
        Some(period) => period,
        None => period_of(chart)?,
    };
    let label = label.map(str::to_owned);
    Ok((MetricQuery { id: id(&options, at)?, label, return_data: look.visible, period, source }, look))
}

/// A row without an id gets one that no expression can name.
fn id(options: &Fields<'_>, at: usize) -> Result<String, DashboardError> {
    let Some(id) = options.text("id")? else { return Ok(format!("#{at}")) };
    let rest_fits = id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !rest_fits || !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(options.error("id", "does not begin with a small letter, or has more than letters, digits and _"));
    }
    Ok(id.to_owned())
}

fn stat(chart: &Fields<'_>, options: &Fields<'_>) -> Result<Statistic, DashboardError> {
    let (fields, name) = match options.text("stat")? {
        Some(name) => (options, name),
        None => (chart, chart.text("stat")?.unwrap_or("Average")),
    };
    Statistic::named(name)
        .ok_or_else(|| fields.error("stat", format!("{name:?} is not a statistic that the lab computes")))
}

/// The period of the chart; AWS's default is five minutes.
fn period_of(chart: &Fields<'_>) -> Result<Duration, DashboardError> {
    Ok(period(chart)?.unwrap_or(Duration::from_secs(300)))
}

fn period(fields: &Fields<'_>) -> Result<Option<Duration>, DashboardError> {
    match fields.whole("period", 60, 86_400 * 30)? {
        Some(seconds) if seconds % 60 != 0 => Err(fields.error("period", "is no multiple of 60 seconds")),
        seconds => Ok(seconds.map(Duration::from_secs)),
    }
}

/// Labels for all, as short as tells them apart: the metric's name, with its dimensions' values, with its statistic.
fn label(queries: &[MetricQuery], looks: &mut [Look]) {
    let all: Vec<[String; 3]> = queries.iter().map(candidates).collect();
    for (at, look) in looks.iter_mut().enumerate() {
        let is_unique = |length: usize| all.iter().filter(|other| other[length] == all[at][length]).count() == 1;
        let length = (0..2).find(|length| is_unique(*length)).unwrap_or(2);
        look.label = queries[at].label.clone().unwrap_or_else(|| all[at][length].clone());
    }
}

fn candidates(query: &MetricQuery) -> [String; 3] {
    match &query.source {
        Source::Expression(text) => {
            let name = if query.id.starts_with('#') { text } else { &query.id };
            [name.clone(), name.clone(), name.clone()]
        }
        Source::Metric { metric: MetricName { name, dimensions, .. }, statistic, .. } => {
            let values: Vec<&str> = BTreeMap::values(dimensions).map(String::as_str).collect();
            let long = [&[name.as_str()], values.as_slice()].concat().join(" ");
            let longest = match statistic {
                Statistic::Percentile(percent) => format!("{long} p{percent}"),
                other => format!("{long} {other:?}"),
            };
            [name.clone(), long, longest]
        }
    }
}
