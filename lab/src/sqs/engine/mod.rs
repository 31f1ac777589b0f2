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
use disorder::Chance;
use handle::Handle;
use message::{Message, Place};
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
}

impl Engine {
    /// These queues, empty.
    pub fn new(queues: impl IntoIterator<Item = Settings>, seed: u64) -> Self {
        let queues = queues.into_iter().map(|settings| (settings.name.clone(), Queue::new(settings)));
        let random = fastrand::Rng::with_seed(seed);
        Self { queues: queues.collect(), tasks: Vec::new(), random, last: 0, told: Vec::new() }
    }

    /// Lets a queue deliver twice and out of order from now on.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn disturb(&mut self, queue: &str, disorder: Disorder) -> Result<(), SqsError> {
        self.queue(queue)?.chance = Chance::of(disorder);
        Ok(())
    }

    /// Sends a message; its id. `delay` takes the place of the queue's own.
    ///
    /// # Errors
    /// There is no such queue, or the message is longer than the queue takes.
    pub fn send(
        &mut self,
        now: Millis,
        queue: &str,
        content: Content,
        delay: Option<Millis>,
    ) -> Result<String, SqsError> {
        self.advance(now);
        let size = content.size();
        let settings = &self.queue(queue)?.settings;
        let (limit, delay) = (settings.maximum_message_size, delay.unwrap_or(settings.delay));
        if size > limit {
            let message =
                format!("One or more parameters are invalid. Reason: Message must be shorter than {limit} bytes.");
            return Err(SqsError::invalid(message));
        }
        self.used(now, queue);
        Ok(self.place(now, queue, Arc::new(content), delay))
    }

    /// Puts a new message into a queue that exists.
    fn place(&mut self, now: Millis, queue: &str, content: Arc<Content>, delay: Millis) -> String {
        let id = uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid().to_string();
        self.tell(queue, Event::Sent(content.size()));
        let number = self.number();
        let message = Message {
            id: id.clone(),
            content,
            enqueued: now,
            arrived: now,
            receives: 0,
            first_received: None,
            gave_up: None,
            order: 0,
            place: if delay == 0 { Place::Visible } else { Place::Delayed { until: now.saturating_add(delay) } },
            receipts: Vec::new(),
        };
        if let Some(queue) = self.queues.get_mut(queue) {
            queue.insert(number, message);
        }
        id
    }

    /// Hands out up to `most` messages, which stay invisible for `visibility` or the queue's own time. What has been received
    /// as often as the redrive policy allows goes to the dead-letter queue instead.
    ///
    /// # Errors
    /// There is no such queue, or [`MAX_IN_FLIGHT`] of its messages are in flight.
    pub fn receive(
        &mut self,
        now: Millis,
        name: &str,
        most: usize,
        visibility: Option<Millis>,
    ) -> Result<Vec<Received>, SqsError> {
        self.advance(now);
        self.used(now, name);
        let Settings { visibility_timeout, dead_letters, .. } = self.queue(name)?.settings.clone();
        let visibility = visibility.unwrap_or(visibility_timeout);
        let mut received = Vec::new();
        while received.len() < most {
            if let Some(again) = self.queue(name)?.repeat(now) {
                received.push(again);
                continue;
            }
            let queue = self.queue(name)?;
            let Some((number, receives)) = queue.next() else { break };
            // "When the ReceiveCount for a message exceeds the maxReceiveCount for a queue, Amazon SQS moves the message."
            // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
            if let Some((dead_letters, _)) = dead_letters.as_ref().filter(|(_, most)| receives >= *most) {
                if let Some(message) = queue.remove(number) {
                    self.give_up(now, name, dead_letters, message);
                }
                continue;
            }
            if queue.depth().in_flight >= MAX_IN_FLIGHT {
                if received.is_empty() {
                    return Err(SqsError::new(Code::OverLimit, "Too many messages in flight."));
                }
                break;
            }
            let receipt = self.number();
            received.extend(self.queue(name)?.hand_out(number, receipt, now, visibility));
        }
        if !received.is_empty() {
            self.tell(name, Event::Received(received.len()));
        }
        Ok(received)
    }

    /// Writes down that somebody asked, perhaps for a while, and got nothing.
    pub fn found_nothing(&mut self, queue: &str) {
        self.tell(queue, Event::Empty);
    }

    /// To the dead-letter queue. "The expiration of a message is always based on its original enqueue timestamp", which a
    /// standard queue's message keeps; its age in the metric is that since the move.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>
    ///
    /// Whether its receives go on counting is not documented. They begin anew: else its age would never be in the metric.
    fn give_up(&mut self, now: Millis, from: &str, to: &str, message: Message) {
        let number = self.number();
        let Some(queue) = self.queues.get_mut(to) else { return };
        queue.used = Some(now);
        let gave_up = Some(from.to_owned());
        let (place, receipts) = (Place::Visible, Vec::new());
        queue.insert(
            number,
            Message { arrived: now, receives: 0, first_received: None, gave_up, place, receipts, ..message },
        );
        // What is too old for it is gone at once.
        queue.advance(now);
        self.tell(to, Event::Came);
    }

    /// Deletes the message of a receipt. One that is gone, or was handed out again since, is no error: "the request
    /// succeeds, but the message might not be deleted", and here it is not.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html>
    ///
    /// # Errors
    /// There is no such queue, or the handle is none of its.
    pub fn delete(&mut self, now: Millis, queue: &str, handle: &str) -> Result<(), SqsError> {
        self.advance(now);
        self.used(now, queue);
        let handle = self.handle(queue, handle)?;
        let current = |message: &Message| message.receipts.contains(&handle.receipt);
        let entry = self.queue(queue)?;
        if entry.message(handle.message).is_some_and(current) {
            entry.remove(handle.message);
        }
        // "Every successful delete operation that uses a valid receipt handle, including duplicate deletions."
        self.tell(queue, Event::Deleted);
        Ok(())
    }

    /// Lets a message in flight become visible so many milliseconds from now.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>
    ///
    /// # Errors
    /// There is no such queue, the handle is none of its, the message is not in flight, or would be invisible for over twelve
    /// hours since it was received.
    pub fn change_visibility(
        &mut self,
        now: Millis,
        queue: &str,
        handle: &str,
        visibility: Millis,
    ) -> Result<(), SqsError> {
        self.advance(now);
        self.used(now, queue);
        let parsed = self.handle(queue, handle)?;
        let entry = self.queue(queue)?;
        let message = entry.message(parsed.message).filter(|message| message.receipts.contains(&parsed.receipt));
        let Some(message) = message else {
            return Err(SqsError::invalid(format!(
                "Value {handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change."
            )));
        };
        let Place::InFlight { since, .. } = message.place else {
            return Err(SqsError::new(Code::MessageNotInflight, "The specified message isn't in flight."));
        };
        let until = now.saturating_add(visibility);
        if until - since > MAX_VISIBILITY {
            return Err(SqsError::invalid(format!(
                "Value {} for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].",
                visibility / 1000
            )));
        }
        entry.hide_until(parsed.message, until);
        entry.advance(now);
        self.tell(queue, Event::Came);
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

    /// When a message of a queue becomes visible by itself.
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

    fn handle(&mut self, queue: &str, text: &str) -> Result<Handle, SqsError> {
        self.queue(queue)?;
        Handle::parse(text).filter(|handle| handle.queue == queue).ok_or_else(|| {
            let message = format!("The input receipt handle \"{text}\" is not a valid receipt handle.");
            SqsError::new(Code::ReceiptHandleIsInvalid, message)
        })
    }

    fn number(&mut self) -> u64 {
        self.last += 2;
        self.last
    }
}
