//! CloudWatch: metrics in, statistics out.

mod distribution;
pub mod math;
mod period;
mod store;
mod summary;
mod unit;

pub use store::{Datum, Listed, Metrics};
pub use unit::unit;
