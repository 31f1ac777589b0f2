//! DynamoDB: the embedded `dynoxide` behind a front that sees every call.

mod capacity;
mod metrics;
mod throughput;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use throughput::Throughput;
pub(crate) use throughput::{BURST_SECONDS, UNITS};

use crate::aws::{self, Guard, Outage, Switch};
use crate::instruments::Instruments;
use crate::listen::{self, Answer};
use crate::task::DropTask;
use crate::template::Table;

/// DynamoDB's own limit of a request.
const REQUEST_LIMIT: usize = 16 * 1024 * 1024;

/// How often provisioned capacity is reported, by the lab's clock: "for all other DynamoDB metrics, the aggregation
/// granularity is five minutes".
const PROVISIONED_EVERY: Duration = Duration::from_secs(300);

/// What reads and writes items, and can be troubled by name.
pub(crate) const OPERATIONS: [&str; 10] = [
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
];

/// How long a new table may take to become active.
const ACTIVE_LIMIT: Duration = Duration::from_secs(10);

/// Why the database did not open, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum DynamoDbError {
    /// The file is no database, or cannot be written.
    #[error("could not open the database at {path}: {reason}; is another lab using this directory?")]
    Open {
        /// The file, or `memory`.
        path: String,
        /// What the engine said.
        reason: String,
    },
    /// No loopback listener.
    #[error("could not listen on loopback for DynamoDB")]
    Listen(#[source] std::io::Error),
    /// The engine answered with an error.
    #[error("DynamoDB refused {operation}: {kind}: {message}")]
    Refused {
        /// Operation.
        operation: String,
        /// Error type without its namespace.
        kind: String,
        /// The engine's words.
        message: String,
    },
    /// The engine did not answer.
    #[error("DynamoDB did not answer {operation}")]
    Silent {
        /// Operation.
        operation: String,
    },
    /// The directory holds this table with other keys.
    #[error(
        "table {table} exists in the data directory with other keys than the template's; use another --data directory"
    )]
    OtherKeys {
        /// Physical name.
        table: String,
    },
}

/// The database and its front. Clones share them.
#[derive(Debug, Clone)]
pub struct DynamoDb {
    engine: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
    guard: Guard,
    /// `arn:aws:dynamodb:{region}:{account}`.
    arn_prefix: String,
    /// Makes the service fail or slow.
    pub switch: Switch,
    instruments: Option<Instruments>,
    /// Read and write units of the tables that are provisioned.
    provisioned: Arc<Mutex<BTreeMap<String, (f64, f64)>>>,
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
        let path =
            directory.map_or("memory".to_owned(), |directory| directory.join("dynamodb.db").display().to_string());
        let opened = match directory {
            None => dynoxide::Database::memory(),
            Some(_) => dynoxide::Database::new(&path),
        };
        let database = opened.map_err(|error| DynamoDbError::Open { path, reason: error.to_string() })?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(DynamoDbError::Listen)?;
        let address = listener.local_addr().map_err(DynamoDbError::Listen)?;
        let engine = Uri::builder()
            .scheme("http")
            .authority(address.to_string())
            .path_and_query("/")
            .build()
            .map_err(|error| DynamoDbError::Listen(std::io::Error::other(error)))?;
        let task = DropTask::spawn(async move {
            // Ends with the lab; its error would be one of accept, and every call then fails visibly.
            let _ = dynoxide::server::serve_with_shutdown(listener, database, std::future::pending()).await;
        });
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let database = Self {
            engine,
            client,
            guard,
            arn_prefix: arn_prefix.to_owned(),
            switch: Switch::default(),
            instruments: None,
            provisioned: Arc::default(),
        };
        Ok((database, task))
    }

    /// The same database, whose calls are told to CloudWatch. What the lab itself does is not.
    #[must_use]
    pub fn measured(self, instruments: Instruments) -> Self {
        Self { instruments: Some(instruments), ..self }
    }

    /// Creates a table, or accepts the one that the data directory already holds.
    ///
    /// # Errors
    /// When the engine refuses it or the existing table has other keys.
    pub async fn create_table(&self, table: &Table) -> Result<(), DynamoDbError> {
        match self.call("CreateTable", &table.create_request).await {
            Err(DynamoDbError::Refused { kind, .. }) if kind == "ResourceInUseException" => {
                let described = self.call("DescribeTable", &json!({"TableName": table.name})).await?;
                if described["Table"]["KeySchema"] != table.create_request["KeySchema"] {
                    return Err(DynamoDbError::OtherKeys { table: table.name.clone() });
                }
            }
            created => drop(created?),
        }
        if let Some(units) = capacity::provisioned(&table.create_request) {
            self.provisioned.lock().unwrap_or_else(PoisonError::into_inner).insert(table.name.clone(), units);
        }
        self.wait_until_active(&table.name).await?;
        if let Some(attribute) = &table.ttl_attribute {
            let specification = json!({"Enabled": true, "AttributeName": attribute});
            let request = json!({"TableName": table.name, "TimeToLiveSpecification": specification});
            match self.call("UpdateTimeToLive", &request).await {
                // Already enabled: the data directory is used again.
                Err(DynamoDbError::Refused { kind, .. }) if kind == "ValidationException" => {}
                other => drop(other?),
            }
        }
        Ok(())
    }

    /// Provisions a table and its global indexes anew, until [`as_in_template`](Self::as_in_template).
    pub(crate) fn provision(&self, table: &str, throughput: Throughput) {
        let units = (f64::from(throughput.read), f64::from(throughput.write));
        self.provisioned.lock().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned(), units);
    }

    /// Gives a table back the capacity that its template says.
    pub(crate) fn as_in_template(&self, table: &str) {
        self.provisioned.lock().unwrap_or_else(PoisonError::into_inner).remove(table);
    }

    async fn wait_until_active(&self, table: &str) -> Result<(), DynamoDbError> {
        let active = async {
            loop {
                let described = self.call("DescribeTable", &json!({"TableName": table})).await?;
                if described["Table"]["TableStatus"] == "ACTIVE" {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(ACTIVE_LIMIT, active)
            .await
            .unwrap_or_else(|_| Err(DynamoDbError::Silent { operation: format!("DescribeTable of {table}") }))
    }

    /// Every item of a table, in DynamoDB's JSON.
    ///
    /// # Errors
    /// When the engine refuses or does not answer.
    pub async fn items(&self, table: &str) -> Result<Vec<Value>, DynamoDbError> {
        let mut items = Vec::new();
        let mut request = json!({"TableName": table});
        loop {
            let mut page = self.call("Scan", &request).await?;
            if let Some(Value::Array(found)) = page.get_mut("Items").map(Value::take) {
                items.extend(found);
            }
            match page.get("LastEvaluatedKey") {
                Some(key) if key.is_object() => request["ExclusiveStartKey"] = key.clone(),
                _ => return Ok(items),
            }
        }
    }

    /// One operation, straight to the engine: what the lab itself does is neither recorded nor troubled.
    ///
    /// # Errors
    /// When the engine refuses or does not answer.
    pub async fn call(&self, operation: &str, request: &Value) -> Result<Value, DynamoDbError> {
        let silent = || DynamoDbError::Silent { operation: operation.to_owned() };
        let answer = self.forward(request_for(operation), request.to_string().into()).await.ok_or_else(silent)?;
        let status = answer.status();
        let body = answer.into_body().collect().await.map_err(|_| silent())?.to_bytes();
        let body: Value = serde_json::from_slice(&body).map_err(|_| silent())?;
        if status.is_success() {
            return Ok(body);
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        Err(DynamoDbError::Refused {
            operation: operation.to_owned(),
            kind: text("__type").rsplit('#').next().unwrap_or_default().to_owned(),
            message: if text("message").is_empty() { text("Message") } else { text("message") }.to_owned(),
        })
    }

    /// Serves the API until dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let database = self.clone();
        let calls = listen::serve(listener, move |request, _| {
            let database = database.clone();
            async move { database.answer(request).await }
        });
        tokio::join!(calls, self.report_provisioned());
    }

    async fn report_provisioned(&self) {
        let Some(instruments) = &self.instruments else { return };
        let mut due = tokio::time::interval(PROVISIONED_EVERY / u32::from(instruments.clock.factor()));
        loop {
            due.tick().await;
            let tables = self.provisioned.lock().unwrap_or_else(PoisonError::into_inner).clone();
            metrics::provisioned(&tables, jiff::Timestamp::now(), instruments);
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (at, started) = (jiff::Timestamp::now(), Instant::now());
        let operation = aws::operation(request.headers()).unwrap_or_default();
        let action = format!("dynamodb:{operation}");
        let (parts, body) = request.into_parts();
        let Ok(body) = listen::read_body(body, REQUEST_LIMIT).await else {
            return aws::error(StatusCode::PAYLOAD_TOO_LARGE, "SerializationException", "the body could not be read");
        };
        if parts.method == Method::GET {
            // The endpoint's health: no operation, no permission, no capacity.
            // <https://docs.aws.amazon.com/general/latest/gr/ddb.html>
            return self.forward(parts, body).await.unwrap_or_else(silent);
        }
        let request: Value = serde_json::from_slice(&body).unwrap_or_default();
        // What the call costs is asked for on the caller's behalf.
        let asking = self.instruments.as_ref().and_then(|_| capacity::asking(&operation, &request));
        let resources = self.arns(&request);
        let resource = resources.first().cloned().unwrap_or_default();
        let headers = parts.headers.clone();
        let refused = match self.guard.refusal(&headers, &action, &resource) {
            None => self.switch.before(&action, &resources).await.map(outage),
            refused => refused,
        };
        let answer = match refused {
            Some(answer) => answer,
            None => self.forward(parts, asking.clone().unwrap_or(body)).await.unwrap_or_else(silent),
        };
        let answer = match &self.instruments {
            None => answer,
            Some(instruments) => {
                let (parts, body) = answer.into_parts();
                // A body in memory does not fail.
                let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
                let figures: Value = serde_json::from_slice(&body).unwrap_or_default();
                let answer = Answer::from_parts(parts, Full::new(body));
                let (status, latency) = (answer.status(), started.elapsed());
                let (operation, request) = (operation.as_str(), &request);
                let call = metrics::Call { operation, request, status, answer: &figures, at, latency };
                metrics::answered(&call, instruments);
                let added = asking.is_some() && status.is_success();
                if added { capacity::without_figures(answer, &figures) } else { answer }
            }
        };
        self.switch.after(&action, &resources).await;
        self.guard.record(&headers, action, resource, answer.status());
        answer
    }

    /// ARNs of the table and index that a request is about, or of the tables of a batch or a transaction.
    fn arns(&self, request: &Value) -> Vec<String> {
        let arn = |table: &str| format!("{}:table/{table}", self.arn_prefix);
        let mut arns: Vec<String> = capacity::tables(request).iter().map(|table| arn(table)).collect();
        match (arns.first(), request["IndexName"].as_str()) {
            (Some(table), Some(index)) => arns.insert(0, format!("{table}/index/{index}")),
            (Some(_), None) => {}
            (None, _) => arns.push(arn("*")),
        }
        arns
    }

    async fn forward(&self, mut parts: http::request::Parts, body: Bytes) -> Option<Answer> {
        // Under `/` only, as DynamoDB; the path is kept so that the engine refuses others itself.
        let path = parts.uri.path().to_owned();
        let mut uri = self.engine.clone().into_parts();
        uri.path_and_query = path.parse().ok();
        parts.uri = Uri::from_parts(uri).ok()?;
        parts.headers.remove(http::header::HOST);
        // The body may be another than the caller's.
        parts.headers.remove(http::header::CONTENT_LENGTH);
        let answer = self.client.request(Request::from_parts(parts, Full::new(body))).await.ok()?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Answer::from_parts(parts, Full::new(body)))
    }
}

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
fn outage(outage: Outage) -> Answer {
    let (status, kind, message) = match outage {
        Outage::Failed => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "The server encountered an internal error trying to fulfill the request.",
        ),
        Outage::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "DynamoDB is currently unavailable.")
        }
        Outage::Throttled => (
            StatusCode::BAD_REQUEST,
            "ProvisionedThroughputExceededException",
            "You exceeded your maximum allowed provisioned throughput.",
        ),
    };
    aws::error(status, kind, message)
}

fn silent() -> Answer {
    aws::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "the engine did not answer")
}

fn request_for(operation: &str) -> http::request::Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::POST;
    parts.uri = Uri::from_static("/");
    for (name, value) in [
        ("x-amz-target", format!("DynamoDB_20120810.{operation}")),
        ("content-type", "application/x-amz-json-1.0".to_owned()),
        ("x-amz-date", "20260101T000000Z".to_owned()),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=lab/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
                .to_owned(),
        ),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            parts.headers.insert(name, value);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ttl_attribute: None,
        }
    }

    #[tokio::test]
    async fn a_table_is_made_once_and_keeps_its_items() {
        let directory = tempfile::tempdir().expect("a directory");
        {
            let (database, _engine) =
                DynamoDb::open(Some(directory.path()), "arn", Guard::default()).await.expect("opens");
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
}
