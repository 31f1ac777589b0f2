//! CloudWatch: metrics in, statistics out.

pub mod alarms;
pub mod dashboard;
mod distribution;
pub mod emf;
pub mod filter_pattern;
pub mod math;
pub mod metric_filter;
mod period;
mod store;
mod summary;
mod unit;

pub use store::{Datum, Listed, Metrics};
pub use unit::unit;
