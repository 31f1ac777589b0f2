use crate::{FleetTable, ScanError};
use shared::budget::Budget;
use shared::ride::Unicorn;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// An empty fleet is looked at again this soon: it is being seeded, or somebody is repairing it.
const PAUSE_WHEN_EMPTY: Duration = Duration::from_secs(1);
/// After a failure the next scan is not before this: a table in trouble must not be scanned by every request.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The fleet as it was read last.
#[derive(Debug)]
pub struct CachedFleet<T> {
    table: T,
    ttl: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    unicorns: Option<Arc<[Unicorn]>>,
    next_scan: Option<Instant>,
    failing: bool,
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
        Self { table, ttl, state: Mutex::default() }
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
        // Held across the scan: of several requests that find the fleet old, one scans and the others wait for it.
        let mut state = self.state.lock().await;
        if state.next_scan.is_none_or(|next| now >= next) {
            let result = self.table.scan(budget).await;
            let pause = match &result {
                Ok(unicorns) if unicorns.is_empty() => PAUSE_WHEN_EMPTY,
                Ok(_) => self.ttl,
                Err(_) => PAUSE_AFTER_FAILURE,
            };
            state.next_scan = Some(now + pause.min(self.ttl));
            tell(&result, state.failing);
            state.failing = result.is_err();
            if let Ok(unicorns) = result {
                state.unicorns = Some(unicorns.into());
            }
        }
        let unicorns = state.unicorns.clone().ok_or(NoFleet::Unread)?;
        if unicorns.is_empty() { Err(NoFleet::Empty) } else { Ok(unicorns) }
    }
}

/// Logs the first failure of a streak and its end, not what is in between.
fn tell(result: &Result<Vec<Unicorn>, ScanError>, failing: bool) {
    match result {
        Err(error) if !failing => {
            tracing::warn!(error = error as &dyn std::error::Error, "fleet could not be read; an old one is kept");
        }
        Ok(_) if failing => tracing::info!("fleet could be read again"),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
