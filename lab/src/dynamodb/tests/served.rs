//! A database that is served over HTTP, as a function sees it.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use super::*;
use crate::template::{MetricName, Statistic};

pub(super) const PREFIX: &str = "arn:aws:dynamodb:eu-west-1:123456789012";
pub(super) const RIDES: &str = "arn:aws:dynamodb:eu-west-1:123456789012:table/rides";

/// A served database with a table `rides`, and one `notes` with an index.
pub(super) struct Served {
    pub(super) database: DynamoDb,
    pub(super) instruments: Instruments,
    pub(super) origin: String,
    _tasks: [DropTask; 2],
}

#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Answered {
    pub(super) fn kind(&self) -> &str {
        self.body["__type"].as_str().unwrap_or_default()
    }
}

impl Served {
    pub(super) async fn start() -> Self {
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

    pub(super) async fn call(&self, operation: &str, request: Value) -> Answered {
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

    pub(super) async fn put(&self, id: &str) -> Answered {
        self.call("PutItem", json!({"TableName": "rides", "Item": item(id)})).await
    }

    pub(super) fn provision(&self, table: &str, write: u32, burst: u16) {
        self.database.provision(table, Throughput { read: 1, write, burst: Some(burst) });
    }

    pub(super) fn sum(&self, metric: &str, dimensions: &[(&str, &str)]) -> f64 {
        let pairs = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let namespace = "AWS/DynamoDB".to_owned();
        let metric = MetricName { namespace, name: metric.to_owned(), dimensions: pairs.collect() };
        let (now, hour) = (jiff::Timestamp::now(), Duration::from_secs(3600));
        let points = self.instruments.metrics.series(&metric, Statistic::Sum, hour, now - hour, now + hour);
        points.iter().map(|(_, value)| value).sum()
    }
}

pub(super) fn item(id: &str) -> Value {
    json!({"RideId": {"S": id}})
}

pub(super) const TABLE: (&str, &str) = ("TableName", "rides");
