//! Over HTTP, as a function sees it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::*;
use crate::aws::{Fault, Trouble};
use crate::dynamodb::throttle::Place;
use crate::template::{MetricName, Statistic};

const PREFIX: &str = "arn:aws:dynamodb:eu-west-1:123456789012";
const RIDES: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/rides";

/// A served database with a table `rides`, and one `notes` with an index.
struct Served {
    database: DynamoDb,
    instruments: Instruments,
    origin: String,
    _tasks: [DropTask; 2],
}

#[derive(Debug)]
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Answered {
    fn kind(&self) -> &str {
        self.body["__type"].as_str().unwrap_or_default()
    }
}

impl Served {
    async fn start() -> Self {
        let instruments = Instruments::default();
        let (database, engine) = DynamoDb::open(None, PREFIX, Guard::default()).await.expect("opens");
        let database = database.measured(instruments.clone());
        database.create_table(&table()).await.expect("made");
        let mut notes = table();
        notes.name = "notes".to_owned();
        notes.create_request["TableName"] = "notes".into();
        notes.create_request["AttributeDefinitions"] = json!([
            {"AttributeName": "RideId", "AttributeType": "S"}, {"AttributeName": "Status", "AttributeType": "S"},
        ]);
        notes.create_request["GlobalSecondaryIndexes"] = json!([{
            "IndexName": "ByStatus", "KeySchema": [{"AttributeName": "Status", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }]);
        database.create_table(&notes).await.expect("made");
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let serving = DropTask::spawn(database.clone().serve(listener));
        Self { database, instruments, origin, _tasks: [engine, serving] }
    }

    async fn call(&self, operation: &str, request: Value) -> Answered {
        let request = http::Request::post(&self.origin)
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-date", "20260101T000000Z")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=a/20260101/r/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
            )
            .body(Full::new(Bytes::from(request.to_string())))
            .expect("a request");
        let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let body = serde_json::from_slice(&body).expect("JSON");
        Answered { status: parts.status, headers: parts.headers, body }
    }

    async fn put(&self, id: &str) -> Answered {
        self.call("PutItem", json!({"TableName": "rides", "Item": item(id)})).await
    }

    fn provision(&self, table: &str, write: u32, burst: u16) {
        self.database.provision(table, Throughput { read: 1, write, burst: Some(burst) });
    }

    fn sum(&self, metric: &str, dimensions: &[(&str, &str)]) -> f64 {
        let pairs = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let namespace = "AWS/DynamoDB".to_owned();
        let metric = MetricName { namespace, name: metric.to_owned(), dimensions: pairs.collect() };
        let (now, hour) = (jiff::Timestamp::now(), Duration::from_secs(3600));
        let points = self.instruments.metrics.series(&metric, Statistic::Sum, hour, now - hour, now + hour);
        points.iter().map(|(_, value)| value).sum()
    }
}

fn item(id: &str) -> Value {
    json!({"RideId": {"S": id}})
}

const TABLE: (&str, &str) = ("TableName", "rides");

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
