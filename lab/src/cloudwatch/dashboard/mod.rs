//! Dashboards: the JSON of the template, read and drawn with the lab's data.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>. What the
//! lab does not draw is an error that names it.

mod annotation;
mod fields;
mod metrics;
mod page;
mod render;
#[cfg(test)]
mod tests;
mod widget;

use jiff::Timestamp;
use serde_json::Value;

pub use fields::DashboardError;
use page::Page;

use super::math::Data;
use crate::template::Dashboard;

/// Whether a dashboard's body can be drawn; needs no data.
///
/// # Errors
/// What in it is not valid, or not known to the lab.
pub fn check(body: &Value) -> Result<(), DashboardError> {
    Page::read(body).map(drop)
}

/// A dashboard with its data of `from..to`: `{"name", "widgets": [...]}`. Times are milliseconds since 1970.
///
/// # Errors
/// As those of [`check`].
pub fn render(
    dashboard: &Dashboard,
    data: &impl Data,
    from: Timestamp,
    to: Timestamp,
) -> Result<Value, DashboardError> {
    render::page(&dashboard.name, &Page::read(&dashboard.body)?, data, from, to)
}
