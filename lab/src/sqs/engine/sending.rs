//! How messages come into a queue.

use std::sync::Arc;

use super::message::{Content, Message, Millis, Place};
use super::{Engine, Event, SqsError};

impl Engine {
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
    pub(super) fn place(&mut self, now: Millis, queue: &str, content: Arc<Content>, delay: Millis) -> String {
        let id = uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid().to_string();
        self.tell(queue, Event::Sent(content.size()));
        let number = self.number();
        let message = Message {
            id: id.clone(),
            content,
            enqueued: now,
            arrived: now,
            receives: 0,
            receives_here: 0,
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
}
