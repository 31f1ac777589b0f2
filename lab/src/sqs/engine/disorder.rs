//! What a standard queue may do and seldom does: deliver twice, and out of order.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/standard-queues-at-least-once-delivery.html>

use serde::{Deserialize, Serialize};

use super::message::Millis;

/// How often a queue does so, on purpose. The same seed and the same calls give the same disorder.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Disorder {
    /// Share of deliveries, 0 to 1, that are repeated though the message is in flight or deleted.
    pub duplicates: f64,
    /// Share of messages, 0 to 1, that can be received up to two seconds later than they could, so that others overtake them.
    pub reordering: f64,
    /// Seed.
    pub seed: u64,
}

/// A second delivery comes within so many milliseconds: often while the first is worked on, often after its delete.
const SECOND_WITHIN: Millis = 2_000;

/// A message is late by at most so many milliseconds. By time, not by places in line: a queue that is worked off as fast as it
/// fills has no line.
const LATE_WITHIN: Millis = 2_000;

/// The switch as a queue holds it.
#[derive(Debug, Clone, Default)]
pub(super) struct Chance(Option<(Disorder, fastrand::Rng)>);

impl Chance {
    pub(super) fn of(disorder: Disorder) -> Self {
        let quiet = disorder.duplicates <= 0.0 && disorder.reordering <= 0.0;
        let random = fastrand::Rng::with_seed(disorder.seed);
        Self((!quiet).then_some((disorder, random)))
    }

    /// After how long this delivery is repeated, if it is.
    pub(super) fn repeats_after(&mut self) -> Option<Millis> {
        let (disorder, random) = self.0.as_mut()?;
        (random.f64() < disorder.duplicates).then(|| random.u64(0..=SECOND_WITHIN))
    }

    /// By how much a message that has just come is late, if it is.
    pub(super) fn late_by(&mut self) -> Option<Millis> {
        let (disorder, random) = self.0.as_mut()?;
        (random.f64() < disorder.reordering).then(|| random.u64(1..=LATE_WITHIN))
    }
}
