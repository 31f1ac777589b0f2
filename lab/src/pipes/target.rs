//! Where a pipe sends what it has: a queue, whoever runs it.

use std::collections::BTreeSet;
use std::future::Future;

/// Most messages of one call, and most bytes of all of them together.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
pub(crate) const MOST_MESSAGES: usize = 10;
/// See [`MOST_MESSAGES`].
pub(crate) const MOST_BYTES: usize = 1024 * 1024;

/// How a call to a queue ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// The queue has all of them.
    All,
    /// The queue has all but those at these places.
    AllBut(BTreeSet<usize>),
    /// The queue has those before this place, and then was busy or down: nothing is wrong with what is left.
    UpTo(usize, String),
    /// The queue has none. What is wrong is the caller's, or the queue's configuration: it counts as an attempt.
    Refused(String),
    /// The queue has none. The service is busy or down: such a call is repeated as long as the records are there.
    Unavailable(String),
}

/// Queues, by ARN.
pub(crate) trait Target: Send + Sync + 'static {
    /// Whether messages are still there when a lab is started again.
    fn survives(&self) -> bool;

    /// Sends these bodies as one batch, in their order. The pipe keeps to the limits of a batch; what is longer is refused there.
    fn deliver(&self, queue_arn: &str, bodies: &[String]) -> impl Future<Output = Delivered> + Send;
}
