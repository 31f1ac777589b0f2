//! What this service asks of others, one trait an operation.

use jiff::Timestamp;
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::payments::counts::{Bin, Counts};
use shared::payments::{Change, Changed, Job, Payment, Status};
use shared::ride::{RequestTime, RideId};
use std::error::Error;
use std::future::Future;

/// Something did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StoreError {
    what: &'static str,
    #[source]
    cause: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// `what` says what could not be done, for the log.
    pub fn new(what: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what, cause: cause.into() }
    }
}

/// A place in the payments of one status, by the time they were placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When that payment was placed.
    pub placed_at: RequestTime,
    /// Its ride.
    pub ride_id: RideId,
}

/// Which payments come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum First {
    /// The oldest.
    Oldest,
    /// The newest.
    Newest,
}

/// Some payments of one status, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// The payments.
    pub payments: Vec<Payment>,
    /// Where to go on; nothing at the end.
    pub next: Option<Position>,
}

/// Payments by status.
pub trait Lists: Send + Sync + 'static {
    /// At most `limit` payments of a status, those after a place, or the first ones.
    fn list(
        &self,
        status: Status,
        first: First,
        after: Option<Position>,
        limit: usize,
        budget: &Budget,
    ) -> impl Future<Output = Result<Slice, StoreError>> + Send;
}

/// One payment.
pub trait Finds: Send + Sync + 'static {
    /// The payment of a ride, as it is now.
    fn find(&self, ride: RideId, budget: &Budget) -> impl Future<Output = Result<Option<Payment>, StoreError>> + Send;
}

/// How many payments there are, without reading them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of all time.
    pub total: Counts,
    /// Of ten minutes each, as they were asked for, with the counts of each minute.
    pub bins: Vec<(Counts, [Counts; 10])>,
}

/// The counts.
pub trait Tallies: Send + Sync + 'static {
    /// The counts of all time and of these bins, at most 15.
    fn tally(&self, bins: &[Bin], budget: &Budget) -> impl Future<Output = Result<Numbers, StoreError>> + Send;
}

/// Changes a payment with its counts.
pub trait Changes: Send + Sync + 'static {
    /// Makes a change, whole or not at all.
    fn change(&self, change: &Change, budget: &Budget) -> impl Future<Output = Result<Changed, StoreError>> + Send;
}

/// Puts jobs into the queue.
pub trait Sends: Send + Sync + 'static {
    /// Sends one.
    fn send(&self, job: &Job, budget: &Budget) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// A message that was tried too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it says.
    pub body: String,
    /// What to show to discard it.
    pub receipt: String,
}

/// Takes dead letters.
pub trait Takes: Send + Sync + 'static {
    /// Up to `most` of them, which nobody else sees for a while; none when there are none.
    fn take(&self, most: usize, budget: &Budget) -> impl Future<Output = Result<Vec<Letter>, StoreError>> + Send;
}

/// Discards dead letters.
pub trait Discards: Send + Sync + 'static {
    /// Deletes one that was taken.
    fn discard(&self, letter: &Letter, budget: &Budget) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Which faults are injected on purpose.
pub trait Watches: Send + Sync + 'static {
    /// Their names; nothing when nobody knows.
    fn faults(&self, budget: &Budget) -> impl Future<Output = Option<Vec<&'static str>>> + Send;
}

/// An alarm that is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// Its name within the stage.
    pub name: String,
    /// Whether it pages somebody; else it is a ticket.
    pub page: bool,
    /// What it means, in a few words.
    pub meaning: String,
    /// Since when.
    pub since: Timestamp,
}

/// Which alarms are on.
pub trait Rings: Send + Sync + 'static {
    /// All of them, the most urgent first; nothing when nobody knows.
    fn ringing(&self, context: &RequestContext) -> impl Future<Output = Option<Vec<Alarm>>> + Send;
}

/// An instant as the tables and the answers write it.
pub(crate) fn written(at: Timestamp) -> String {
    RequestTime::from(at).to_string()
}
