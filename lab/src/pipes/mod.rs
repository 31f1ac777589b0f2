//! EventBridge Pipes: from a table's stream, over filters and a function, to a queue.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes.html>
//!
//! `machine` says what to do next and knows nothing else, `driver` does it. A stream is one shard in the lab, so a pipe has one
//! execution at a time, and a batch that fails holds up its whole table; in AWS it holds up its shard.

mod backoff;
mod checkpoint;
mod dead_letter;
mod desired;
mod driver;
mod enrichment;
mod execution;
mod machine;
mod metrics;
mod permission;
mod queues;
mod step;
mod target;
#[cfg(test)]
mod tests;
mod unread;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::dynamodb::{DynamoDb, DynamoDbError};
use crate::instruments::Instruments;
use crate::lambda::{Invocation, Lambda};
use crate::logs::Logs;
use crate::template::{Pipe, Stack, StartingPosition};
use checkpoint::Checkpoint;
pub(crate) use desired::DesiredStates;
use driver::Driver;
use machine::Machine;
use step::Settings;
use target::Target;
use unread::Unread;

/// How long a stream keeps a record, by CloudWatch's clock.
const RETENTION: Duration = Duration::from_secs(24 * 3600);

/// Why a pipe does not start.
#[derive(Debug, thiserror::Error)]
pub enum PipeError {
    /// Its role lacks a permission.
    #[error("pipe {pipe}: its role {role} may not do {action} on {resource}: {why}")]
    NotAllowed {
        /// Name of the pipe.
        pipe: String,
        /// Logical id of its role.
        role: String,
        /// `sqs:SendMessage`.
        action: String,
        /// ARN.
        resource: String,
        /// What IAM says.
        why: String,
    },
    /// No table has the stream that it reads.
    #[error("pipe {pipe}: there is no stream {stream}")]
    NoStream {
        /// Name of the pipe.
        pipe: String,
        /// ARN.
        stream: String,
    },
    /// The note of how far it has come cannot be read or written.
    #[error("could not read or write how far a pipe has come in {path}: {reason}; remove the file to begin anew")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The end of the stream could not be found.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
}

/// What pipes read from, write down with, and where they keep their place.
pub(crate) struct Rooms<'r> {
    pub(crate) dynamodb: &'r DynamoDb,
    pub(crate) instruments: &'r Instruments,
    pub(crate) logs: &'r Logs,
    pub(crate) data: Option<&'r Path>,
}

/// The pipes of a stack, each at its place in its stream.
pub(crate) struct Pipes {
    ready: Vec<Ready>,
    desired: DesiredStates,
}

/// A pipe that has not begun.
struct Ready {
    pipe: Pipe,
    account: String,
    stream: crate::dynamodb::streams::Stream,
    machine: Machine,
    checkpoint: Checkpoint,
    instruments: Instruments,
    logs: Logs,
}

impl Pipes {
    /// Judges the roles of all pipes and finds where each begins: where it was, if the target still has what it was given.
    /// What is written from now on is after `LATEST`.
    ///
    /// # Errors
    /// When a role lacks a permission, a stream is missing, or a place cannot be found.
    pub(crate) async fn open(stack: &Stack, rooms: &Rooms<'_>, target: &impl Target) -> Result<Self, PipeError> {
        let mut ready = Vec::new();
        for pipe in stack.pipes.values() {
            permission::check(pipe, stack)?;
            let source = &pipe.source;
            let missing = || PipeError::NoStream { pipe: pipe.name.clone(), stream: source.stream_arn.clone() };
            let stream = rooms.dynamodb.stream(&source.stream_arn).ok_or_else(missing)?;
            let mut checkpoint = Checkpoint::open(rooms.data, &pipe.name, &source.stream_arn)?;
            let from = match (checkpoint.kept(), source.start) {
                (Some(kept), _) if target.survives() => kept,
                // What the queue held is gone with the last lab: all that the stream still has is sent again.
                (Some(_), _) => None,
                (None, StartingPosition::TrimHorizon) => None,
                (None, StartingPosition::Latest) => stream.latest().await?,
            };
            // Noted at once: what is written before the first success is after it, too.
            checkpoint.keep(from).await?;
            ready.push(Ready {
                pipe: pipe.clone(),
                account: stack.account_id.clone(),
                stream,
                machine: Machine::new(settings(pipe), from),
                checkpoint,
                instruments: rooms.instruments.clone(),
                logs: rooms.logs.clone(),
            });
        }
        Ok(Self { ready, desired: DesiredStates::of(stack) })
    }

    /// Which of them are to run.
    pub(crate) fn desired(&self) -> DesiredStates {
        self.desired.clone()
    }

    /// Runs every pipe while it is to run, until dropped.
    pub(crate) async fn run<T: Target>(self, lambda: Arc<Lambda>, target: Arc<T>) {
        let mut running = JoinSet::new();
        for ready in self.ready {
            let desired = self.desired.of_pipe(&ready.pipe.name);
            let lambda = lambda.clone();
            let invoke = move |function: String, invocation: Invocation| {
                let lambda = lambda.clone();
                async move { lambda.invoke(&function, invocation).await }
            };
            running.spawn(ready.driver(target.clone(), invoke, fastrand::Rng::new()).run(desired));
        }
        while running.join_next().await.is_some() {}
    }
}

impl Ready {
    fn driver<T, I>(self, target: Arc<T>, invoke: I, random: fastrand::Rng) -> Driver<T, I> {
        let Self { pipe, account, stream, machine, checkpoint, instruments, logs } = self;
        let unread = Unread::default();
        Driver { pipe, account, stream, machine, checkpoint, target, invoke, instruments, logs, random, unread }
    }
}

fn settings(pipe: &Pipe) -> Settings {
    let source = &pipe.source;
    Settings {
        batch: source.batch_size,
        bytes: enrichment::PAYLOAD,
        window: source.window,
        retries: source.retries,
        age: source.record_age,
        retention: RETENTION,
        bisect: source.bisect,
    }
}
