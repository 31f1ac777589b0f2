//! What a widget shows, by its type.

use super::annotation::{Annotation, annotations};
use super::fields::{DashboardError, Fields};
use super::metrics::{Lines, lines};

/// What a widget shows.
#[derive(Debug)]
pub(super) enum Content {
    Metric(Chart),
    /// Markdown.
    Text(String),
    /// Names of alarms.
    Alarm {
        title: Option<String>,
        alarms: Vec<String>,
    },
    /// A query of Logs Insights.
    Log {
        title: Option<String>,
        query: String,
        view: &'static str,
    },
}

/// A widget of metrics.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) title: Option<String>,
    pub(super) view: &'static str,
    pub(super) stacked: bool,
    pub(super) left_label: Option<String>,
    pub(super) right_label: Option<String>,
    pub(super) lines: Lines,
    pub(super) annotations: Vec<Annotation>,
}

/// Those of a metric widget. Without effect in the lab: the region, which is its own; `liveData`, since all data is; `legend`,
/// `sparkline`, `timezone` and `table`, which are the page's business.
const METRIC: [&str; 14] = [
    "metrics",
    "annotations",
    "period",
    "stat",
    "title",
    "view",
    "stacked",
    "yAxis",
    "region",
    "liveData",
    "legend",
    "sparkline",
    "timezone",
    "table",
];

impl Content {
    /// Reads the properties of a widget.
    pub(super) fn read(widget: &Fields<'_>) -> Result<Self, DashboardError> {
        let properties = |known: &[&str]| Fields::read(widget.path("properties"), widget.needed("properties")?, known);
        match widget.needed_text("type")? {
            "metric" => Chart::read(&properties(&METRIC)?).map(Self::Metric),
            "text" => {
                let fields = properties(&["markdown", "background"])?;
                fields.choice("background", &["solid", "transparent"])?;
                Ok(Self::Text(fields.needed_text("markdown")?.to_owned()))
            }
            "alarm" => {
                let fields = properties(&["alarms", "title", "sortBy"])?;
                fields.choice("sortBy", &["default", "stateUpdatedTimestamp", "timestamp"])?;
                Ok(Self::Alarm { title: title(&fields)?, alarms: alarms(&fields)? })
            }
            "log" => {
                let fields = properties(&["query", "region", "title", "view", "stacked"])?;
                fields.needed_text("region")?;
                let view = fields.choice("view", &["table", "timeSeries", "bar", "pie"])?;
                Ok(Self::Log { title: title(&fields)?, query: fields.needed_text("query")?.to_owned(), view })
            }
            other => Err(widget.error("type", format!("{other:?} is not known to the lab"))),
        }
    }
}

impl Chart {
    fn read(fields: &Fields<'_>) -> Result<Self, DashboardError> {
        fields.needed_text("region")?;
        if fields.get("metrics").is_none() {
            return Err(fields.error("metrics", "is missing: the lab draws no chart of an alarm"));
        }
        let view = fields.choice("view", &["timeSeries", "singleValue", "gauge", "bar", "pie", "table"])?;
        let axes =
            fields.get("yAxis").map(|axes| Fields::read(fields.path("yAxis"), axes, &["left", "right"])).transpose()?;
        let label = |side| axes.as_ref().map_or(Ok(None), |axes| axis_label(axes, side));
        Ok(Self {
            title: title(fields)?,
            view,
            stacked: fields.truth("stacked", false)?,
            left_label: label("left")?,
            right_label: label("right")?,
            lines: lines(fields)?,
            annotations: annotations(fields)?,
        })
    }
}

fn title(fields: &Fields<'_>) -> Result<Option<String>, DashboardError> {
    Ok(fields.text("title")?.map(str::to_owned))
}

/// The label of an axis. Its bounds and units are the page's business.
fn axis_label(axes: &Fields<'_>, side: &str) -> Result<Option<String>, DashboardError> {
    let Some(axis) = axes.get(side) else { return Ok(None) };
    let fields = Fields::read(axes.path(side), axis, &["label", "min", "max", "showUnits"])?;
    fields.number("min")?;
    fields.number("max")?;
    fields.truth("showUnits", true)?;
    Ok(fields.text("label")?.map(str::to_owned))
}

/// The names in `arn:aws:cloudwatch:region:account:alarm:name`.
fn alarms(fields: &Fields<'_>) -> Result<Vec<String>, DashboardError> {
    fields.needed("alarms")?;
    let alarms = fields.array("alarms")?;
    if !(1..=100).contains(&alarms.len()) {
        return Err(fields.error("alarms", "are not from 1 to 100"));
    }
    let name = |(path, arn): (String, &serde_json::Value)| {
        let name = arn.as_str().and_then(|arn| arn.strip_prefix("arn:")?.split_once(":alarm:"));
        name.map(|(_, name)| name.to_owned()).ok_or_else(|| super::fields::error(path, "is no ARN of an alarm"))
    };
    alarms.into_iter().map(name).collect()
}
