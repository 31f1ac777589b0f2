//! The pollers of a mapping: each takes a batch, has it worked on, and takes the next.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::batch;
use super::response::{self, Verdict};
use super::scaling::Scaling;
use crate::aws::Calls;
use crate::lambda::{Invocation, Lambda, Outcome, PAYLOAD_LIMIT};
use crate::sqs::engine::Received;
use crate::sqs::{Sqs, SqsError, Wanted};
use crate::template::{EventSourceMapping, Function, Queue};

/// "Lambda uses long polling to poll a queue until it becomes active": SQS's longest.
const LONG_POLL: Duration = Duration::from_secs(20);

/// Most messages of one receive.
const OF_A_RECEIVE: usize = 10;

/// How long a poller waits for an answer of SQS's beyond a long poll, so that one that never comes costs no poller.
/// AWS publishes no figure.
const CALL_LIMIT: Duration = Duration::from_secs(5);

/// How long a poller waits after SQS has refused it, which is not documented.
const AFTER_AN_OUTAGE: Duration = Duration::from_secs(1);

/// How long a throttled batch waits at first and at most; the waits double. AWS publishes no figures.
const WHILE_THROTTLED: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// One mapping at work.
#[derive(Debug)]
pub(super) struct Source {
    mapping: EventSourceMapping,
    function: Function,
    queue: Queue,
    region: String,
    sqs: Sqs,
    lambda: Arc<Lambda>,
    calls: Calls,
    scaling: Mutex<Scaling>,
    grown: Notify,
}

/// Messages with their records, and when the first of them was received.
type Batch = (Vec<(Received, Json)>, Instant);

impl Source {
    pub(super) fn new(
        mapping: &EventSourceMapping,
        function: &Function,
        queue: &Queue,
        region: &str,
        sqs: &Sqs,
        lambda: &Arc<Lambda>,
        calls: &Calls,
    ) -> Self {
        Self {
            scaling: Mutex::new(Scaling::new(mapping.maximum_concurrency, mapping.partial)),
            mapping: mapping.clone(),
            function: function.clone(),
            queue: queue.clone(),
            region: region.to_owned(),
            sqs: sqs.clone(),
            lambda: lambda.clone(),
            calls: calls.clone(),
            grown: Notify::new(),
        }
    }

    /// Keeps as many pollers as are wanted.
    pub(super) async fn run(self: Arc<Self>) {
        let mut pollers = JoinSet::new();
        let mut alive = BTreeSet::new();
        loop {
            for place in 0..self.scaling().wanted() {
                if alive.insert(place) {
                    pollers.spawn(self.clone().poll(place));
                }
            }
            tokio::select! {
                () = self.grown.notified() => {}
                // One that panicked leaves its place taken: the others go on.
                Some(ended) = pollers.join_next() => {
                    if let Ok(place) = ended {
                        alive.remove(&place);
                    }
                }
            }
        }
    }

    /// Takes batches until its place is not wanted any more; its place.
    async fn poll(self: Arc<Self>, place: u32) -> u32 {
        while place < self.scaling().wanted() {
            let (batch, since) = self.gather().await;
            if batch.is_empty() {
                if self.scaling().idle() {
                    self.grown.notify_one();
                }
                continue;
            }
            let more = self.sqs.depth(&self.queue.name).visible > 0;
            if more && self.scaling().more(Instant::now()) {
                self.grown.notify_one();
            }
            for part in batch::split(batch, PAYLOAD_LIMIT) {
                self.deliver(part, since).await;
            }
        }
        place
    }

    /// A batch: until it is full, or its window has ended, which begins with its first message.
    async fn gather(&self) -> Batch {
        let EventSourceMapping { batch_size, window, .. } = self.mapping;
        let mut batch = Vec::new();
        let mut received = self.receive(batch_size, LONG_POLL).await;
        let since = Instant::now();
        let deadline = since + window;
        loop {
            let arn = &self.queue.arn;
            batch.extend(received.into_iter().map(|one| {
                let record = batch::record(&one, &self.sqs, arn, &self.region);
                (one, record)
            }));
            let left = deadline.saturating_duration_since(Instant::now());
            if batch.is_empty() || batch.len() >= batch_size || left.is_zero() {
                return (batch, since);
            }
            received = self.receive(batch_size - batch.len(), left.min(LONG_POLL)).await;
        }
    }

    async fn receive(&self, most: usize, wait: Duration) -> Vec<Received> {
        let wanted = Wanted { most: most.min(OF_A_RECEIVE), visibility: None, wait: Some(wait) };
        let received = self.sqs.receive_for_lambda(&self.queue.name, wanted);
        match self.called("ReceiveMessage", wait + CALL_LIMIT, received).await {
            Some(received) => received,
            None => {
                tokio::time::sleep(AFTER_AN_OUTAGE.min(wait)).await;
                Vec::new()
            }
        }
    }

    /// A call's result, written down; none where it failed or was not answered.
    async fn called<T>(
        &self,
        operation: &str,
        limit: Duration,
        call: impl Future<Output = Result<T, SqsError>>,
    ) -> Option<T> {
        let result = tokio::time::timeout(limit, call).await.ok()?;
        let status = result.as_ref().map_or_else(|error| error.code.status().as_u16(), |_| 200);
        self.calls.push(super::call(&self.function, operation, &self.queue, status));
        result.ok()
    }

    /// Has a batch worked on. "If your function code caused the error, Lambda will stop processing and retrying the invocation";
    /// if it was throttled, "Lambda continues to retry the message until the message's timestamp exceeds your queue's visibility
    /// timeout". <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
    async fn deliver(&self, batch: Vec<(Received, Json)>, since: Instant) {
        let (messages, records): (Vec<Received>, Vec<Json>) = batch.into_iter().unzip();
        let invocation = Invocation::new(batch::event(records), "");
        let mut wait = WHILE_THROTTLED.0;
        loop {
            match self.lambda.invoke(&self.function.logical_id, invocation.clone()).await {
                Outcome::Success(answer) => return self.settle(&messages, &answer).await,
                Outcome::Throttled => {
                    self.scaling().throttled();
                    if since.elapsed() + wait >= self.queue.visibility_timeout {
                        return;
                    }
                    tokio::time::sleep(wait).await;
                    wait = (wait * 2).min(WHILE_THROTTLED.1);
                }
                Outcome::FunctionError(_) | Outcome::RequestTooLarge | Outcome::NoSuchFunction => {
                    return self.scaling().failed();
                }
            }
        }
    }

    /// Deletes what went well. The rest comes back when its time is up.
    async fn settle(&self, messages: &[Received], answer: &[u8]) {
        let ids = messages.iter().map(|message| message.id.as_str()).collect();
        let verdict = match self.mapping.partial {
            true => response::judge(answer, &ids),
            false => Verdict::AllBut(BTreeSet::new()),
        };
        let Verdict::AllBut(failed) = verdict else { return };
        let good = messages.iter().filter(|message| !failed.contains(&message.id));
        let handles: Vec<String> = good.map(|message| message.handle.clone()).collect();
        for some in handles.chunks(OF_A_RECEIVE) {
            let deleted = self.sqs.delete_for_lambda(&self.queue.name, some);
            // What could not be deleted comes again.
            self.called("DeleteMessage", CALL_LIMIT, deleted).await;
        }
    }

    fn scaling(&self) -> MutexGuard<'_, Scaling> {
        self.scaling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
