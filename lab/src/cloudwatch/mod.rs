//! CloudWatch: metrics and log lines in; statistics, alarms and dashboards out.

pub mod alarms;
pub(crate) mod api;
pub mod dashboard;
mod distribution;
pub mod emf;
pub mod filter_pattern;
pub mod math;
pub mod metric_filter;
mod period;
mod room;
mod store;
mod summary;
mod unit;

pub use room::{CloudWatch, CloudWatchError};
pub use store::{Datum, Listed, Metrics};
pub use unit::unit;
