//! What the service keeps, one trait an operation.

use crate::order::Order;
use crate::scenario::Behaviour;
use jiff::Timestamp;
use shared::budget::Budget;
use shared::idempotency::{ClaimId, Payload};
use std::error::Error;
use std::future::Future;

/// A charge that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Where it is kept: its idempotency key, hashed.
    pub id: ClaimId,
    /// The hash of what it is for: the same key with another order is no repetition.
    pub payload: Payload,
    /// What it is for.
    pub order: Order,
    /// When.
    pub at: Timestamp,
    /// What its caller is told, now and at every repetition.
    pub answer: String,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Charged {
    /// It is new: this is the one charge of its key.
    New,
    /// It was charged before, and this was the answer.
    Before(String),
    /// Something else was charged under its key.
    Other,
}

/// A charge in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it was for.
    pub order: Order,
    /// When, in RFC 3339.
    pub charged_at: String,
    /// How many requests had this key and this order, the first included.
    pub requests: u64,
}

/// The table gave no answer that counts.
#[derive(Debug, thiserror::Error)]
#[error("the finance table could not be {doing}")]
pub struct TableError {
    pub(crate) doing: &'static str,
    #[source]
    pub(crate) cause: Box<dyn Error + Send + Sync>,
}

/// Charges once a key.
pub trait Charges: Send + Sync + 'static {
    /// Charges, unless that is done.
    fn charge(&self, charge: &Charge, budget: &Budget) -> impl Future<Output = Result<Charged, TableError>> + Send;
}

/// Counts attempts, so that luck depends on the seed and not on the time.
pub trait Tries: Send + Sync + 'static {
    /// How many attempts there were before this one.
    fn count(&self, id: &ClaimId, budget: &Budget) -> impl Future<Output = Result<u32, TableError>> + Send;
}

/// Knows the scenario.
pub trait Scenes: Send + Sync + 'static {
    /// The one that is on.
    fn behaviour(&self, budget: &Budget) -> impl Future<Output = Result<Behaviour, TableError>> + Send;
}

/// Changes the scenario.
pub trait Directs: Send + Sync + 'static {
    /// Puts this one on.
    fn set(&self, behaviour: &Behaviour, budget: &Budget) -> impl Future<Output = Result<(), TableError>> + Send;
}

/// Looks into the ledger.
pub trait Ledger: Send + Sync + 'static {
    /// The charge of a key.
    fn entry(&self, id: &ClaimId, budget: &Budget) -> impl Future<Output = Result<Option<Entry>, TableError>> + Send;
    /// How many charges there are.
    fn total(&self, budget: &Budget) -> impl Future<Output = Result<u64, TableError>> + Send;
}
