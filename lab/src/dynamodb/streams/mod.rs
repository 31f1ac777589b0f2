//! DynamoDB Streams: what has changed in a table, in the order in which it was committed.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html>
//!
//! The engine writes a record within the transaction of its write, so none is lost when the lab is killed, whatever came in
//! between, and a data directory that is used again has the records of its last 24 hours. Simplified: a stream is one shard that
//! never closes. In AWS each partition of the table has one, and several of them in the course of a day; there only the changes of
//! one item, or of one partition key, have an order.

mod record;
mod sequence;
mod served;
mod upkeep;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use serde_json::{Value, json};

pub(crate) use record::Record;
pub(crate) use sequence::Sequence;
pub(super) use served::OPERATIONS;
pub(super) use upkeep::Upkeep;

use super::engine::Engine;
use super::{DynamoDb, DynamoDbError};
use crate::clock::Clock;
use crate::template::Table;

/// Most records of one answer. <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html>
const MOST: usize = 1000;

/// What a stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    /// Physical name of the table.
    pub(crate) table: String,
    /// ARN of the stream.
    pub(crate) arn: String,
    /// Region of the stream, as its records name it.
    pub(crate) region: String,
    /// `StreamViewType`.
    pub(crate) view: String,
}

impl Description {
    /// The stream that the template gives a table; `None` where it gives none.
    fn of(table: &Table) -> Option<Self> {
        let view = table.create_request["StreamSpecification"]["StreamViewType"].as_str()?;
        let arn = table.stream_arn.clone()?;
        let region = arn.split(':').nth(3).unwrap_or_default().to_owned();
        Some(Self { table: table.name.clone(), arn, region, view: view.to_owned() })
    }

    /// The one shard. AWS draws the letters.
    pub(crate) fn shard(&self) -> String {
        // FNV-1a: the same name at every start.
        let hash =
            self.table.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        format!("shardId-00000000000000000001-{hash:08x}")
    }
}

/// Streams by ARN. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams(Arc<Mutex<BTreeMap<String, Description>>>);

impl Streams {
    pub(super) fn register(&self, table: &Table) {
        if let Some(description) = Description::of(table) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(description.arn.clone(), description);
        }
    }

    fn find(&self, arn: &str) -> Option<Description> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned()
    }

    fn all(&self) -> Vec<Description> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

impl DynamoDb {
    /// A stream by its ARN; `None` where no table has it.
    pub(crate) fn stream(&self, arn: &str) -> Option<Stream> {
        let clock = self.instruments.as_ref().map_or_else(|| Clock::starting_now(1), |instruments| instruments.clock);
        let description = self.streams.find(arn)?;
        Some(Stream { description, engine: self.engine.clone(), clock })
    }

    /// Makes the engine keep what the template's stream needs, or nothing where it has none: the table may be one that a data
    /// directory holds from a template that said otherwise.
    pub(super) async fn align_stream(&self, table: &Table) -> Result<(), DynamoDbError> {
        let described = self.call("DescribeTable", &json!({"TableName": table.name})).await?;
        let enabled = described["Table"]["StreamSpecification"]["StreamEnabled"] == true;
        let wanted = Description::of(table).is_some();
        if enabled != wanted {
            let request = json!({"TableName": table.name, "StreamSpecification": specification(wanted)});
            self.call("UpdateTable", &request).await?;
        }
        self.streams.register(table);
        Ok(())
    }
}

/// What the engine keeps of a stream: always both images, so that a write which changes nothing is known.
pub(super) fn specification(enabled: bool) -> Value {
    if enabled {
        json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    } else {
        json!({"StreamEnabled": false})
    }
}

/// A part of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    /// In their order; fewer than were read where writes have changed nothing or records are too old.
    pub(crate) records: Vec<Record>,
    /// Those that are too old, and that nobody can have any more.
    pub(crate) expired: Vec<Record>,
    /// Where the next part begins: after the last record that was read.
    pub(crate) through: Option<Sequence>,
}

/// A stream to read. Clones share the engine.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    pub(crate) description: Description,
    engine: Engine,
    clock: Clock,
}

impl Stream {
    /// How often anything may have been written: while it stays the same, there is nothing new to read.
    pub(crate) fn changes(&self) -> u64 {
        self.engine.changes()
    }

    /// Place of the last record; `None` while there is none.
    pub(crate) async fn latest(&self) -> Result<Option<Sequence>, DynamoDbError> {
        let described = self.engine.call("DescribeStream", &json!({"StreamArn": self.engines_arn()})).await?;
        let shard = &described["StreamDescription"]["Shards"][0];
        Ok(shard["SequenceNumberRange"]["EndingSequenceNumber"].as_str().and_then(Sequence::parse))
    }

    /// At most `limit` records after a place, or from the oldest on.
    pub(crate) async fn read(&self, after: Option<Sequence>, limit: usize) -> Result<Page, DynamoDbError> {
        let shard = format!("shardId-00000001-{}", self.description.table);
        let mut request =
            json!({"StreamArn": self.engines_arn(), "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
        if let Some(after) = after {
            request["ShardIteratorType"] = "AFTER_SEQUENCE_NUMBER".into();
            request["SequenceNumber"] = after.to_string().into();
        }
        let iterator = self.engine.call("GetShardIterator", &request).await?;
        let request = json!({"ShardIterator": iterator["ShardIterator"], "Limit": limit.min(MOST)});
        let answer = self.engine.call("GetRecords", &request).await?;
        let read = answer["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        let sequence = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().and_then(Sequence::parse);
        let records = read.iter().filter_map(|engines| {
            let sequence = sequence(engines)?;
            let at = self.clock.at(sequence.written());
            Some(Record { event: record::event(engines, &self.description)?, sequence, at })
        });
        let now = self.clock.now();
        let (expired, records) = records.partition(|record| expired(record, now));
        Ok(Page { records, expired, through: read.last().and_then(sequence).or(after) })
    }

    /// The engine finds the table by the name in an ARN, and has labels of its own.
    fn engines_arn(&self) -> &str {
        &self.description.arn
    }
}

fn expired(record: &Record, now: jiff::Timestamp) -> bool {
    now.duration_since(record.at) > SignedDuration::try_from(upkeep::RETENTION).unwrap_or(SignedDuration::MAX)
}
