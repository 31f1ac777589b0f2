//! What a metric widget shows: its `metrics`, written out.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>

use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::shorthand;
use crate::template::watched::{MetricName, Source, Statistic};

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Graphed {
    /// `id`, by which expressions name it.
    pub id: Option<String>,
    /// `label`.
    pub label: Option<String>,
    /// `visible`: a line may stand there for expressions only.
    pub visible: bool,
    /// `color`: `#d62728`.
    pub color: Option<String>,
    /// `yAxis` is `right`.
    pub right: bool,
    /// `period`, else the widget's, else five minutes.
    pub period: Duration,
    /// Where its numbers come from.
    pub source: Source,
}

const OPTIONS: &[&str] = &["color", "expression", "id", "label", "period", "region", "stat", "visible", "yAxis"];

/// The lines of a metric widget, by its `properties`, with `.` and `...` (as in the line before) written out.
///
/// # Errors
/// What is wrong, and with which line, from 0.
pub fn graphed(properties: &Json) -> Result<Vec<Graphed>, String> {
    let empty = Vec::new();
    let lines = match &properties["metrics"] {
        Json::Array(lines) => lines,
        Json::Null => &empty,
        _ => return Err("metrics must be a list".to_owned()),
    };
    let mut before: Vec<String> = Vec::new();
    let mut graphed = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let line = self::line(line, &mut before, properties).map_err(|why| format!("metrics[{index}]: {why}"))?;
        graphed.push(line);
    }
    Ok(graphed)
}

fn line(line: &Json, before: &mut Vec<String>, widget: &Json) -> Result<Graphed, String> {
    let items = line.as_array().ok_or("must be a list")?;
    let nothing = Map::new();
    let (names, options) = match items.split_last() {
        Some((Json::Object(options), names)) => (names, options),
        _ => (items.as_slice(), &nothing),
    };
    if let Some(unknown) = options.keys().find(|key| !OPTIONS.contains(&key.as_str())) {
        return Err(format!("the lab does not know \"{unknown}\" of a line"));
    }
    let text = |key: &str| match options.get(key) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{key} must be a string")),
    };
    let period = match options.get("period").or_else(|| widget.get("period")) {
        None => 300,
        Some(seconds) => {
            let seconds = seconds
                .as_u64()
                .filter(|seconds| *seconds > 0 && seconds.is_multiple_of(60) && *seconds <= 86_400 * 30);
            seconds.ok_or("period must be a multiple of 60 seconds")?
        }
    };
    let source = match (text("expression")?, names) {
        (Some(expression), []) => Source::Expression(expression),
        (Some(_), _) => return Err("an expression stands alone".to_owned()),
        (None, names) => {
            let statistic = text("stat")?.or_else(|| Some(widget.get("stat")?.as_str()?.to_owned()));
            Source::Metric { metric: metric(names, before)?, statistic: named(statistic)?, unit: None }
        }
    };
    Ok(Graphed {
        id: text("id")?,
        label: text("label")?,
        visible: options.get("visible").and_then(Json::as_bool).unwrap_or(true),
        color: text("color")?,
        right: text("yAxis")?.as_deref() == Some("right"),
        period: Duration::from_secs(period),
        source,
    })
}

/// "The default is Average."
fn named(statistic: Option<String>) -> Result<Statistic, String> {
    let name = statistic.as_deref().unwrap_or("Average");
    Statistic::named(name).ok_or_else(|| format!("the lab knows no statistic \"{name}\""))
}

/// `[Namespace, MetricName, {DimensionName, DimensionValue} ...]`
fn metric(names: &[Json], before: &mut Vec<String>) -> Result<MetricName, String> {
    let names: Option<Vec<&str>> = names.iter().map(Json::as_str).collect();
    *before = shorthand::expand(&names.ok_or("a metric is named by strings")?, before)?;
    Ok(shorthand::metric(before)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dots_repeat_the_line_before() {
        let widget = json!({"stat": "Sum", "period": 60, "metrics": [
            ["AWS/Lambda", "Errors", "FunctionName", "a", {"label": "a"}],
            [".", ".", ".", "b"],
            [".", "Duration", ".", ".", {"stat": "p99", "yAxis": "right", "visible": false, "id": "d"}],
            ["...", "c"],
            [{"expression": "d*2", "label": "twice"}],
        ]});
        let lines = graphed(&widget).expect("a widget");
        let shown: Vec<String> = lines
            .iter()
            .map(|line| match &line.source {
                Source::Metric { metric, statistic, .. } => {
                    format!("{} {} {statistic:?}", metric.name, metric.dimensions["FunctionName"])
                }
                Source::Expression(text) => text.clone(),
            })
            .collect();
        assert_eq!(shown, ["Errors a Sum", "Errors b Sum", "Duration b Percentile(99.0)", "Duration c Sum", "d*2"]);
        assert!(lines[2].right && !lines[2].visible && lines[0].visible);
        assert_eq!((lines[0].period, lines[0].label.as_deref()), (Duration::from_secs(60), Some("a")));
    }

    #[test]
    fn a_line_that_names_no_metric_is_refused() {
        let check = |line: Json, expected: &str| {
            let error = graphed(&json!({ "metrics": [line] })).expect_err(expected);
            assert_eq!(error, format!("metrics[0]: {expected}"));
        };
        check(json!(["AWS/Lambda"]), "has no namespace and name");
        check(json!(["AWS/Lambda", "Errors", "FunctionName"]), "has a dimension without a value");
        check(json!([".", "Errors"]), "has a . with nothing above it");
        check(json!(["...", "Errors"]), "is longer than the row that ... repeats");
        check(json!(["A", "B", "C", "d", "C", "e"]), "has a dimension twice");
        check(json!(["A", "B", {"colour": "red"}]), "the lab does not know \"colour\" of a line");
        check(json!(["A", "B", {"stat": "tm99"}]), "the lab knows no statistic \"tm99\"");
    }
}
