//! Whoever applies the records of a stream in their order has the table, whatever was written and however many wrote.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::streams::{opened, put, records, ride};
use super::*;

/// One call that writes: its operation and its request.
fn call(kind: u8, id: &str, other: &str, state: &str) -> (&'static str, Value) {
    let key = json!({"RideId": {"S": id}});
    let mut plain = put(id, state);
    match kind {
        0 => ("PutItem", plain),
        1 => {
            plain["ConditionExpression"] = "attribute_not_exists(RideId)".into();
            ("PutItem", plain)
        }
        2 => ("DeleteItem", json!({"TableName": "rides", "Key": key})),
        3 => {
            let names = json!({"#s": "State"});
            let values = json!({":s": {"S": state}});
            let update = json!({"TableName": "rides", "Key": key, "UpdateExpression": "SET #s = :s",
                                "ExpressionAttributeNames": names, "ExpressionAttributeValues": values});
            ("UpdateItem", update)
        }
        4 => {
            let writes = json!([{"PutRequest": {"Item": ride(id, state)}}, {"DeleteRequest": {"Key": {"RideId": {"S": other}}}}]);
            ("BatchWriteItem", json!({"RequestItems": {"rides": writes}}))
        }
        _ => {
            let mut second = put(other, state);
            second["ConditionExpression"] = "attribute_exists(RideId)".into();
            ("TransactWriteItems", json!({"TransactItems": [{"Put": plain}, {"Put": second}]}))
        }
    }
}

/// The table that the records make. Each must begin with what the one before has left of its item, and change it.
async fn replayed(database: &DynamoDb) -> Result<BTreeMap<String, Value>, String> {
    let mut table = BTreeMap::new();
    for record in records(database, None).await {
        let change = &record.event["dynamodb"];
        let id = change["Keys"]["RideId"]["S"].as_str().unwrap_or_default().to_owned();
        let (old, new) = (change.get("OldImage"), change.get("NewImage"));
        if table.get(&id) != old || new == old {
            return Err(format!("{:?} is followed by {change}", table.get(&id)));
        }
        match new {
            Some(new) => table.insert(id, new.clone()),
            None => table.remove(&id),
        };
    }
    Ok(table)
}

async fn stored(database: &DynamoDb) -> BTreeMap<String, Value> {
    let items = database.items("rides").await.expect("read");
    items.into_iter().map(|item| (item["RideId"]["S"].as_str().unwrap_or_default().to_owned(), item)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_records_are_the_table(writes in proptest::collection::vec((0..6_u8, 0..4_u8, 1..4_u8, 0..3_u8), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (database, _engine) = opened("NEW_AND_OLD_IMAGES").await;
            for (kind, id, step, state) in writes {
                // Never the same item twice in one call, which DynamoDB refuses.
                let (id, other) = (id.to_string(), ((id + step) % 4).to_string());
                let (operation, request) = call(kind, &id, &other, &state.to_string());
                // A failed condition is a write that leaves nothing.
                let _ = database.call(operation, &request).await;
            }
            prop_assert_eq!(replayed(&database).await, Ok(stored(&database).await));
            Ok(())
        })?;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_at_once_leave_one_order() {
    let (database, _engine) = opened("NEW_AND_OLD_IMAGES").await;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..8 {
        let database = database.clone();
        writers.spawn(async move {
            for n in 0..25 {
                let id = (n % 3).to_string();
                database.call("PutItem", &put(&id, &format!("{writer}/{n}"))).await.expect("stored");
            }
        });
    }
    while let Some(written) = writers.join_next().await {
        written.expect("written");
    }
    assert_eq!(records(&database, None).await.len(), 200);
    assert_eq!(replayed(&database).await, Ok(stored(&database).await));
}
