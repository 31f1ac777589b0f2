//! Alarms as CloudWatch evaluates them.
//!
//! Pure: the clock and the numbers are parameters, and state changes only in [`Alarms::evaluate`].
//!
//! - <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>
//! - <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>
//! - <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html>

mod composite;
mod data;
mod engine;
mod error;
mod judge;
mod metric;
mod notice;
mod order;
mod reason;
mod rule;
mod rule_parser;
mod samples;
mod snapshot;
mod state;
mod status;
mod suppression;
#[cfg(test)]
mod tests;
mod valid;
mod windows;
mod words;

pub use data::Data;
pub use engine::Alarms;
pub use error::AlarmError;
pub use notice::Notice;
pub use rule::RuleError;
pub use snapshot::{AlarmKind, AlarmSnapshot, Snapshot, Standing, Urgency};
pub use state::State;
pub use status::Transition;
