//! Standard queues as a state machine: the clock and all randomness come from outside, so that a test covers four days of
//! retention in a millisecond, and the same seed gives the same identifiers.
//!
//! Nothing here waits and nothing knows of HTTP, permissions or metrics. What CloudWatch is to be told is put aside
//! ([`Engine::told`]) for whoever runs the engine.

mod disorder;
mod handle;
mod message;
mod moves;
mod queue;
mod receipts;
mod receiving;
mod sending;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use disorder::Disorder;
pub use message::{Attribute, Content, Millis, Received, Value};
pub use moves::{MoveTask, Status};
pub use queue::Depth;
pub use settings::{MAX_IN_FLIGHT, MAX_SIZE, MAX_VISIBILITY, Settings};

use super::error::{Code, SqsError};
use queue::Queue;

/// "Can't be purged more than once every 60 seconds."
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html>
const BETWEEN_PURGES: Millis = 60_000;

/// Something that happened to a queue, for its metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The queue's name.
    pub queue: String,
    /// What.
    pub what: Event,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A message of so many bytes was sent.
    Sent(usize),
    /// So many messages were handed out.
    Received(usize),
    /// A message came by another way, or comes at another time than it would have.
    Came,
    /// A receive found nothing.
    Empty,
    /// A message was deleted.
    Deleted,
}

/// All queues of an account in a region.
#[derive(Debug)]
pub struct Engine {
    queues: BTreeMap<String, Queue>,
    tasks: Vec<MoveTask>,
    random: fastrand::Rng,
    /// Numbers messages, and their deliveries by twos.
    last: u64,
    told: Vec<Told>,
    /// The latest moment that there was.
    now: Millis,
}

impl Engine {
    /// These queues, empty.
    pub fn new(queues: impl IntoIterator<Item = Settings>, seed: u64) -> Self {
        let queues = queues.into_iter().map(|settings| (settings.name.clone(), Queue::new(settings)));
        let random = fastrand::Rng::with_seed(seed);
        Self { queues: queues.collect(), tasks: Vec::new(), random, last: 0, told: Vec::new(), now: 0 }
    }

    /// Lets a queue deliver twice and out of order from now on. What an earlier disorder has drawn is called off.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn disturb(&mut self, queue: &str, disorder: Disorder) -> Result<(), SqsError> {
        self.queue(queue)?.disturb(disorder);
        Ok(())
    }

    /// Throws a queue's messages away.
    ///
    /// # Errors
    /// There is no such queue, or it was purged less than a minute ago.
    pub fn purge(&mut self, now: Millis, queue: &str) -> Result<(), SqsError> {
        self.used(now, queue);
        let entry = self.queue(queue)?;
        if entry.purged.is_some_and(|before| now.saturating_sub(before) < BETWEEN_PURGES) {
            let message = format!("Only one PurgeQueue operation on {queue} is allowed every 60 seconds.");
            return Err(SqsError::new(Code::PurgeQueueInProgress, message));
        }
        entry.purge(now);
        Ok(())
    }

    /// This moment, or the latest one that there was, should the machine's clock have been set back: then no time passes here until
    /// the clock has caught up, and nothing that was in flight is so for longer than twelve hours.
    pub fn not_before(&mut self, now: Millis) -> Millis {
        self.now = self.now.max(now);
        self.now
    }

    /// Lets time pass for every queue and every task.
    pub fn advance(&mut self, now: Millis) {
        self.queues.values_mut().for_each(|queue| queue.advance(now));
        self.advance_moves(now);
    }

    /// How many messages a queue has now.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn depth(&mut self, now: Millis, queue: &str) -> Result<Depth, SqsError> {
        self.advance(now);
        Ok(self.queue(queue)?.depth())
    }

    /// The age of a queue's oldest message as the metric has it; none where no message counts.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn oldest_age(&mut self, now: Millis, queue: &str) -> Result<Option<Millis>, SqsError> {
        self.advance(now);
        Ok(self.queue(queue)?.oldest_age(now))
    }

    /// What a queue's messages say, by the order in which they came, whether they are visible or not.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn contents(&mut self, now: Millis, queue: &str) -> Result<Vec<Arc<Content>>, SqsError> {
        self.advance(now);
        Ok(self.queue(queue)?.messages().map(|message| message.content.clone()).collect())
    }

    /// When a queue was last used.
    pub fn last_used(&self, queue: &str) -> Option<Millis> {
        self.queues.get(queue)?.used
    }

    /// When a message of a queue can be received that cannot be now, or is delivered a second time.
    pub fn due(&self, queue: &str) -> Option<Millis> {
        self.queues.get(queue)?.due()
    }

    /// A queue's settings.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn settings(&mut self, queue: &str) -> Result<Settings, SqsError> {
        Ok(self.queue(queue)?.settings.clone())
    }

    /// Names of all queues.
    pub fn names(&self) -> Vec<String> {
        self.queues.keys().cloned().collect()
    }

    /// What has happened since this was asked last.
    pub fn told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    fn tell(&mut self, queue: &str, what: Event) {
        self.told.push(Told { queue: queue.to_owned(), what });
    }

    /// "Active [...] if any action accesses it": also one that is refused.
    fn used(&mut self, now: Millis, queue: &str) {
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.used = Some(now);
        }
    }

    fn queue(&mut self, name: &str) -> Result<&mut Queue, SqsError> {
        self.queues.get_mut(name).ok_or_else(SqsError::no_such_queue)
    }

    fn number(&mut self) -> u64 {
        self.last += 2;
        self.last
    }
}
