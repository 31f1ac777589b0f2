//! DynamoDB: the embedded `dynoxide` behind a front that sees every call, and that behaves like AWS when it hurts.

mod answer;
mod batch;
mod capacity;
mod carry_out;
mod consumed;
mod demands;
mod engine;
mod error;
mod front;
mod metrics;
mod request;
mod rights;
pub(crate) mod streams;
mod tables;
#[cfg(test)]
mod tests;
mod throttle;
mod throughput;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpListener;

pub use error::DynamoDbError;
pub(crate) use request::OPERATIONS;
use request::Side;
pub use throughput::Throughput;
pub(crate) use throughput::{BURST_SECONDS, UNITS};

use crate::aws::{Guard, Switch};
use crate::instruments::Instruments;
use crate::listen;
use crate::task::DropTask;
use capacity::Capacity;
use engine::Engine;
use streams::Streams;

/// How often provisioned capacity is reported, by the lab's clock: "for all other DynamoDB metrics, the aggregation
/// granularity is five minutes".
const PROVISIONED_EVERY: Duration = Duration::from_secs(300);

/// How often stream records are removed whose time is over, by the machine's clock.
const TRIM_EVERY: Duration = Duration::from_secs(600);

/// The database and its front. Clones share them.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    engine: Engine,
    guard: Guard,
    /// `arn:aws:dynamodb:{region}:{account}`.
    arn_prefix: String,
    /// Makes the service fail, throttle or be slow.
    pub switch: Switch,
    instruments: Option<Instruments>,
    capacity: Capacity,
    streams: Streams,
}

impl DynamoDb {
    /// Opens the engine: in memory, or in a file of `directory`.
    ///
    /// # Errors
    /// When the file cannot be opened or loopback not listened on.
    pub async fn open(
        directory: Option<&Path>,
        arn_prefix: &str,
        guard: Guard,
    ) -> Result<(Self, DropTask), DynamoDbError> {
        let (engine, task) = Engine::open(directory).await?;
        let database = Self {
            engine,
            guard,
            arn_prefix: arn_prefix.to_owned(),
            switch: Switch::default(),
            instruments: None,
            capacity: Capacity::default(),
            streams: Streams::default(),
        };
        Ok((database, task))
    }

    /// The same database, whose calls are told to CloudWatch. What the lab itself does is not. Tables that are made from now on
    /// save up unused capacity for as much shorter as CloudWatch's clock is faster.
    #[must_use]
    pub fn measured(self, instruments: Instruments) -> Self {
        self.capacity.compress(instruments.clock.factor());
        Self { instruments: Some(instruments), ..self }
    }

    /// Provisions a table and each of its global indexes with so much, until [`as_in_template`](Self::as_in_template).
    /// What `DescribeTable` says stays as it was.
    pub(crate) fn provision(&self, table: &str, throughput: Throughput) {
        self.capacity.provision(table, throughput, Instant::now());
    }

    /// Gives a table back the capacity that its template says, with all its burst.
    pub(crate) fn as_in_template(&self, table: &str) {
        self.capacity.as_in_template(table, Instant::now());
    }

    /// One operation, straight to the engine: what the lab itself does is neither recorded nor troubled, and takes no capacity.
    ///
    /// # Errors
    /// When the engine refuses or does not answer.
    pub async fn call(&self, operation: &str, request: &Value) -> Result<Value, DynamoDbError> {
        self.engine.call(operation, request).await
    }

    /// Serves the API until dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let database = self.clone();
        let calls = listen::serve(listener, move |request, _| {
            let database = database.clone();
            async move { database.answer(request).await }
        });
        tokio::join!(calls, self.report_provisioned(), self.trim_streams());
    }

    async fn trim_streams(&self) {
        let mut due = tokio::time::interval(TRIM_EVERY);
        loop {
            due.tick().await;
            let upkeep = self.engine.upkeep.clone();
            // A database that is busy for that long is trimmed the next time.
            let _ = tokio::task::spawn_blocking(move || upkeep.trim(jiff::Timestamp::now())).await;
        }
    }

    async fn report_provisioned(&self) {
        let Some(instruments) = &self.instruments else { return };
        let mut due = tokio::time::interval(PROVISIONED_EVERY / u32::from(instruments.clock.factor()));
        loop {
            due.tick().await;
            metrics::provisioned(&self.capacity.provisioned(), jiff::Timestamp::now(), instruments);
        }
    }
}
