//! Metrics, as lines of CloudWatch's embedded metric format (EMF) between those of the log.
//!
//! A request's values are collected by its [`Recorder`] and written once, before the response returns. A function that
//! serves no HTTP has one, too ([`crate::events`]); what cannot wait until the end is written at once with [`emit`]. What can be measured is a [`Metric`] of the catalogue.
//!
//! A line is one flat object: the identity of the log's lines, the values, and `_aws`, which says how to read them. It
//! is no log event: no level filter sees it, and it is JSON also where the log is text.

mod catalogue;
mod definition;
mod document;
mod recorder;
mod subject;
mod unit;

pub use catalogue::*;
pub use definition::Metric;
pub use recorder::{Recorder, emit};
pub use subject::{OfDependency, OfFault, OfRide, OfService, Subject};
pub use unit::{Count, Milliseconds, Unit};

pub(super) use document::Document;

#[cfg(test)]
mod tests;
