//! The pollers of a mapping: each takes a batch, has it worked on, and takes the next.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use super::batch::{self, Filling};
use super::places;
use super::response::{self, Verdict};
use super::scaling::Scaling;
use crate::aws::Calls;
use crate::lambda::{Invocation, Lambda, Outcome, PAYLOAD_LIMIT};
use crate::logs::{Logs, Origin};
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
    logs: Logs,
    scaling: Mutex<Scaling>,
    grown: Notify,
}

/// A message with its record, the record's length in bytes, and when it was received.
#[derive(Debug)]
pub(super) struct Taken {
    message: Received,
    record: Json,
    bytes: usize,
    at: Instant,
}

/// Messages that are done and that SQS would not delete, by their receipts; they are visible again from that moment on.
#[derive(Debug)]
struct Undeleted {
    handles: Vec<String>,
    until: Instant,
}

/// What a mapping works with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rooms<'r> {
    pub(super) sqs: &'r Sqs,
    pub(super) lambda: &'r Arc<Lambda>,
    pub(super) calls: &'r Calls,
    pub(super) logs: &'r Logs,
}

impl Source {
    pub(super) fn new(
        mapping: &EventSourceMapping,
        function: &Function,
        queue: &Queue,
        region: &str,
        Rooms { sqs, lambda, calls, logs }: Rooms<'_>,
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
            logs: logs.clone(),
            grown: Notify::new(),
        }
    }

    /// Keeps as many pollers as are wanted.
    pub(super) async fn run(self: Arc<Self>) {
        let (undeleted, left) = mpsc::unbounded_channel();
        let poll = |place| self.clone().poll(place, undeleted.clone());
        let polling = places::keep(|| self.scaling().wanted(), &self.grown, poll, |text| self.tell(&text));
        tokio::join!(polling, self.clone().delete_again(left));
    }

    /// Takes batches until its place is not wanted any more.
    async fn poll(self: Arc<Self>, place: u32, undeleted: mpsc::UnboundedSender<Undeleted>) {
        let mut left_over = VecDeque::new();
        while place < self.scaling().wanted() || !left_over.is_empty() {
            // Nobody knows whether a queue that does not answer is idle.
            let Some(batch) = self.gather(&mut left_over).await else { continue };
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
            self.deliver(batch, &undeleted).await;
        }
    }

    /// A batch: until it is full, or its window has ended, which begins with its first message. What it has no room for begins the
    /// next one. Empty when there was nothing for a whole poll; none when SQS did not say so.
    pub(super) async fn gather(&self, left_over: &mut VecDeque<Taken>) -> Option<Vec<Taken>> {
        let EventSourceMapping { batch_size, window, .. } = self.mapping;
        if left_over.is_empty() {
            left_over.extend(self.receive(batch_size, LONG_POLL).await?);
        }
        let mut batch = Filling::new(batch_size, PAYLOAD_LIMIT);
        let deadline = left_over.front().map_or_else(Instant::now, |first| first.at + window);
        loop {
            while let Some(next) = left_over.pop_front() {
                let bytes = next.bytes;
                if let Err(next) = batch.push(next, bytes) {
                    left_over.push_front(next);
                    return Some(batch.taken());
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if batch.is_empty() || batch.room() == 0 || left.is_zero() {
                return Some(batch.taken());
            }
            // An outage now does not lose what is there.
            left_over.extend(self.receive(batch.room(), left.min(LONG_POLL)).await.unwrap_or_default());
        }
    }

    /// Messages with their records; none, after a while, when SQS refuses or does not answer.
    async fn receive(&self, most: usize, wait: Duration) -> Option<Vec<Taken>> {
        let wanted = Wanted { most: most.min(OF_A_RECEIVE), visibility: None, wait: Some(wait) };
        let received = self.sqs.receive_for_lambda(&self.queue.name, wanted);
        let Some(received) = self.called("ReceiveMessage", wait + CALL_LIMIT, received).await else {
            tokio::time::sleep(AFTER_AN_OUTAGE.min(wait)).await;
            return None;
        };
        let at = Instant::now();
        let taken = received.into_iter().map(|message| {
            let record = batch::record(&message, &self.sqs, &self.queue.arn, &self.region);
            Taken { bytes: record.to_string().len(), message, record, at }
        });
        Some(taken.collect())
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
    async fn deliver(&self, batch: Vec<Taken>, undeleted: &mpsc::UnboundedSender<Undeleted>) {
        let Some(since) = batch.first().map(|first| first.at) else { return };
        let until = since + self.queue.visibility_timeout;
        let (messages, records): (Vec<Received>, Vec<Json>) =
            batch.into_iter().map(|taken| (taken.message, taken.record)).unzip();
        let invocation = Invocation::new(batch::event(records), "");
        let mut wait = WHILE_THROTTLED.0;
        loop {
            match self.lambda.invoke(&self.function.logical_id, invocation.clone()).await {
                Outcome::Success(answer) => {
                    for handles in self.settled(&messages, &answer).chunks(OF_A_RECEIVE) {
                        if !self.delete(handles).await {
                            // Gone only when this mapping is: then nobody polls any more.
                            let _ = undeleted.send(Undeleted { handles: handles.to_vec(), until });
                        }
                    }
                    return;
                }
                Outcome::Throttled => {
                    self.scaling().throttled();
                    if Instant::now() + wait >= until {
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

    /// Receipts of what went well, which is to be deleted. The rest comes back when its time is up.
    fn settled(&self, messages: &[Received], answer: &[u8]) -> Vec<String> {
        let ids = messages.iter().map(|message| message.id.as_str()).collect();
        let verdict = match self.mapping.partial {
            true => response::judge(answer, &ids),
            false => Verdict::AllBut(BTreeSet::new()),
        };
        let Verdict::AllBut(failed) = verdict else { return Vec::new() };
        let good = messages.iter().filter(|message| !failed.contains(&message.id));
        good.map(|message| message.handle.clone()).collect()
    }

    /// Whether SQS has deleted them.
    async fn delete(&self, handles: &[String]) -> bool {
        let deleted = self.sqs.delete_for_lambda(&self.queue.name, handles);
        self.called("DeleteMessage", CALL_LIMIT, deleted).await.is_some()
    }

    /// Deletes what could not be deleted at first, beside the pollers, which go on: what is not deleted before it is visible again
    /// comes again. AWS does not say how often Lambda tries.
    async fn delete_again(self: Arc<Self>, mut left: mpsc::UnboundedReceiver<Undeleted>) {
        let mut trying = JoinSet::new();
        loop {
            tokio::select! {
                Some(Undeleted { handles, until }) = left.recv() => {
                    let source = self.clone();
                    trying.spawn(async move {
                        tokio::time::sleep(AFTER_AN_OUTAGE).await;
                        while Instant::now() < until && !source.delete(&handles).await {
                            tokio::time::sleep(AFTER_AN_OUTAGE).await;
                        }
                    });
                }
                Some(_) = trying.join_next() => {}
                else => return,
            }
        }
    }

    fn tell(&self, text: &str) {
        let origin = Origin { function: self.function.name.clone(), environment: "event-source".to_owned() };
        self.logs.platform(origin, format!("EVENT SOURCE {}: {text}", self.mapping.logical_id));
    }

    pub(super) fn scaling(&self) -> MutexGuard<'_, Scaling> {
        self.scaling.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
