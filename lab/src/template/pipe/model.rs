//! A pipe as the template describes it.

use std::time::Duration;

use super::EventPattern;

/// `AWS::Pipes::Pipe` from a table's stream to a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipe {
    /// Logical id.
    pub logical_id: String,
    /// `Name`.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Whether its `DesiredState` is `RUNNING`.
    pub running: bool,
    /// Logical id of its role.
    pub role: String,
    /// Where it reads.
    pub source: PipeSource,
    /// Logical id of the function that makes of a batch what is sent; `None` sends records as they are.
    pub enrichment: Option<String>,
    /// ARN of the queue that it sends to.
    pub target: String,
}

/// A stream, and how a pipe reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct PipeSource {
    /// ARN of the stream.
    pub stream_arn: String,
    /// Which records are taken: those that one of the patterns matches, or all where there is none.
    pub filters: Vec<EventPattern>,
    /// Where it begins.
    pub start: StartingPosition,
    /// Most records of an execution, 1 to 10.
    pub batch_size: usize,
    /// How long to wait for a full batch.
    pub window: Duration,
    /// How often a batch that failed is tried again; `None` as long as its records are there.
    pub retries: Option<u32>,
    /// How old a record may be; `None` as old as it can be.
    pub record_age: Option<Duration>,
    /// Whether a batch that failed is halved (`AUTOMATIC_BISECT`).
    pub bisect: bool,
    /// ARN of the queue that is told of records which are given up; without one nobody is.
    pub dead_letters: Option<String>,
}

/// Where a pipe without a past begins to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartingPosition {
    /// With the oldest record that is still there.
    TrimHorizon,
    /// With the first record after it began.
    Latest,
}
