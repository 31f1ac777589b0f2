//! One call from outside: judged, troubled, metered, carried out, and told to CloudWatch.

use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::DynamoDb;
use super::answer::{self, with_body};
use super::metrics;
use super::request::{self, Side};
use super::rights;
use super::streams;
use super::throttle::{self, Limit, Place, Throttle};
use crate::aws::{self, Outage};
use crate::listen::{self, Answer};

/// DynamoDB's own limit of a request.
const REQUEST_LIMIT: usize = 16 * 1024 * 1024;

/// A request as it came.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) side: Option<Side>,
    pub(super) tables: Vec<String>,
    /// `Null` where it is no JSON.
    pub(super) request: Value,
}

/// How a call ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) answer: Answer,
    /// The kind of its error, without a namespace; empty where it has none.
    pub(super) kind: String,
    /// Units by table and index.
    pub(super) consumed: Vec<(Place, f64)>,
    pub(super) throttles: Vec<Throttle>,
}

impl Outcome {
    /// A refusal that costs nothing.
    pub(super) fn refused(answer: Answer, kind: &str) -> Self {
        Self { answer, kind: kind.to_owned(), consumed: Vec::new(), throttles: Vec::new() }
    }
}

impl DynamoDb {
    /// Answers a request from outside.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (at, started) = (jiff::Timestamp::now(), Instant::now());
        let operation = aws::operation(request.headers()).unwrap_or_default();
        let action = format!("dynamodb:{operation}");
        let (parts, body) = request.into_parts();
        let Ok(body) = listen::read_body(body, REQUEST_LIMIT).await else {
            let why = json!({"message": "the body could not be read"});
            return answer::error(StatusCode::PAYLOAD_TOO_LARGE, "SerializationException", why);
        };
        if parts.method == Method::GET {
            // The endpoint's health: no operation, no permission, no capacity.
            // <https://docs.aws.amazon.com/general/latest/gr/ddb.html>
            return self.forward(parts, body).await.map_or_else(silent, |(parts, body)| with_body(parts, body));
        }
        let request: Value = serde_json::from_slice(&body).unwrap_or_default();
        let call = Call { side: request::side(&operation), tables: request::tables(&request), operation, request };
        let of_stream = streams::OPERATIONS.contains(&call.operation.as_str());
        let resources = if of_stream { vec![Self::stream_arn(&call)] } else { self.arns(&call) };
        let headers = parts.headers.clone();
        let outcome = match self.refusal(&headers, &call, &resources).await {
            Some(answer) => Outcome::refused(answer, "AccessDeniedException"),
            None => match self.switch.before(&action, &resources).await {
                Some(outage) => self.outage(outage, &call),
                None if of_stream => self.of_stream(&call).await,
                None => self.carry_out(parts, body, &call).await,
            },
        };
        if let Some(instruments) = &self.instruments {
            metrics::answered(&call, &outcome, at, started.elapsed(), instruments);
        }
        // Before the answer is held back: who gives up on it has made the call all the same.
        for (action, resource) in rights::of(&call.operation, &call.request, &resources) {
            self.guard.record(&headers, action, resource, outcome.answer.status());
        }
        self.switch.after(&action, &resources).await;
        outcome.answer
    }

    /// What IAM says against it.
    async fn refusal(&self, headers: &HeaderMap, call: &Call, resources: &[String]) -> Option<Answer> {
        let mut rights = rights::of(&call.operation, &call.request, resources).into_iter();
        let refused = rights.find_map(|(action, resource)| self.guard.refusal(headers, &action, &resource))?;
        let (parts, body) = refused.into_parts();
        // A body in memory does not fail.
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        Some(with_body(parts, body))
    }

    /// A call that somebody wants to fail.
    fn outage(&self, outage: Outage, call: &Call) -> Outcome {
        let throttles = match (outage, call.side) {
            (Outage::Throttled, Some(side)) => {
                call.tables.iter().map(|table| self.one_too_many(call, table, side)).collect()
            }
            _ => Vec::new(),
        };
        if throttles.is_empty() {
            let (status, kind, message) = answer::outage(outage);
            return Outcome::refused(answer::error(status, kind, json!({"message": message})), kind);
        }
        self.throttled(throttles)
    }

    fn one_too_many(&self, call: &Call, table: &str, side: Side) -> Throttle {
        let place = request::place(&call.request, table, &self.capacity);
        let provisioned = self.capacity.is_provisioned(&place);
        let limit = if provisioned { Limit::Provisioned } else { Limit::KeyRange };
        Throttle { place, side, limit, provisioned }
    }

    /// The exception for a request that has been throttled as a whole.
    pub(super) fn throttled(&self, throttles: Vec<Throttle>) -> Outcome {
        let (kind, body) = throttle::exception(&throttles, &self.arn_prefix);
        let answer = answer::error(StatusCode::BAD_REQUEST, kind, body);
        Outcome { throttles, ..Outcome::refused(answer, kind) }
    }

    /// ARNs of the table and index that a request is about, or of the tables of a batch or a transaction.
    fn arns(&self, call: &Call) -> Vec<String> {
        let place = |table: &str, index: Option<&str>| {
            Place { table: table.to_owned(), index: index.map(str::to_owned) }.arn(&self.arn_prefix)
        };
        match (call.tables.as_slice(), call.request["IndexName"].as_str()) {
            ([], _) => vec![place("*", None)],
            ([table], Some(index)) => vec![place(table, Some(index)), place(table, None)],
            (tables, _) => tables.iter().map(|table| place(table, None)).collect(),
        }
    }

    /// To the engine and back.
    pub(super) async fn forward(
        &self,
        parts: http::request::Parts,
        body: Bytes,
    ) -> Option<(http::response::Parts, Bytes)> {
        self.engine.forward(parts, body).await
    }
}

pub(super) fn silent() -> Answer {
    let why = json!({"message": "the engine did not answer"});
    answer::error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", why)
}
