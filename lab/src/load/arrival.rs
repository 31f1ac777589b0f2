//! One arrival.

use std::time::Duration;

/// A rider who comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Number of the rider, from 0.
    pub index: u64,
    /// When, counted from the run's beginning.
    pub at: Duration,
    /// Number of the phase, from 0.
    pub phase: usize,
    /// Number of the scenario that this rider follows, from 0.
    pub scenario: usize,
}
