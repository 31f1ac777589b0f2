use crate::{FleetTable, ScanError};
use shared::budget::Budget;
use shared::kept::Kept;
use shared::ride::Unicorn;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An empty fleet is looked at again this soon: it is being seeded, or somebody is repairing it.
const PAUSE_WHEN_EMPTY: Duration = Duration::from_secs(1);
/// After a failure the next scan is not before this: a table in trouble must not be scanned by every request. This is
/// with an old fleet to go on with; without one, [`Kept`] asks sooner.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The fleet as it was read last.
#[derive(Debug)]
pub struct CachedFleet<T> {
    table: T,
    ttl: Duration,
    kept: Kept<Arc<[Unicorn]>>,
}

/// Why there is nobody to choose from.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoFleet {
    /// The table has no unicorns.
    #[error("the fleet is empty")]
    Empty,
    /// It has never been read. Why was logged when it was found out.
    #[error("the fleet has not been read")]
    Unread,
}

impl<T: FleetTable> CachedFleet<T> {
    /// A fleet that nobody has read yet.
    pub fn new(table: T, ttl: Duration) -> Self {
        Self { table, ttl, kept: Kept::new("fleet") }
    }

    /// The fleet: the kept one while it is fresh, else a new one, else the old one again. Never empty.
    ///
    /// # Errors
    /// The fleet is empty, or has never been read.
    pub async fn unicorns(&self, budget: &Budget) -> Result<Arc<[Unicorn]>, NoFleet> {
        self.unicorns_at(Instant::now(), budget).await
    }

    /// As [`CachedFleet::unicorns`], at this moment.
    ///
    /// # Errors
    /// The fleet is empty, or has never been read.
    pub async fn unicorns_at(&self, now: Instant, budget: &Budget) -> Result<Arc<[Unicorn]>, NoFleet> {
        let scan = async { self.table.scan(budget).await.map(Arc::<[Unicorn]>::from) };
        let pause = |result: &Result<Arc<[Unicorn]>, ScanError>| match result {
            Ok(unicorns) if unicorns.is_empty() => PAUSE_WHEN_EMPTY.min(self.ttl),
            Ok(_) => self.ttl,
            Err(_) => PAUSE_AFTER_FAILURE.min(self.ttl),
        };
        let unicorns = self.kept.get_at(now, scan, pause).await.ok_or(NoFleet::Unread)?;
        if unicorns.is_empty() { Err(NoFleet::Empty) } else { Ok(unicorns) }
    }
}

#[cfg(test)]
mod tests;
