//! How a queue is set up.

use super::message::Millis;

/// Most bytes of a message, and of all messages of one batch: 1 MiB, since August 2025.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
pub const MAX_SIZE: usize = 1_048_576;

/// Most messages of a standard queue in flight, "approximately".
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html>
pub const MAX_IN_FLIGHT: usize = 120_000;

/// A message is invisible for at most twelve hours from the moment it was received.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html>
pub const MAX_VISIBILITY: Millis = 12 * 3_600_000;

/// How often a message is received before its age leaves the metric and it goes to the back of the queue.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
pub(super) const POISONOUS: u32 = 3;

/// A standard queue's settings. Times are in milliseconds.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Name.
    pub name: String,
    /// For how long a received message stays invisible.
    pub visibility_timeout: Millis,
    /// For how long a sent message stays invisible.
    pub delay: Millis,
    /// For how long a message is kept.
    pub retention: Millis,
    /// Most bytes of a message.
    pub maximum_message_size: usize,
    /// Name of the dead-letter queue, and how often a message is received before it goes there.
    pub dead_letters: Option<(String, u32)>,
}

impl Settings {
    /// AWS's defaults: half a minute invisible, kept for four days, no delay, no dead-letter queue.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            visibility_timeout: 30_000,
            delay: 0,
            retention: 4 * 86_400_000,
            maximum_message_size: MAX_SIZE,
            dead_letters: None,
        }
    }
}
