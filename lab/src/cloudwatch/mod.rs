//! CloudWatch: metrics in, statistics out.

mod store;

pub use store::{Datum, Metrics};
