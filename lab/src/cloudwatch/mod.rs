//! CloudWatch: metrics in, statistics out.

pub mod alarms;
pub mod math;
mod period;
mod store;

pub use store::{Datum, Metrics};
