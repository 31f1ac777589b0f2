//! `AWS::CloudWatch::Dashboard`: a body in JSON, whose widgets show what there is.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html>

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::emitted::Platform;
use super::expression::{self, Place};
use super::graphed::graphed;
use super::logs::check_log_group;
use crate::template::error::{TemplateError, did_you_mean};
use crate::template::intrinsics::Scope;
use crate::template::model::Stack;
use crate::template::properties::{Known, TAGS};
use crate::template::stack::Resolved;
use crate::template::watched::{Dashboard, Source};

const PROPERTIES: Known =
    Known { what: "AWS::CloudWatch::Dashboard", used: &["DashboardBody", "DashboardName"], without_effect: &[TAGS] };
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>
const WIDGET: &[&str] = &["height", "properties", "type", "width", "x", "y"];
const BODY: &[&str] = &["end", "periodOverride", "start", "widgets"];
const MAX_WIDGETS: usize = 500;
/// Columns of a dashboard.
const COLUMNS: u64 = 24;

pub(crate) fn read(item: &Resolved<'_>, stack: &Stack, scope: &Scope<'_>) -> Result<Dashboard, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let name = item.physical_name(scope)?;
    if !(1..=255).contains(&name.len())
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    {
        let at = node.get("DashboardName").unwrap_or(node);
        return Err(at.error(format!("\"{name}\" is no dashboard name: 1 to 255 letters, digits, - and _")));
    }
    let body_node = node.require("DashboardBody")?;
    let text = body_node.text()?;
    let body = serde_json::from_str(&text).map_err(|error| {
        let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default().trim();
        let line: String = line.chars().take(120).collect();
        body_node.error(format!("is no JSON: {error} of the body: {line}"))
    })?;
    check(&body, stack).map_err(|message| body_node.error(message))?;
    Ok(Dashboard { logical_id: item.id.to_owned(), name, body })
}

fn check(body: &Json, stack: &Stack) -> Result<(), String> {
    only(body, BODY, "a dashboard")?;
    let widgets = body["widgets"].as_array().ok_or("has no list of widgets")?;
    if widgets.len() > MAX_WIDGETS {
        return Err(format!("{} widgets, and CloudWatch allows {MAX_WIDGETS}", widgets.len()));
    }
    for (index, widget) in widgets.iter().enumerate() {
        let title = widget["properties"]["title"].as_str().map(|title| format!(" \"{title}\"")).unwrap_or_default();
        self::widget(widget, stack).map_err(|message| format!("widgets[{index}]{title}: {message}"))?;
    }
    Ok(())
}

fn widget(widget: &Json, stack: &Stack) -> Result<(), String> {
    only(widget, WIDGET, "a widget")?;
    let number = |key: &str, least: u64, most: u64| match &widget[key] {
        Json::Null => Ok(least),
        value => value
            .as_u64()
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| format!("{key} must be from {least} to {most}")),
    };
    let (x, width) = (number("x", 0, COLUMNS - 1)?, number("width", 1, COLUMNS)?);
    number("y", 0, u64::MAX)?;
    number("height", 1, 1000)?;
    if x + width > COLUMNS {
        return Err(format!("{width} columns from {x} on are more than {COLUMNS}"));
    }
    let properties = &widget["properties"];
    match widget["type"].as_str() {
        Some("text") if properties["markdown"].is_string() => Ok(()),
        Some("text") => Err("a text has a markdown".to_owned()),
        Some("alarm") => alarms(properties, &["alarms"], stack),
        Some("metric") => {
            if properties["annotations"]["alarms"].is_array() {
                alarms(&properties["annotations"], &["alarms"], stack)?;
            }
            if !properties["region"].is_string() {
                return Err("a metric widget names its region".to_owned());
            }
            metrics(properties, stack)
        }
        Some("log") => log(properties, stack),
        Some(other) => Err(format!("the lab draws no widget of the type {other}: alarm, log, metric, text")),
        None => Err("has no type".to_owned()),
    }
}

/// ARNs of alarms.
fn alarms(node: &Json, way: &[&str], stack: &Stack) -> Result<(), String> {
    let list = way.iter().fold(node, |node, key| &node[*key]).as_array();
    for alarm in list.ok_or("has no list of alarms")? {
        let arn = alarm.as_str().ok_or("an alarm is named by its ARN")?;
        let known = || {
            let plain = stack.alarms.values().map(|alarm| alarm.arn.as_str());
            plain.chain(stack.composite_alarms.values().map(|alarm| alarm.arn.as_str()))
        };
        if !known().any(|known| known == arn) {
            return Err(format!("\"{arn}\" is no alarm of this template{}", did_you_mean(arn, known())));
        }
    }
    Ok(())
}

fn metrics(properties: &Json, stack: &Stack) -> Result<(), String> {
    let lines = graphed(properties)?;
    let mut ids = BTreeSet::new();
    for (index, id) in lines.iter().enumerate().filter_map(|(index, line)| Some((index, line.id.as_deref()?))) {
        if !expression::is_id(id) {
            return Err(format!("metrics[{index}]: \"{id}\" is no id: a small letter, then letters, digits and _"));
        }
        if !ids.insert(id) {
            return Err(format!("metrics[{index}]: the id {id} stands there twice"));
        }
    }
    let platform = Platform::of(stack);
    for (index, line) in lines.iter().enumerate() {
        let at = |message: String| format!("metrics[{index}]: {message}");
        match &line.source {
            Source::Metric { metric, .. } => match platform.emitted(metric) {
                Err(missing) if !missing.by_choice => {
                    return Err(at(format!("{}: the line would stay empty", missing.message)));
                }
                Err(_) | Ok(_) => {}
            },
            Source::Expression(text) => {
                let named = expression::ids(text, Place::Dashboard).map_err(at)?;
                if let Some(unknown) = named.iter().find(|id| !ids.contains(id.as_str())) {
                    return Err(at(format!("there is no line {unknown}")));
                }
            }
        }
    }
    Ok(())
}

/// A query begins with its log groups: `SOURCE '/aws/lambda/a' | SOURCE '/aws/lambda/b' | ...`.
fn log(properties: &Json, stack: &Stack) -> Result<(), String> {
    let query = properties["query"].as_str().ok_or("a log widget has a query")?;
    let mut sources = 0;
    for part in query.split('|').map(str::trim) {
        let Some(group) = part.strip_prefix("SOURCE") else { break };
        check_log_group(group.trim().trim_matches(['\'', '"']), stack)?;
        sources += 1;
    }
    if sources == 0 { Err("the query names no log group with SOURCE".to_owned()) } else { Ok(()) }
}

fn only(node: &Json, known: &[&str], what: &str) -> Result<(), String> {
    let object = node.as_object().ok_or_else(|| format!("{what} must be an object"))?;
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(format!("the lab does not know \"{unknown}\" of {what}")),
        None => Ok(()),
    }
}
