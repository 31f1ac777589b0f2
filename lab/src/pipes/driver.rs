//! Runs a pipe: reads, filters, enriches, sends, and tells what went on. What to do next the machine says.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::checkpoint::Checkpoint;
use super::dead_letter;
use super::execution::Reached;
use super::machine::Machine;
use super::metrics::{self, Execution};
use super::step::{Condition, Failure, GivenUp, Step};
use super::target::{Delivered, Target};
use super::unread::Unread;
use crate::dynamodb::streams::{Record, Stream};
use crate::instruments::Instruments;
use crate::lambda::{Invocation, Outcome};
use crate::logs::{Logs, Origin};
use crate::template::Pipe;

/// "EventBridge polls shards in your DynamoDB stream for records at a base rate of four times per second."
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html>
const POLL: Duration = Duration::from_millis(250);
/// The least time between two looks, by the machine's clock: a compressed one would have the engine do nothing else.
const LEAST: Duration = Duration::from_millis(20);
/// "Pipe executions are limited to a maximum of 5 minutes including the enrichment and target processing": of the machine's time,
/// as functions have it.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html>
const LIMIT: Duration = Duration::from_secs(300);
/// Most records that are read at once.
const PAGE: usize = 100;

/// One pipe with all that it needs.
pub(super) struct Driver<T, I> {
    pub(super) pipe: Pipe,
    pub(super) account: String,
    pub(super) stream: Stream,
    pub(super) machine: Machine,
    pub(super) checkpoint: Checkpoint,
    pub(super) target: Arc<T>,
    pub(super) invoke: I,
    pub(super) instruments: Instruments,
    pub(super) logs: Logs,
    pub(super) random: fastrand::Rng,
    pub(super) unread: Unread,
}

impl<T, I, F> Driver<T, I>
where
    T: Target,
    I: Fn(String, Invocation) -> F + Send + Sync,
    F: Future<Output = Outcome> + Send,
{
    /// Runs while it is to run, until dropped.
    pub(super) async fn run(mut self, mut desired: watch::Receiver<bool>) {
        // How many changes there had been when the end of the stream was reached.
        let mut caught_up = None;
        // Whoever could start it again is gone with the lab.
        while desired.wait_for(|running| *running).await.is_ok() {
            match self.machine.next(self.now()) {
                Step::Read { until } => {
                    let changes = self.stream.changes();
                    if caught_up != Some(changes) && self.read().await {
                        continue;
                    }
                    caught_up = Some(changes);
                    let next = until.map_or(POLL, |until| self.left(until).min(POLL));
                    tokio::time::sleep(poll(next, self.instruments.clock.factor())).await;
                }
                Step::Wait(until) => self.pause(self.left(until)).await,
                Step::Execute(records) => self.attempt(records).await,
                Step::GiveUp(given_up) => self.give_up(given_up).await,
            }
            if let Err(error) = self.checkpoint.keep(self.machine.done_through()).await {
                self.tell(error.to_string());
            }
        }
    }

    /// Reads on; false where there is nothing more, or nothing can be read.
    async fn read(&mut self) -> bool {
        let after = self.machine.read_through();
        match self.stream.read(after, PAGE).await {
            Ok(page) => {
                if let Some(again) = self.unread.ended() {
                    self.tell(again);
                }
                let filters = &self.pipe.source.filters;
                let taken =
                    |record: &Record| filters.is_empty() || filters.iter().any(|filter| filter.matches(&record.event));
                let lost = page.expired.iter().filter(|record| taken(record)).count();
                let records = page.records.into_iter().filter(taken).collect();
                if lost > 0 {
                    self.lose(lost, Condition::Trimmed);
                }
                self.machine.take(records, page.through, self.now());
                page.through != after
            }
            Err(error) => {
                if let Some(first) = self.unread.failed(&error.to_string()) {
                    self.tell(first);
                }
                tokio::time::sleep(poll(POLL, self.instruments.clock.factor())).await;
                // Not the end of the stream: the next poll must look again, even if nobody writes.
                true
            }
        }
    }

    async fn attempt(&mut self, records: Vec<Record>) {
        let started = (Timestamp::now(), Instant::now());
        let events: Vec<Value> = records.into_iter().map(|record| record.event).collect();
        let count = events.len();
        let payload = Value::from(events);
        let mut execution = Execution { events: count, bytes: payload.to_string().len(), ..Execution::default() };
        let result = match tokio::time::timeout(LIMIT, self.execute(payload, &mut execution)).await {
            Ok(result) => result,
            Err(_) => {
                execution.timed_out = true;
                Err(Failure::counted(format!("the execution took longer than {} s", LIMIT.as_secs())))
            }
        };
        execution.took = started.1.elapsed();
        metrics::executed(&execution, &self.pipe.name, &self.account, started.0, &self.instruments);
        let (now, chance) = (self.now(), self.random.f64());
        match result {
            Ok(Reached::All) => self.machine.succeeded(),
            Ok(Reached::UpTo(place, failure)) => {
                self.tell(format!(
                    "the queue took {place} of {count} records in their order; the others are sent again: {}",
                    failure.reason
                ));
                self.machine.succeeded_up_to(place, &failure, now, chance);
            }
            Err(failure) => {
                self.tell(format!("a batch of {count} failed: {}", failure.reason));
                self.machine.failed(&failure, now, chance);
            }
        }
    }

    async fn give_up(&mut self, given_up: GivenUp) {
        let condition = dead_letter::named(given_up.condition);
        let count = given_up.records.len();
        let queue = self.pipe.source.dead_letters.clone().filter(|_| given_up.condition != Condition::Trimmed);
        let Some(queue) = queue else {
            self.lose(count, given_up.condition);
            return self.machine.gave_up();
        };
        let message = dead_letter::message(&given_up, &self.pipe.arn, &self.stream.description, self.now());
        match self.target.deliver(&queue, &[message.to_string()]).await {
            Delivered::All => {
                self.tell(format!("{count} records are given up: {condition}; a dead letter points at them"));
                self.machine.gave_up();
            }
            failed => {
                self.tell(format!("the dead-letter queue does not take a message, and the stream waits: {failed:?}"));
                let (now, chance) = (self.now(), self.random.f64());
                self.machine.not_told(now, chance);
            }
        }
    }

    fn lose(&self, count: usize, condition: Condition) {
        let condition = dead_letter::named(condition);
        self.tell(format!("{count} records are lost: {condition}, and no dead-letter queue is told"));
    }

    fn now(&self) -> Timestamp {
        self.instruments.clock.now()
    }

    fn left(&self, until: Timestamp) -> Duration {
        Duration::try_from(until.duration_since(self.now())).unwrap_or_default()
    }

    /// Waits so long by the lab's clock.
    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time / u32::from(self.instruments.clock.factor()).max(1)).await;
    }

    fn tell(&self, text: String) {
        let origin = Origin { function: self.pipe.name.clone(), environment: "pipe".to_owned() };
        self.logs.platform(origin, format!("PIPE {}: {text}", self.pipe.name));
    }
}

/// So much of CloudWatch's time by the machine's clock, and no less than [`LEAST`].
fn poll(time: Duration, factor: u16) -> Duration {
    (time / u32::from(factor).max(1)).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_compression_makes_a_pipe_look_without_a_pause() {
        assert_eq!(poll(POLL, 1), POLL);
        assert_eq!(poll(POLL, 2), POLL / 2);
        assert_eq!(poll(POLL, 60), LEAST);
        assert_eq!(poll(Duration::ZERO, 0), LEAST);
    }
}
