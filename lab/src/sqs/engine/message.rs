//! A message: what its sender gave, and what has become of it since.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Milliseconds since 1970, as SQS's own timestamps are told.
pub type Millis = u64;

/// What the sender gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Text.
    pub body: String,
    /// The sender's own attributes, at most ten.
    pub attributes: BTreeMap<String, Attribute>,
    /// The system attribute `AWSTraceHeader`: "its size doesn't count towards the total size of a message".
    pub trace_header: Option<String>,
    /// Who sent it: `SenderId`.
    pub sender: String,
}

/// An attribute of the sender's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `String`, `Number` or `Binary`, with a label of the sender's after a dot.
    pub data_type: String,
    /// Value.
    pub value: Value,
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Of `String` and `Number`.
    Text(String),
    /// Of `Binary`.
    Binary(Vec<u8>),
}

impl Value {
    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

impl Content {
    /// Bytes that count against the limits: "message attribute names, types, values and the message body".
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>
    pub fn size(&self) -> usize {
        let of_attribute = |(name, attribute): (&String, &Attribute)| {
            name.len() + attribute.data_type.len() + attribute.value.bytes().len()
        };
        self.body.len() + self.attributes.iter().map(of_attribute).sum::<usize>()
    }
}

/// A message in a queue.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) content: Arc<Content>,
    /// `SentTimestamp`. Retention counts from it, also in a dead-letter queue.
    pub(super) enqueued: Millis,
    /// When it came into this queue.
    pub(super) arrived: Millis,
    /// `ApproximateReceiveCount`.
    pub(super) receives: u32,
    /// The same since it came into this queue, which is what the queue judges it by.
    pub(super) receives_here: u32,
    pub(super) first_received: Option<Millis>,
    /// The queue that gave it up, by name.
    pub(super) gave_up: Option<String>,
    /// Its place in line; the least goes first.
    pub(super) order: u64,
    pub(super) place: Place,
    /// Numbers of the receipts that still speak for it: that of the last delivery, and those of its duplicates.
    pub(super) receipts: Vec<u64>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Sent with a delay.
    Delayed {
        until: Millis,
    },
    /// It could be received, and nobody gets it yet: so disordered is the queue. It counts as visible.
    Late {
        until: Millis,
    },
    Visible,
    /// Received and not deleted yet.
    InFlight {
        since: Millis,
        until: Millis,
    },
}

impl Place {
    /// When it becomes visible by itself.
    pub(super) fn hidden_until(self) -> Option<Millis> {
        match self {
            Self::Delayed { until } | Self::Late { until } | Self::InFlight { until, .. } => Some(until),
            Self::Visible => None,
        }
    }
}

/// A message as it was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// `MessageId`.
    pub id: String,
    /// `ReceiptHandle`.
    pub handle: String,
    /// What the sender gave.
    pub content: Arc<Content>,
    /// `ApproximateReceiveCount`.
    pub receives: u32,
    /// `SentTimestamp`.
    pub enqueued: Millis,
    /// `ApproximateFirstReceiveTimestamp`.
    pub first_received: Millis,
    /// `DeadLetterQueueSourceArn`, as the name of the queue.
    pub gave_up: Option<String>,
}
