//! Receipt handles: which message of which queue, and which of its deliveries.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What stands in a handle. Nobody outside may read it: AWS's handles are opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handle {
    pub(super) queue: String,
    /// The message's number within the engine.
    pub(super) message: u64,
    /// The delivery's.
    pub(super) receipt: u64,
}

impl Handle {
    pub(super) fn print(&self) -> String {
        STANDARD.encode(format!("lab/{}/{}/{}", self.queue, self.message, self.receipt))
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        let mut parts = text.strip_prefix("lab/")?.split('/');
        let (queue, message, receipt) = (parts.next()?, parts.next()?, parts.next()?);
        let handle = Self { queue: queue.to_owned(), message: message.parse().ok()?, receipt: receipt.parse().ok()? };
        parts.next().is_none().then_some(handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_read_as_it_was_printed_and_nothing_else_is_one() {
        let handle = Handle { queue: "payments".to_owned(), message: 7, receipt: 9 };
        assert_eq!(Handle::parse(&handle.print()), Some(handle));
        for text in ["", "x", "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a", &STANDARD.encode("lab/q/1")] {
            assert_eq!(Handle::parse(text), None, "{text}");
        }
    }
}
