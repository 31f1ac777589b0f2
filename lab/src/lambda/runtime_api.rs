//! The Lambda Runtime API of one execution environment.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use serde_json::json;
use tokio::net::TcpListener;

use super::environment::{Environment, Reply, Work};
use super::invocation::PAYLOAD_LIMIT;
use crate::listen::{self, Answer, BodyError};

pub(super) async fn serve(listener: TcpListener, environment: Arc<Environment>) {
    listen::serve(listener, move |request, _| {
        let environment = environment.clone();
        async move { answer(request, &environment).await }
    })
    .await;
}

async fn answer(request: Request<Incoming>, environment: &Environment) -> Answer {
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method(), parts.as_slice()) {
        (&Method::GET, ["2018-06-01", "runtime", "invocation", "next"]) => next(environment).await,
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "response"]) => {
            let reply = match listen::read_body(request.into_body(), PAYLOAD_LIMIT).await {
                Ok(body) => Reply::Response(body),
                Err(BodyError::TooLong) => Reply::ResponseTooLarge,
                Err(BodyError::Broken) => return refused(StatusCode::BAD_REQUEST, "BrokenBody", "the body broke off"),
            };
            reply_to(environment, id, reply)
        }
        (&Method::POST, ["2018-06-01", "runtime", "invocation", id, "error"]) => {
            let body = listen::read_body(request.into_body(), PAYLOAD_LIMIT).await.unwrap_or_default();
            reply_to(environment, id, Reply::Error(body))
        }
        (&Method::POST, ["2018-06-01", "runtime", "init", "error"]) => {
            let body = listen::read_body(request.into_body(), PAYLOAD_LIMIT).await.unwrap_or_default();
            environment.init_failed(reason(&body));
            accepted()
        }
        _ => refused(StatusCode::NOT_FOUND, "UnknownRoute", "the Runtime API has no such route"),
    }
}

async fn next(environment: &Environment) -> Answer {
    let Some(work) = environment.next().await else {
        return refused(StatusCode::GONE, "EnvironmentEnded", "no more invocations");
    };
    let headers = headers(&work);
    let mut answer = listen::answer(StatusCode::OK, "application/json", work.payload);
    answer.headers_mut().extend(headers);
    answer
}

fn headers(work: &Work) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("lambda-runtime-aws-request-id", work.request_id.clone()),
        ("lambda-runtime-deadline-ms", work.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", work.function_arn.clone()),
        ("lambda-runtime-trace-id", work.trace_header.clone()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers
}

fn reply_to(environment: &Environment, request_id: &str, reply: Reply) -> Answer {
    if environment.reply(request_id, reply) {
        accepted()
    } else {
        refused(StatusCode::BAD_REQUEST, "InvalidRequestID", "this environment does not work on that invocation")
    }
}

fn accepted() -> Answer {
    listen::answer(StatusCode::ACCEPTED, "application/json", r#"{"status":"OK"}"#)
}

fn refused(status: StatusCode, kind: &str, message: &str) -> Answer {
    let body = json!({"errorType": kind, "errorMessage": message}).to_string();
    listen::answer(status, "application/json", body)
}

/// The function's own words, from the error document it posted.
fn reason(body: &Bytes) -> String {
    serde_json::from_slice::<serde_json::Value>(body)
        .ok()
        .and_then(|body| body.get("errorMessage").and_then(|message| message.as_str().map(str::to_owned)))
        .unwrap_or_else(|| "it reported an error without a message".to_owned())
}
