//! What a pipe does next: a state that knows no stream, no function, no queue and no clock, so that tests drive it through years.
//!
//! One batch is tried at a time, and nothing behind it moves before it has reached its target or been given up: that is how a pipe
//! keeps the order of its source, and how one record that always fails stops all others until its attempts run out.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-dynamodb.html>

use std::collections::VecDeque;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::backoff;
use super::step::{Condition, Failure, GivenUp, Settings, Step};
use crate::dynamodb::streams::{Record, Sequence};

/// Records that are tried together.
#[derive(Debug)]
struct Batch {
    records: Vec<Record>,
    /// How often they have failed, as far as it counts.
    attempts: u32,
    pause: Pause,
}

/// When something may be tried again.
#[derive(Debug, Clone, Copy, Default)]
struct Pause {
    failures: u32,
    until: Option<Timestamp>,
}

impl Pause {
    fn after_failure(self, now: Timestamp, chance: f64) -> Self {
        let failures = self.failures.saturating_add(1);
        Self { failures, until: Some(later(now, backoff::pause(failures, chance))) }
    }

    fn pending(self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| now < *until)
    }
}

/// A pipe's way through one shard.
#[derive(Debug)]
pub(super) struct Machine {
    settings: Settings,
    /// Read, and in no batch yet.
    waiting: VecDeque<Record>,
    /// When the first of them was read.
    since: Option<Timestamp>,
    /// The first is tried next; the others are what is left of one that was halved.
    batches: VecDeque<Batch>,
    given_up: Option<(GivenUp, Pause)>,
    read: Option<Sequence>,
    done: Option<Sequence>,
}

impl Machine {
    /// A pipe that has done everything up to a place.
    pub(super) fn new(settings: Settings, from: Option<Sequence>) -> Self {
        let (waiting, batches) = (VecDeque::new(), VecDeque::new());
        Self { settings, waiting, since: None, batches, given_up: None, read: from, done: from }
    }

    /// Where to read on.
    pub(super) fn read_through(&self) -> Option<Sequence> {
        self.read
    }

    /// Up to where everything has reached its target, was given up, or was filtered out: where a pipe that is started again begins.
    pub(super) fn done_through(&self) -> Option<Sequence> {
        let idle = self.waiting.is_empty() && self.batches.is_empty() && self.given_up.is_none();
        if idle { self.read } else { self.done }
    }

    /// Takes what was read: the records that the filters let through, in their order, and the place up to which was looked.
    pub(super) fn take(&mut self, records: Vec<Record>, through: Option<Sequence>, now: Timestamp) {
        if !records.is_empty() {
            self.since.get_or_insert(now);
        }
        self.waiting.extend(records);
        self.read = self.read.max(through);
    }

    /// What to do at this moment.
    pub(super) fn next(&mut self, now: Timestamp) -> Step {
        if self.given_up.is_none() {
            self.batch(now);
            self.expire(now);
        }
        if let Some((given_up, pause)) = &self.given_up {
            return pause.pending(now).map_or_else(|| Step::GiveUp(given_up.clone()), Step::Wait);
        }
        match self.batches.front() {
            Some(batch) => batch.pause.pending(now).map_or_else(|| Step::Execute(batch.records.clone()), Step::Wait),
            None => Step::Read { until: self.since.map(|since| later(since, self.settings.window)) },
        }
    }

    /// Makes a batch of what waits, when it is full or has waited long enough.
    fn batch(&mut self, now: Timestamp) {
        if !self.batches.is_empty() || self.waiting.is_empty() {
            return;
        }
        let mut bytes = 0;
        let fits = |record: &&Record| {
            bytes += record.event.to_string().len();
            bytes <= self.settings.bytes
        };
        let count = self.waiting.iter().take(self.settings.batch).take_while(fits).count();
        let full = count == self.settings.batch || count < self.waiting.len();
        let over = self.since.is_none_or(|since| later(since, self.settings.window) <= now);
        if full || over {
            // One that is too large by itself goes on by itself, and fails.
            let records = self.waiting.drain(..count.max(1)).collect();
            self.batches.push_back(Batch { records, attempts: 0, pause: Pause::default() });
            self.since = (!self.waiting.is_empty()).then_some(now);
        }
    }

    /// Takes those out of the next batch that have become too old; the oldest stand first.
    fn expire(&mut self, now: Timestamp) {
        let Settings { age, retention, .. } = self.settings;
        let condition = |record: &Record| {
            let old = Duration::try_from(now.duration_since(record.at)).unwrap_or_default();
            let exceeded = age.is_some_and(|age| old > age).then_some(Condition::AgeExceeded);
            if old > retention { Some(Condition::Trimmed) } else { exceeded }
        };
        let Some(batch) = self.batches.front_mut() else { return };
        let Some(first) = batch.records.first().and_then(condition) else { return };
        let count = batch.records.iter().take_while(|record| condition(record) == Some(first)).count();
        let records = batch.records.drain(..count).collect();
        if batch.records.is_empty() {
            self.batches.pop_front();
        }
        self.given_up = Some((GivenUp { records, condition: first }, Pause::default()));
    }

    /// The execution went well.
    pub(super) fn succeeded(&mut self) {
        if let Some(batch) = self.batches.pop_front() {
            self.finish(&batch.records);
        }
    }

    /// The queue took those before this place of the batch, and not that one: "EventBridge automatically retries batching the
    /// remainder of the payload". What stands behind it is sent again too, so that its order is kept.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html>
    pub(super) fn succeeded_up_to(&mut self, place: usize, failure: &Failure, now: Timestamp, chance: f64) {
        let Some(batch) = self.batches.front_mut() else { return };
        let done: Vec<Record> = batch.records.drain(..place.min(batch.records.len())).collect();
        self.finish(&done);
        self.failed(failure, now, chance);
    }

    /// The execution failed.
    pub(super) fn failed(&mut self, failure: &Failure, now: Timestamp, chance: f64) {
        let Some(batch) = self.batches.front_mut() else { return };
        if failure.counts {
            self.halve_or_count(now, chance);
        } else {
            batch.pause = batch.pause.after_failure(now, chance);
        }
    }

    /// "AUTOMATIC_BISECT halves each batch and retry each half until all the records are processed or there is one failed message
    /// left in the batch." Halving is no attempt: Lambda's event sources, from which the option comes, say so of theirs.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>
    fn halve_or_count(&mut self, now: Timestamp, chance: f64) {
        let Some(batch) = self.batches.front_mut() else { return };
        if !self.settings.bisect || batch.records.len() < 2 {
            return self.count(now, chance);
        }
        let pause = batch.pause.after_failure(now, chance);
        let rest = batch.records.split_off(batch.records.len().div_ceil(2));
        let attempts = batch.attempts;
        batch.pause = pause;
        self.batches.insert(1, Batch { records: rest, attempts, pause });
    }

    /// One attempt less.
    fn count(&mut self, now: Timestamp, chance: f64) {
        let Some(batch) = self.batches.front_mut() else { return };
        batch.attempts = batch.attempts.saturating_add(1);
        batch.pause = batch.pause.after_failure(now, chance);
        if self.settings.retries.is_some_and(|retries| batch.attempts > retries)
            && let Some(Batch { records, .. }) = self.batches.pop_front()
        {
            let given_up = GivenUp { records, condition: Condition::AttemptsExhausted };
            self.given_up = Some((given_up, Pause::default()));
        }
    }

    /// The dead letters know of the records, or there is nobody to be told.
    pub(super) fn gave_up(&mut self) {
        if let Some((given_up, _)) = self.given_up.take() {
            self.finish(&given_up.records);
        }
    }

    /// The dead letters could not be told: the records are not lost for that, and the shard waits.
    pub(super) fn not_told(&mut self, now: Timestamp, chance: f64) {
        if let Some((_, pause)) = &mut self.given_up {
            *pause = pause.after_failure(now, chance);
        }
    }

    fn finish(&mut self, records: &[Record]) {
        self.done = self.done.max(records.last().map(|record| record.sequence));
    }
}

/// So much later; the end of time where there is no such moment.
fn later(moment: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| moment.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}
