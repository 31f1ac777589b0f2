//! Claims in memory, by the same rules as the table's.

pub(crate) mod rows;

use rows::Rows;
use shared::budget::Budget;
use shared::idempotency::{Claim, ClaimId, Claims, Condition, Put};
use std::sync::{Arc, Mutex};

/// The table is gone.
#[derive(Debug, thiserror::Error)]
#[error("the table does not answer")]
pub(crate) struct Gone;

/// A table that works, or does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) rows: Arc<Mutex<Rows>>,
    /// Every write, its condition, and whether it was done.
    pub(crate) writes: Arc<Mutex<Vec<(Claim, Condition, bool)>>>,
    /// The write, from 0, from which on nothing works.
    pub(crate) gone_from: Option<usize>,
}

impl Memory {
    fn is_gone(&self) -> bool {
        self.gone_from.is_some_and(|from| self.writes.lock().expect("no poison").len() >= from)
    }
}

impl Claims for Memory {
    type Error = Gone;

    async fn put(&self, claim: &Claim, condition: &Condition, _: &Budget) -> Result<Put, Gone> {
        if self.is_gone() {
            return Err(Gone);
        }
        let put = self.rows.lock().expect("no poison").put(claim, condition);
        self.writes.lock().expect("no poison").push((claim.clone(), condition.clone(), put == Put::Done));
        Ok(put)
    }

    async fn get(&self, id: &ClaimId, _: &Budget) -> Result<Option<Claim>, Gone> {
        if self.is_gone() {
            return Err(Gone);
        }
        Ok(self.rows.lock().expect("no poison").0.get(id.as_str()).cloned())
    }
}
