//! The embedded engine, behind a port of its own on loopback.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::net::TcpListener;

use super::DynamoDbError;
use super::streams::Upkeep;
use crate::aws;
use crate::task::DropTask;

/// A client of the engine. Clones share its connections.
#[derive(Debug, Clone)]
pub(super) struct Engine {
    uri: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
    changes: Arc<AtomicU64>,
    pub(super) upkeep: Upkeep,
}

impl Engine {
    /// Opens the engine: in memory, or in a file of `directory`.
    pub(super) async fn open(directory: Option<&Path>) -> Result<(Self, DropTask), DynamoDbError> {
        // A name in SQLite's file system in memory, so that a second connection finds the same database.
        let in_memory = || format!("file:/lab-{}?vfs=memdb", uuid::Uuid::new_v4());
        let path = directory.map_or_else(in_memory, |directory| directory.join("dynamodb.db").display().to_string());
        let refused = |reason: String| DynamoDbError::Open { path: path.clone(), reason };
        let database = dynoxide::Database::new(&path).map_err(|error| refused(error.to_string()))?;
        let upkeep = Upkeep::open(&path).map_err(|error| refused(error.to_string()))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(DynamoDbError::Listen)?;
        let address = listener.local_addr().map_err(DynamoDbError::Listen)?;
        let uri = Uri::builder()
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
        Ok((Self { uri, client, changes: Arc::default(), upkeep }, task))
    }

    /// How many calls have been answered that may have changed a table.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// One operation of the lab's own.
    pub(super) async fn call(&self, operation: &str, request: &Value) -> Result<Value, DynamoDbError> {
        let silent = || DynamoDbError::Silent { operation: operation.to_owned() };
        let answer = self.forward(request_for(operation), request.to_string().into()).await.ok_or_else(silent)?;
        let (parts, body) = answer;
        let body: Value = serde_json::from_slice(&body).map_err(|_| silent())?;
        if parts.status.is_success() {
            return Ok(body);
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        Err(DynamoDbError::Refused {
            operation: operation.to_owned(),
            kind: text("__type").rsplit('#').next().unwrap_or_default().to_owned(),
            message: if text("message").is_empty() { text("Message") } else { text("message") }.to_owned(),
        })
    }

    /// A request with another body, and its answer; `None` where there is none.
    pub(super) async fn forward(
        &self,
        mut parts: http::request::Parts,
        body: Bytes,
    ) -> Option<(http::response::Parts, Bytes)> {
        // Under `/` only, as DynamoDB; the path is kept so that the engine refuses others itself.
        let path = parts.uri.path().to_owned();
        let mut uri = self.uri.clone().into_parts();
        uri.path_and_query = path.parse().ok();
        parts.uri = Uri::from_parts(uri).ok()?;
        parts.headers.remove(http::header::HOST);
        // The body may be another than the caller's.
        parts.headers.remove(http::header::CONTENT_LENGTH);
        let changes = may_change(&parts.headers);
        let answer = self.client.request(Request::from_parts(parts, Full::new(body))).await;
        if changes {
            // Also when the answer is lost: the write may be done.
            self.changes.fetch_add(1, Ordering::Release);
        }
        let (parts, body) = answer.ok()?.into_parts();
        Some((parts, body.collect().await.ok()?.to_bytes()))
    }
}

/// Whether a call may change a table: all may that are not known to read.
fn may_change(headers: &HeaderMap) -> bool {
    const READS: [&str; 7] = ["BatchGet", "Describe", "Get", "List", "Query", "Scan", "TransactGet"];
    aws::operation(headers).is_none_or(|operation| !READS.iter().any(|read| operation.starts_with(read)))
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
