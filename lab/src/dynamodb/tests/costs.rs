//! What calls cost, and what a service that is down says, over HTTP.

use super::served::{RIDES, Served, TABLE, item};
use super::*;
use crate::aws::{Fault, Trouble};

#[tokio::test]
async fn a_condition_that_fails_costs_what_is_there() {
    let served = Served::start().await;
    let mut large = item("1");
    large["Name"] = json!({"S": "x".repeat(3 * 1024)});
    let mut put = json!({"TableName": "rides", "Item": large});
    assert_eq!(served.call("PutItem", put.clone()).await.status, 200);
    put["ConditionExpression"] = "attribute_not_exists(RideId)".into();
    let before = served.sum("ConsumedWriteCapacityUnits", &[TABLE]);
    let failed = served.call("PutItem", put).await;
    assert_eq!(failed.kind(), "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
    assert_eq!(failed.body.get("Item"), None, "nobody asked for it");
    assert_eq!((before, served.sum("ConsumedWriteCapacityUnits", &[TABLE])), (4.0, 8.0));
}

#[tokio::test]
async fn reads_cost_by_size_and_consistency() {
    let served = Served::start().await;
    let mut large = item("1");
    large["Name"] = json!({"S": "x".repeat(5 * 1024)});
    served.call("PutItem", json!({"TableName": "rides", "Item": large})).await;
    let units = async |operation: &str, consistent: bool| {
        let mut request =
            json!({"TableName": "rides", "ConsistentRead": consistent, "ReturnConsumedCapacity": "TOTAL"});
        if operation == "GetItem" {
            request["Key"] = item("1");
        }
        served.call(operation, request).await.body["ConsumedCapacity"]["CapacityUnits"].clone()
    };
    for operation in ["GetItem", "Scan"] {
        assert_eq!((units(operation, false).await, units(operation, true).await), (json!(1.0), json!(2.0)));
    }
    let get = json!({"Get": {"TableName": "rides", "Key": item("1")}});
    let both = json!({"TransactItems": [get], "ReturnConsumedCapacity": "TOTAL"});
    let transaction = served.call("TransactGetItems", both).await;
    assert_eq!(transaction.body["ConsumedCapacity"][0]["CapacityUnits"], 4.0);
    let missing = json!({"TableName": "rides", "Key": item("2"), "ReturnConsumedCapacity": "TOTAL"});
    assert_eq!(served.call("GetItem", missing).await.body["ConsumedCapacity"]["CapacityUnits"], 0.5);
    assert_eq!(served.sum("ConsumedReadCapacityUnits", &[TABLE]), 1.0 + 2.0 + 1.0 + 2.0 + 4.0 + 0.5);
}

#[tokio::test]
async fn a_service_that_is_down_says_so_in_aws_words() {
    let served = Served::start().await;
    for (trouble, status, kind) in
        [(Trouble::Fail, 500, "InternalServerError"), (Trouble::Unavailable, 503, "ServiceUnavailable")]
    {
        served.database.switch.set_for(RIDES, Fault::every(trouble));
        let answer = served.put("1").await;
        assert_eq!((answer.status.as_u16(), answer.kind().rsplit('#').next()), (status, Some(kind)));
    }
    assert_eq!(served.sum("SystemErrors", &[TABLE, ("Operation", "PutItem")]), 2.0);
}

#[tokio::test]
async fn statements_are_refused_by_name_while_a_table_is_provisioned() {
    let served = Served::start().await;
    let statement = json!({"Statement": "SELECT * FROM rides"});
    assert_eq!(served.call("ExecuteStatement", statement.clone()).await.status, 200);
    served.provision("rides", 1, 300);
    let refused = served.call("ExecuteStatement", statement).await;
    assert!(refused.body["message"].as_str().is_some_and(|why| why.contains("ExecuteStatement")), "{refused:?}");
}

#[tokio::test]
async fn a_table_that_is_updated_has_its_new_capacity() {
    let served = Served::start().await;
    let units = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5});
    let update = json!({"TableName": "rides", "BillingMode": "PROVISIONED", "ProvisionedThroughput": units});
    let updated = served.call("UpdateTable", update).await;
    assert_eq!(updated.status, 200, "{updated:?}");
    let provisioned = served.database.capacity.provisioned();
    assert_eq!(provisioned.len(), 1);
    assert_eq!(provisioned[0].1, Throughput { read: 5, write: 5, burst: None });
}
