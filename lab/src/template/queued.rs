//! What a template says of queues, and of functions that work them off.

use std::time::Duration;

/// A standard queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// Logical id.
    pub logical_id: String,
    /// Physical name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// URL, as `Ref` gives it: AWS's own. Only its end counts in the lab, where calls go to the endpoint that functions are given.
    pub url: String,
    /// How long a received message stays invisible: up to twelve hours.
    pub visibility_timeout: Duration,
    /// How long a sent message stays invisible: up to a quarter of an hour.
    pub delay: Duration,
    /// How long a message is kept: a minute to two weeks.
    pub retention: Duration,
    /// How long a receive waits for a message: up to twenty seconds.
    pub wait: Duration,
    /// Most bytes of a message: 1,024 to 1,048,576.
    pub maximum_message_size: usize,
    /// Where messages go that are received too often.
    pub redrive: Option<Redrive>,
    /// Whose dead-letter queue it may be.
    pub redrive_allow: RedriveAllow,
}

/// A redrive policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    /// ARN of the dead-letter queue.
    pub dead_letters: String,
    /// How often a message is received before it goes there: 1 to 1,000.
    pub max_receive_count: u32,
}

/// A redrive allow policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RedriveAllow {
    /// Any queue's.
    #[default]
    All,
    /// No queue's.
    None,
    /// That of the queues with these ARNs.
    Queues(Vec<String>),
}

/// A queue whose messages Lambda hands to a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSourceMapping {
    /// Logical id; for an event of a function SAM's, the function's and the event's together.
    pub logical_id: String,
    /// Logical id of the function.
    pub function: String,
    /// Logical id of the queue.
    pub queue: String,
    /// Most messages of one invocation: 1 to 10,000.
    pub batch_size: usize,
    /// How long a batch is waited for once it has a message: up to five minutes.
    pub window: Duration,
    /// Most invocations at a time, where stated: 2 to 1,000.
    pub maximum_concurrency: Option<u32>,
    /// Whether the function says which messages of a batch failed (`ReportBatchItemFailures`).
    pub partial: bool,
    /// Whether it is at work.
    pub enabled: bool,
}
