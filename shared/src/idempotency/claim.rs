use super::{Booking, ClaimId, Payload};
use crate::budget::Budget;
use std::future::Future;
use uuid::Uuid;

/// What is kept about one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose key.
    pub id: ClaimId,
    /// What was asked for.
    pub payload: Payload,
    /// The ride, chosen by the first caller and by nobody after.
    pub booking: Booking,
    /// Who works on it, or did last.
    pub holder: Holder,
    /// How far it is.
    pub status: Status,
    /// From when on the key is free again, in seconds since the Unix epoch.
    pub expires_at: u64,
}

/// How far a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Somebody works on it, or died over it.
    InProgress {
        /// From when on somebody else may go on, in seconds since the Unix epoch.
        until: u64,
    },
    /// The ride is stored.
    Completed,
}

/// One caller at work. Every caller is a new one, so that a claim is told from another's, and from one of our own
/// whose answer was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder(String);

impl Holder {
    /// A holder unlike all others.
    pub(super) fn unique() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// A holder that was kept.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// The holder as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What must be true of the claim that is there, for another to take its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There is none, or it has expired by now.
    Free {
        /// In seconds since the Unix epoch.
        now: u64,
    },
    /// It is in progress and this holder's.
    HeldBy(Holder),
    /// It is of the same ride, and expires no later: a write that comes late must not make a key free too early.
    SameRide,
}

/// What became of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is done.
    Done,
    /// The condition was not met by this claim, or by there being none.
    InTheWay(Option<Box<Claim>>),
}

/// Where claims are kept. A write is one step that happens wholly or not at all.
pub trait Claims: Send + Sync + 'static {
    /// Why it is not known what became of a claim.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Writes a claim in place of the one that is there, if the condition is met. After an error it may be written.
    fn put(
        &self,
        claim: &Claim,
        condition: &Condition,
        budget: &Budget,
    ) -> impl Future<Output = Result<Put, Self::Error>> + Send;

    /// The claim that is there, as of the last write. It may have expired.
    fn get(&self, id: &ClaimId, budget: &Budget) -> impl Future<Output = Result<Option<Claim>, Self::Error>> + Send;
}
