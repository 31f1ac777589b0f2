//! How messages are handed out, and given up.

use super::message::{Message, Millis, Place, Received};
use super::settings::{MAX_IN_FLIGHT, Settings};
use super::{Code, Engine, Event, SqsError};

impl Engine {
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
    /// Its receives go on counting, which AWS does not document and people have seen
    /// (<https://github.com/localstack/localstack/pull/10425>). The queue itself counts anew: else a dead-letter queue with a redrive
    /// policy of its own would pass it on untouched (<https://github.com/localstack/localstack/issues/5225>), and its age, which
    /// "resets", would never be in the metric.
    fn give_up(&mut self, now: Millis, from: &str, to: &str, message: Message) {
        let number = self.number();
        let Some(queue) = self.queues.get_mut(to) else { return };
        queue.used = Some(now);
        let gave_up = Some(from.to_owned());
        let (place, receipts) = (Place::Visible, Vec::new());
        queue.insert(number, Message { arrived: now, receives_here: 0, gave_up, place, receipts, ..message });
        // What is too old for it is gone at once.
        queue.advance(now);
        self.tell(to, Event::Came);
    }
}
