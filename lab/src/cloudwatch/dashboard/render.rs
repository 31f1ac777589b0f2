//! A page to the JSON that the console draws.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::annotation::{Annotation, Place};
use super::fields::{DashboardError, error};
use super::metrics::Lines;
use super::page::{Page, Widget};
use super::widget::Content;
use crate::cloudwatch::math::{self, Data};

/// The whole page.
pub(super) fn page(
    name: &str,
    page: &Page,
    data: &impl Data,
    from: Timestamp,
    to: Timestamp,
) -> Result<Value, DashboardError> {
    let widgets = page.widgets.iter().map(|drawn| widget(drawn, data, from, to));
    Ok(json!({ "name": name, "widgets": widgets.collect::<Result<Vec<_>, _>>()? }))
}

fn widget(widget: &Widget, data: &impl Data, from: Timestamp, to: Timestamp) -> Result<Value, DashboardError> {
    let Widget { x, y, width, height, content } = widget;
    let mut drawn = json!({
        "type": null, "x": x, "y": y, "width": width, "height": height, "title": null, "view": null, "stacked": false,
        "left_label": null, "right_label": null, "series": [], "annotations": [], "markdown": null, "alarms": [],
        "query": null,
    });
    match content {
        Content::Metric(chart) => {
            drawn["type"] = "metric".into();
            drawn["title"] = json!(chart.title);
            drawn["view"] = chart.view.into();
            drawn["stacked"] = chart.stacked.into();
            drawn["left_label"] = json!(chart.left_label);
            drawn["right_label"] = json!(chart.right_label);
            drawn["series"] = series(&chart.lines, data, from, to)?.into();
            drawn["annotations"] = chart.annotations.iter().map(annotation).collect();
        }
        Content::Text(markdown) => {
            drawn["type"] = "text".into();
            drawn["markdown"] = json!(markdown);
        }
        Content::Alarm { title, alarms } => {
            drawn["type"] = "alarm".into();
            drawn["title"] = json!(title);
            drawn["alarms"] = json!(alarms);
        }
        Content::Log { title, query, view } => {
            drawn["type"] = "log".into();
            drawn["title"] = json!(title);
            drawn["query"] = json!(query);
            drawn["view"] = json!(view);
        }
    }
    Ok(drawn)
}

/// The visible lines. Those of an array are labelled with the expression's label and the metric's.
fn series(lines: &Lines, data: &impl Data, from: Timestamp, to: Timestamp) -> Result<Vec<Value>, DashboardError> {
    let mut drawn = Vec::new();
    for (query, look) in lines.queries.iter().zip(&lines.looks).filter(|(_, look)| look.visible) {
        let computed = math::lines(&lines.queries, &query.id, data, from, to);
        for line in computed.map_err(|why| error(query.id.clone(), why.to_string()))? {
            let member = line.member.map(|id| label_of(lines, &id)).unwrap_or_default();
            let points: Vec<_> = line.points.iter().map(|(at, value)| json!([at.as_millisecond(), value])).collect();
            let label = format!("{} {member}", look.label);
            drawn.push(json!({ "label": label.trim(), "color": look.color, "axis": look.axis, "points": points }));
        }
    }
    Ok(drawn)
}

fn label_of(lines: &Lines, id: &str) -> String {
    let look = lines.queries.iter().zip(&lines.looks).find(|(query, _)| query.id == id);
    look.map(|(_, look)| look.label.clone()).unwrap_or_default()
}

fn annotation(annotation: &Annotation) -> Value {
    let (value, at_ms) = match annotation.at {
        Place::Value(value) => (Some(value), None),
        Place::Time(at) => (None, Some(at.as_millisecond())),
    };
    json!({ "label": annotation.label, "value": value, "at_ms": at_ms, "color": annotation.color })
}
