mod costs;
mod replayed;
mod served;
mod streams;
mod throttles;

use serde_json::json;

use super::*;
use crate::template::Table;

fn table() -> Table {
    let create_request = json!({
        "TableName": "rides",
        "AttributeDefinitions": [{"AttributeName": "RideId", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "RideId", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    });
    Table {
        logical_id: "RidesTable".to_owned(),
        name: "rides".to_owned(),
        arn: String::new(),
        create_request,
        stream_arn: None,
        ttl_attribute: None,
    }
}

#[tokio::test]
async fn a_table_is_made_once_and_keeps_its_items() {
    let directory = tempfile::tempdir().expect("a directory");
    {
        let (database, _engine) = DynamoDb::open(Some(directory.path()), "arn", Guard::default()).await.expect("opens");
        database.create_table(&table()).await.expect("made");
        let put = json!({"TableName": "rides", "Item": {"RideId": {"S": "1"}}});
        database.call("PutItem", &put).await.expect("stored");
    }
    let (database, _engine) =
        DynamoDb::open(Some(directory.path()), "arn", Guard::default()).await.expect("opens again");
    database.create_table(&table()).await.expect("accepted");
    assert_eq!(database.items("rides").await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_failed_condition_returns_the_item_when_asked() {
    let (database, _engine) = DynamoDb::open(None, "arn", Guard::default()).await.expect("opens");
    database.create_table(&table()).await.expect("made");
    let put = json!({
        "TableName": "rides", "Item": {"RideId": {"S": "1"}, "Name": {"S": "first"}},
        "ConditionExpression": "attribute_not_exists(RideId)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    database.call("PutItem", &put).await.expect("stored");
    let refused = database.call("PutItem", &put).await.expect_err("refused");
    assert!(matches!(refused, DynamoDbError::Refused { kind, .. } if kind == "ConditionalCheckFailedException"));
}

#[tokio::test]
async fn a_table_with_other_keys_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let (database, _engine) = DynamoDb::open(Some(directory.path()), "arn", Guard::default()).await.expect("opens");
    database.create_table(&table()).await.expect("made");
    let mut other = table();
    other.create_request["KeySchema"][0]["AttributeName"] = "Name".into();
    other.create_request["AttributeDefinitions"][0]["AttributeName"] = "Name".into();
    let refused = database.create_table(&other).await.expect_err("refused");
    assert!(matches!(refused, DynamoDbError::OtherKeys { .. }), "{refused}");
}
