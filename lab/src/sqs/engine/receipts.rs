//! What can be done with the receipt of a message: delete it, or change for how long it is invisible.

use super::handle::Handle;
use super::message::{Message, Millis, Place};
use super::settings::MAX_VISIBILITY;
use super::{Code, Engine, Event, SqsError};

impl Engine {
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
        if until.saturating_sub(since) > MAX_VISIBILITY {
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

    fn handle(&mut self, queue: &str, text: &str) -> Result<Handle, SqsError> {
        self.queue(queue)?;
        Handle::parse(text).filter(|handle| handle.queue == queue).ok_or_else(|| {
            let message = format!("The input receipt handle \"{text}\" is not a valid receipt handle.");
            SqsError::new(Code::ReceiptHandleIsInvalid, message)
        })
    }
}
