//! Lines across a chart: at a value, or at a time.

use jiff::Timestamp;

use super::fields::{DashboardError, Fields, error};

/// A line across a chart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Annotation {
    pub(super) label: Option<String>,
    pub(super) at: Place,
    pub(super) color: Option<String>,
}

/// Where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Place {
    Value(f64),
    Time(Timestamp),
}

/// The visible ones of a chart; of a band its two edges.
pub(super) fn annotations(chart: &Fields<'_>) -> Result<Vec<Annotation>, DashboardError> {
    let Some(value) = chart.get("annotations") else { return Ok(Vec::new()) };
    let fields = Fields::read(chart.path("annotations"), value, &["horizontal", "vertical"])?;
    let mut found = Vec::new();
    for (side, known) in [
        ("horizontal", ["value", "label", "color", "fill", "visible", "yAxis"].as_slice()),
        ("vertical", &["value", "label", "color", "fill", "visible"]),
    ] {
        for (path, value) in fields.array(side)? {
            let lines = match value.as_array().map(Vec::as_slice) {
                None => vec![value],
                Some([first, second]) => vec![first, second],
                Some(_) => return Err(error(path, "is a band without two edges")),
            };
            let lines = lines.into_iter().map(|line| Fields::read(path.clone(), line, known));
            let lines = lines.collect::<Result<Vec<_>, _>>()?;
            // A band says with its first edge whether it is visible.
            if lines[0].truth("visible", true)? {
                let color = lines[0].color()?;
                for line in &lines {
                    found.push(annotation(line, side == "vertical", color.clone())?);
                }
            }
        }
    }
    Ok(found)
}

fn annotation(fields: &Fields<'_>, is_vertical: bool, color: Option<String>) -> Result<Annotation, DashboardError> {
    let at = if is_vertical {
        let time = fields.needed_text("value")?.parse();
        Place::Time(time.map_err(|_| fields.error("value", "is no time such as 2018-08-28T15:25:26Z"))?)
    } else {
        fields.needed("value")?;
        Place::Value(fields.number("value")?.unwrap_or_default())
    };
    Ok(Annotation { label: fields.text("label")?.map(str::to_owned), at, color })
}
