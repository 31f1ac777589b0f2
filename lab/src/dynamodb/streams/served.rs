//! The streams' own API: what a person reads a record with that a dead letter only points at.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html>
//!
//! Simplified: one answer lists all, iterators never expire, and a place before the oldest record means the oldest.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use super::{Description, MOST, Sequence, Stream};
use crate::dynamodb::answer;
use crate::dynamodb::front::{Call, Outcome};
use crate::dynamodb::{DynamoDb, DynamoDbError};

/// Operations of `DynamoDBStreams_20120810`.
pub(in crate::dynamodb) const OPERATIONS: [&str; 4] =
    ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"];

/// "Retrieves a maximum of 1 MB of data or 1000 stream records, whichever comes first."
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html>
const MOST_BYTES: usize = 1024 * 1024;

/// Kind and words of an error.
type Refusal = (&'static str, String);

impl DynamoDb {
    /// ARN that IAM is asked about.
    pub(in crate::dynamodb) fn stream_arn(call: &Call) -> String {
        let named = call.request["StreamArn"].as_str().map(str::to_owned);
        named.or_else(|| Some(Iterator::read(&call.request)?.arn)).unwrap_or_else(|| "*".to_owned())
    }

    /// Answers an operation of a stream.
    pub(in crate::dynamodb) async fn of_stream(&self, call: &Call) -> Outcome {
        let answered = match call.operation.as_str() {
            "ListStreams" => Ok(self.list(&call.request)),
            "DescribeStream" => self.describe(&call.request).await,
            "GetShardIterator" => self.iterator(&call.request).await,
            _ => self.records(&call.request).await,
        };
        match answered {
            Ok(body) => Outcome::refused(answer::answer(StatusCode::OK, &body), ""),
            Err((kind, message)) => {
                Outcome::refused(answer::error(StatusCode::BAD_REQUEST, kind, json!({"message": message})), kind)
            }
        }
    }

    fn list(&self, request: &Value) -> Value {
        let table = request["TableName"].as_str();
        let of_table = |stream: &Description| table.is_none_or(|table| stream.table == table);
        let all = self.streams.all().into_iter().filter(of_table);
        let shown = |stream: Description| json!({"StreamArn": stream.arn, "StreamLabel": label(&stream), "TableName": stream.table});
        json!({"Streams": all.map(shown).collect::<Vec<_>>()})
    }

    async fn describe(&self, request: &Value) -> Result<Value, Refusal> {
        let stream = self.named(request["StreamArn"].as_str())?;
        let first = stream.read(None, 1).await.map_err(failed)?;
        let mut range = json!({});
        if let Some(first) = first.records.first() {
            range["StartingSequenceNumber"] = first.sequence.to_string().into();
        }
        let described = &stream.description;
        Ok(json!({"StreamDescription": {
            "StreamArn": described.arn, "StreamLabel": label(described), "StreamStatus": "ENABLED",
            "StreamViewType": described.view, "TableName": described.table,
            "Shards": [{"ShardId": described.shard(), "SequenceNumberRange": range}],
        }}))
    }

    async fn iterator(&self, request: &Value) -> Result<Value, Refusal> {
        let stream = self.named(request["StreamArn"].as_str())?;
        if request["ShardId"] != stream.description.shard() {
            let why = format!("Requested resource not found: Shard: {}", request["ShardId"]);
            return Err(("ResourceNotFoundException", why));
        }
        let sequence = || {
            let number = request["SequenceNumber"].as_str().and_then(Sequence::parse);
            number.ok_or_else(|| ("ValidationException", "Invalid SequenceNumber".to_owned()))
        };
        let after = match request["ShardIteratorType"].as_str().unwrap_or_default() {
            "TRIM_HORIZON" => None,
            "LATEST" => stream.latest().await.map_err(failed)?,
            "AFTER_SEQUENCE_NUMBER" => Some(sequence()?),
            "AT_SEQUENCE_NUMBER" => sequence()?.before(),
            other => return Err(("ValidationException", format!("Invalid ShardIteratorType: {other}"))),
        };
        Ok(json!({"ShardIterator": Iterator { arn: stream.description.arn, after }.token()}))
    }

    async fn records(&self, request: &Value) -> Result<Value, Refusal> {
        let invalid = || ("ValidationException", "Invalid ShardIterator".to_owned());
        let iterator = Iterator::read(request).ok_or_else(invalid)?;
        let stream = self.named(Some(&iterator.arn))?;
        let limit = request["Limit"].as_u64().map_or(MOST, |limit| usize::try_from(limit).unwrap_or(MOST));
        let page = stream.read(iterator.after, limit.clamp(1, MOST)).await.map_err(failed)?;
        let (mut records, mut bytes, mut through) = (Vec::new(), 0, page.through);
        for (index, mut record) in page.records.into_iter().enumerate() {
            // The API has no such member; consumers that are handed a record have.
            record.event.as_object_mut().map(|event| event.remove("eventSourceARN"));
            bytes += record.event.to_string().len();
            if index > 0 && bytes > MOST_BYTES {
                through = records.last().map(|last: &(Sequence, Value)| last.0).or(through);
                break;
            }
            records.push((record.sequence, record.event));
        }
        let records: Vec<Value> = records.into_iter().map(|(_, record)| record).collect();
        let next = Iterator { arn: iterator.arn, after: through }.token();
        Ok(json!({"Records": records, "NextShardIterator": next}))
    }

    fn named(&self, arn: Option<&str>) -> Result<Stream, Refusal> {
        let arn = arn.unwrap_or_default();
        let missing = || ("ResourceNotFoundException", format!("Requested resource not found: Stream: {arn}"));
        self.stream(arn).ok_or_else(missing)
    }
}

fn failed(error: DynamoDbError) -> Refusal {
    ("InternalServerError", error.to_string())
}

fn label(stream: &Description) -> &str {
    stream.arn.rsplit_once('/').map_or("", |(_, label)| label)
}

/// A place in a stream.
struct Iterator {
    arn: String,
    after: Option<Sequence>,
}

impl Iterator {
    fn token(&self) -> String {
        let after = self.after.map(|after| after.to_string());
        STANDARD.encode(json!([self.arn, after]).to_string())
    }

    fn read(request: &Value) -> Option<Self> {
        let bytes = STANDARD.decode(request["ShardIterator"].as_str()?).ok()?;
        let (arn, after): (String, Option<String>) = serde_json::from_slice(&bytes).ok()?;
        let after = match after {
            Some(after) => Some(Sequence::parse(&after)?),
            None => None,
        };
        Some(Self { arn, after })
    }
}
