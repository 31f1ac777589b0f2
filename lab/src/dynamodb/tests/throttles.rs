//! Too little capacity, over HTTP.

use super::served::{PREFIX, RIDES, Served, TABLE, item};
use super::*;
use crate::aws::{Fault, Trouble};
use crate::dynamodb::throttle::Place;

#[tokio::test]
async fn a_table_without_units_throttles_as_aws_does() {
    let served = Served::start().await;
    served.provision("rides", 1, 0);
    let throttled = served.put("1").await;
    assert_eq!(throttled.status, 400);
    assert_eq!(throttled.kind(), "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException");
    let reasons = json!([{"reason": "TableWriteProvisionedThroughputExceeded", "resource": RIDES}]);
    assert_eq!(throttled.body["ThrottlingReasons"], reasons);
    assert!(throttled.body["message"].as_str().is_some_and(|message| message.contains("provisioned throughput")));
    for header in ["x-amzn-requestid", "x-amz-crc32"] {
        assert!(throttled.headers.contains_key(header), "{header}");
    }
    assert!(served.database.items("rides").await.expect("read").is_empty(), "a throttled write has no effect");
    assert_eq!(served.sum("WriteThrottleEvents", &[TABLE]), 1.0);
    assert_eq!(served.sum("ThrottledRequests", &[TABLE, ("Operation", "PutItem")]), 1.0);
    assert_eq!(served.sum("ReadThrottleEvents", &[TABLE]), 0.0);
    assert_eq!(served.sum("UserErrors", &[]), 0.0);
    served.database.as_in_template("rides");
    assert_eq!(served.put("1").await.status, 200);
}

#[tokio::test]
async fn a_burst_is_used_up_write_by_write() {
    let served = Served::start().await;
    served.provision("rides", 1, 3);
    let mut stored = 0;
    while served.put(&stored.to_string()).await.status == 200 {
        stored += 1;
        assert!(stored < 100, "a unit a second is not this much");
    }
    assert!(stored >= 3, "{stored}");
    assert_eq!(served.sum("ConsumedWriteCapacityUnits", &[TABLE]), f64::from(stored));
}

#[tokio::test]
async fn a_starved_index_throttles_the_writes_of_its_table() {
    let served = Served::start().await;
    served.provision("notes", 1, 300);
    let mut note = item("1");
    note["Status"] = json!({"S": "open"});
    let put = json!({"TableName": "notes", "Item": note});
    assert_eq!(served.call("PutItem", put.clone()).await.status, 200);
    let index = Place { table: "notes".to_owned(), index: Some("ByStatus".to_owned()) };
    let rest = capacity::Demand { place: index, side: Side::Write, units: 300.0, key: None };
    served.database.capacity.settle(&[], Side::Write, &[(rest.place, rest.units)], Instant::now());
    let throttled = served.call("PutItem", put).await;
    let resource = format!("{PREFIX}:table/notes/index/ByStatus");
    let reasons = json!([{"reason": "IndexWriteProvisionedThroughputExceeded", "resource": resource}]);
    assert_eq!(throttled.body["ThrottlingReasons"], reasons);
    let index = [("TableName", "notes"), ("GlobalSecondaryIndexName", "ByStatus")];
    assert_eq!(served.sum("WriteThrottleEvents", &index), 1.0);
    assert_eq!(served.sum("WriteThrottleEvents", &index[..1]), 0.0, "the table itself had enough");
    let plain = json!({"TableName": "notes", "Item": item("2")});
    assert_eq!(served.call("PutItem", plain).await.status, 200, "what is not in the index does not need it");
}

#[tokio::test]
async fn a_batch_is_done_as_far_as_capacity_goes() {
    let served = Served::start().await;
    served.provision("rides", 1, 2);
    let put = |id: u32| json!({"PutRequest": {"Item": item(&id.to_string())}});
    let batch = |ids: std::ops::Range<u32>| json!({"RequestItems": {"rides": ids.map(put).collect::<Vec<_>>()}});
    let part = served.call("BatchWriteItem", batch(0..20)).await;
    assert_eq!(part.status, 200, "{part:?}");
    let unprocessed = part.body["UnprocessedItems"]["rides"].as_array().map_or(0, Vec::len);
    let stored = served.database.items("rides").await.expect("read").len();
    assert!(stored >= 2 && unprocessed > 0 && stored + unprocessed == 20, "{stored} and {unprocessed}");
    assert_eq!(served.sum("ThrottledRequests", &[TABLE, ("Operation", "BatchWriteItem")]), 0.0);
    served.provision("rides", 1, 0);
    let none = served.call("BatchWriteItem", batch(20..22)).await;
    assert_eq!(none.kind(), "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException");
    assert_eq!(served.sum("ThrottledRequests", &[TABLE, ("Operation", "BatchWriteItem")]), 1.0);
    assert_eq!(served.sum("WriteThrottleEvents", &[TABLE]), unprocessed as f64 + 2.0);
}

#[tokio::test]
async fn a_transaction_is_cancelled_as_a_whole_and_says_which_item_did_it() {
    let served = Served::start().await;
    served.provision("rides", 1, 0);
    let put = |table: &str| json!({"Put": {"TableName": table, "Item": item("1")}});
    let cancelled = served.call("TransactWriteItems", json!({"TransactItems": [put("notes"), put("rides")]})).await;
    assert_eq!(cancelled.kind(), "com.amazonaws.dynamodb.v20120810#TransactionCanceledException");
    let codes: Vec<_> = (0..2).map(|at| cancelled.body["CancellationReasons"][at]["Code"].clone()).collect();
    assert_eq!(codes, ["None", "ProvisionedThroughputExceeded"]);
    assert!(served.database.items("notes").await.expect("read").is_empty(), "all or nothing");
}

#[tokio::test]
async fn a_throttle_on_order_is_that_of_the_tables_mode() {
    let served = Served::start().await;
    let on_order = Fault::every(Trouble::Throttle).only(Some("PutItem".to_owned()));
    served.database.switch.set_for(RIDES, on_order);
    let on_demand = served.put("1").await;
    assert_eq!(on_demand.kind(), "com.amazonaws.dynamodb.v20120810#ThrottlingException");
    assert_eq!(on_demand.body["throttlingReasons"][0]["reason"], "TableWriteKeyRangeThroughputExceeded");
    served.provision("rides", 100, 300);
    let provisioned = served.put("1").await;
    assert_eq!(provisioned.body["ThrottlingReasons"][0]["reason"], "TableWriteProvisionedThroughputExceeded");
    assert_eq!(served.sum("WriteThrottleEvents", &[TABLE]), 2.0);
    let get = json!({"TableName": "rides", "Key": item("1")});
    assert_eq!(served.call("GetItem", get).await.status, 200, "another operation has no trouble");
}
