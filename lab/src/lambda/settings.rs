//! What the environments of one function have in common.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::metrics::Concurrency;
use super::seats::Seats;
use super::variables::Endpoints;
use crate::instruments::Instruments;
use crate::logs::Logs;
use crate::reaper::Reaper;
use crate::template::Function;

/// What a pool needs to start environments.
#[derive(Debug)]
pub(super) struct Settings {
    /// As the template has it.
    pub(super) function: Function,
    pub(super) binary: PathBuf,
    pub(super) endpoints: Endpoints,
    pub(super) logs: Logs,
    pub(super) instruments: Instruments,
    pub(super) concurrency: Concurrency,
    pub(super) reaper: Arc<Reaper>,
    /// What the account's functions without reserved concurrency share.
    pub(super) unreserved: Seats,
    /// One permit a process that initialises, over all functions of the stack.
    pub(super) start_slots: Arc<Semaphore>,
}
