//! What is in a stream after writes of every kind, and who may read it.

use serde_json::Value;

use super::*;
use crate::dynamodb::streams::{Record, Sequence};

const ARN: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/rides/stream/l";

fn streamed(view: &str) -> Table {
    let mut table = table();
    table.create_request["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": view});
    Table { stream_arn: Some(ARN.to_owned()), ..table }
}

pub(super) async fn opened(view: &str) -> (DynamoDb, DropTask) {
    let (database, engine) = DynamoDb::open(None, "arn", Guard::default()).await.expect("opens");
    database.create_table(&streamed(view)).await.expect("made");
    (database, engine)
}

pub(super) async fn records(database: &DynamoDb, after: Option<Sequence>) -> Vec<Record> {
    database.stream(ARN).expect("a stream").read(after, 1000).await.expect("read").records
}

pub(super) fn ride(id: &str, state: &str) -> Value {
    json!({"RideId": {"S": id}, "State": {"S": state}})
}

pub(super) fn put(id: &str, state: &str) -> Value {
    json!({"TableName": "rides", "Item": ride(id, state)})
}

/// `INSERT 1 new`, `MODIFY 1 old>new`, `REMOVE 1 old>`.
fn told(record: &Record) -> String {
    let change = &record.event["dynamodb"];
    let text = |item: &Value, name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let id = text(&change["Keys"], "RideId");
    let (old, new) = (text(&change["OldImage"], "State"), text(&change["NewImage"], "State"));
    format!("{} {id} {old}>{new}", record.event["eventName"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn every_kind_of_write_leaves_its_records_in_the_order_of_commits() {
    let (database, _engine) = opened("NEW_AND_OLD_IMAGES").await;
    let key = |id: &str| json!({"RideId": {"S": id}});
    let update = |id: &str, state: &str| {
        json!({"TableName": "rides", "Key": key(id), "UpdateExpression": "SET #s = :s",
               "ExpressionAttributeNames": {"#s": "State"}, "ExpressionAttributeValues": {":s": {"S": state}}})
    };
    let unless_there = |mut request: Value| {
        request["ConditionExpression"] = "attribute_not_exists(RideId)".into();
        request
    };
    let call = async |operation: &str, request: Value| database.call(operation, &request).await;
    call("PutItem", put("1", "a")).await.expect("stored");
    call("UpdateItem", update("1", "b")).await.expect("updated");
    call("UpdateItem", update("2", "n")).await.expect("made by its update");
    call("PutItem", unless_there(put("1", "x"))).await.expect_err("the condition fails");
    call("PutItem", put("1", "b")).await.expect("stored, and nothing changed");
    call("UpdateItem", update("1", "b")).await.expect("updated, and nothing changed");
    call("DeleteItem", json!({"TableName": "rides", "Key": key("9")})).await.expect("there was none");
    call("DeleteItem", json!({"TableName": "rides", "Key": key("1")})).await.expect("deleted");
    let batch = json!([{"PutRequest": {"Item": ride("3", "a")}}, {"DeleteRequest": {"Key": key("2")}}]);
    call("BatchWriteItem", json!({"RequestItems": {"rides": batch}})).await.expect("written");
    let cancelled = json!([{"Put": put("4", "a")}, {"Put": unless_there(put("3", "x"))}]);
    call("TransactWriteItems", json!({"TransactItems": cancelled})).await.expect_err("cancelled");
    let whole = json!([{"Put": put("4", "a")}, {"Update": update("3", "b")}]);
    call("TransactWriteItems", json!({"TransactItems": whole})).await.expect("written");
    let records = records(&database, None).await;
    let told: Vec<String> = records.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "INSERT 1 >a",
            "MODIFY 1 a>b",
            "INSERT 2 >n",
            "REMOVE 1 b>",
            "INSERT 3 >a",
            "REMOVE 2 n>",
            "INSERT 4 >a",
            "MODIFY 3 a>b"
        ]
    );
    assert!(records.is_sorted_by(|one, next| one.sequence < next.sequence));
    let first = &records[0].event;
    assert_eq!((first["eventSourceARN"].as_str(), first["awsRegion"].as_str()), (Some(ARN), Some("eu-west-1")));
    assert_eq!(first["eventID"].as_str().map(str::len), Some(32));
    let second = first["dynamodb"]["ApproximateCreationDateTime"].as_i64().expect("whole seconds");
    assert!((second - jiff::Timestamp::now().as_second()).abs() < 60, "{second}");
}

#[tokio::test]
async fn a_stream_outlives_the_lab_with_its_table_and_may_come_later() {
    let directory = tempfile::tempdir().expect("a directory");
    let open = async |table: &Table| {
        let (database, engine) = DynamoDb::open(Some(directory.path()), "arn", Guard::default()).await.expect("opens");
        database.create_table(table).await.expect("made or found");
        (database, engine)
    };
    {
        let (database, _engine) = open(&table()).await;
        database.call("PutItem", &put("0", "unseen")).await.expect("stored");
        assert!(database.stream(ARN).is_none());
    }
    let last = {
        let (database, _engine) = open(&streamed("NEW_IMAGE")).await;
        database.call("PutItem", &put("1", "a")).await.expect("stored");
        database.call("PutItem", &put("2", "a")).await.expect("stored");
        let records = records(&database, None).await;
        assert_eq!(records.iter().map(told).collect::<Vec<_>>(), ["INSERT 1 >a", "INSERT 2 >a"]);
        records[0].sequence
    };
    let (database, _engine) = open(&streamed("NEW_IMAGE")).await;
    database.call("PutItem", &put("2", "b")).await.expect("stored");
    let records = records(&database, Some(last)).await;
    assert_eq!(records.iter().map(told).collect::<Vec<_>>(), ["INSERT 2 >a", "MODIFY 2 >b"]);
}

#[tokio::test]
async fn records_are_removed_when_their_day_is_over() {
    let (database, _engine) = opened("NEW_IMAGE").await;
    database.call("PutItem", &put("1", "a")).await.expect("stored");
    let now = jiff::Timestamp::now();
    assert_eq!(database.engine.upkeep.trim(now).expect("trimmed"), 0);
    let tomorrow = now + jiff::SignedDuration::from_hours(25);
    assert_eq!(database.engine.upkeep.trim(tomorrow).expect("trimmed"), 1);
    assert_eq!(records(&database, None).await, []);
    database.call("PutItem", &put("2", "a")).await.expect("stored");
    assert_eq!(records(&database, None).await.iter().map(told).collect::<Vec<_>>(), ["INSERT 2 >a"]);
}

#[tokio::test]
async fn only_what_may_have_written_counts_as_a_change() {
    let (database, _engine) = opened("NEW_IMAGE").await;
    let stream = database.stream(ARN).expect("a stream");
    let before = stream.changes();
    database.items("rides").await.expect("read");
    stream.read(None, 10).await.expect("read");
    assert_eq!(stream.changes(), before);
    database.call("PutItem", &put("1", "a")).await.expect("stored");
    assert_eq!(stream.changes(), before + 1);
}

#[tokio::test]
async fn a_person_can_read_what_a_dead_letter_points_at() {
    let (database, _engine) = opened("NEW_IMAGE").await;
    for ride in ["1", "2", "3"] {
        database.call("PutItem", &put(ride, "new")).await.expect("stored");
    }
    let ask = async |operation: &str, request: Value| {
        let call = front::Call { operation: operation.to_owned(), side: None, tables: Vec::new(), request };
        let answer = database.of_stream(&call).await.answer;
        let body = http_body_util::BodyExt::collect(answer.into_body()).await.expect("a body").to_bytes();
        serde_json::from_slice::<Value>(&body).expect("JSON")
    };
    assert_eq!(ask("ListStreams", json!({"TableName": "rides"})).await["Streams"][0]["StreamArn"], ARN);
    let described = ask("DescribeStream", json!({"StreamArn": ARN})).await;
    let shard = described["StreamDescription"]["Shards"][0].clone();
    let first = shard["SequenceNumberRange"]["StartingSequenceNumber"].clone();
    let read = async |kind: &str, sequence: Option<&Value>, limit: u64| {
        let mut request = json!({"StreamArn": ARN, "ShardId": shard["ShardId"], "ShardIteratorType": kind});
        if let Some(sequence) = sequence {
            request["SequenceNumber"] = sequence.clone();
        }
        let iterator = ask("GetShardIterator", request).await;
        ask("GetRecords", json!({"ShardIterator": iterator["ShardIterator"], "Limit": limit})).await
    };
    let rides = |answer: &Value| -> Vec<String> {
        let records = answer["Records"].as_array().expect("records");
        records
            .iter()
            .map(|record| record["dynamodb"]["Keys"]["RideId"]["S"].as_str().expect("a key").to_owned())
            .collect()
    };
    assert_eq!(rides(&read("TRIM_HORIZON", None, 10).await), ["1", "2", "3"]);
    assert_eq!(rides(&read("AT_SEQUENCE_NUMBER", Some(&first), 1).await), ["1"]);
    assert_eq!(rides(&read("AFTER_SEQUENCE_NUMBER", Some(&first), 10).await), ["2", "3"]);
    let page = read("TRIM_HORIZON", None, 2).await;
    assert_eq!(rides(&page), ["1", "2"]);
    assert_eq!(page["Records"][0].get("eventSourceARN"), None);
    let rest = ask("GetRecords", json!({"ShardIterator": page["NextShardIterator"]})).await;
    assert_eq!(rides(&rest), ["3"]);
    assert_eq!(rides(&read("LATEST", None, 10).await), Vec::<String>::new());
    let wrong = ask("GetShardIterator", json!({"StreamArn": "arn:other", "ShardIteratorType": "LATEST"})).await;
    assert!(wrong["__type"].as_str().is_some_and(|kind| kind.ends_with("ResourceNotFoundException")), "{wrong}");
}
