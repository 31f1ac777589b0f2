//! What a service measures of its requests, however they end.
#![cfg(feature = "service")]

mod canary;

use canary::{Log, assert_clean, planted};
use http::{HeaderMap, Method, StatusCode};
use lambda_http::tower::Service;
use lambda_http::{Context, Request, RequestExt};
use serde_json::{Value, json};
use shared::problem::Problem;
use shared::service::{Answer, Call, CatchPanic, Handler, Invocations, Router, Routes, Settings, json, service};
use shared::telemetry::metrics::{OfDependency, RETRIES, Recorder};
use std::time::Duration;

/// Panics, fails, or counts as many retries as the body says, after others have had their turn.
struct Moody;

impl Handler for Moody {
    async fn handle(&self, call: Call) -> Answer {
        let body = String::from_utf8_lossy(call.json_body()?).into_owned();
        match body.as_str() {
            "\"panic\"" => panic!("a secret: {}", 42),
            "\"fail\"" => Err(Problem::Unavailable { detail: "Later.", retry_after_s: 3 }.into()),
            body => {
                for _ in 0..body.parse().unwrap_or(0) {
                    tokio::task::yield_now().await;
                    Recorder::current().record(RETRIES, OfDependency("ssm"), body.parse().unwrap_or(0));
                }
                json(StatusCode::CREATED, &json!({}))
            }
        }
    }
}

fn moody() -> Invocations<CatchPanic<Router<Moody>>> {
    let settings = Settings {
        service: "moody",
        stage: "dev".into(),
        timeout: Duration::from_secs(20),
        tracer: Default::default(),
    };
    let headers = HeaderMap::new();
    service(
        settings,
        Routes {
            method: Method::POST,
            path: "/ride",
            also: &[],
            more: &[],
            health: "/health",
            caller_budget: true,
            headers,
        },
        Moody,
    )
}

fn sample() -> Value {
    serde_json::from_str(include_str!("../../events/ride-post.json")).expect("JSON")
}

fn request(event: &Value, id: &str) -> Request {
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
    let mut context = Context::default();
    context.request_id = id.to_owned();
    context.xray_trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".into());
    request.with_lambda_context(context)
}

fn saying(body: &str) -> Request {
    let mut event = sample();
    event["body"] = body.into();
    request(&event, body)
}

#[tokio::test]
async fn every_request_is_measured_once_however_it_ends() {
    shared::panic::quiet_panics();
    let log = Log::of("moody");
    let mut service = moody();
    for (number, (body, status)) in
        [("0", 201), ("\"fail\"", 503), ("\"panic\"", 500), ("x".repeat(9_000).as_str(), 413)].into_iter().enumerate()
    {
        let Ok(response) = service.call(saying(body)).await;
        assert_eq!(response.status().as_u16(), status);
        // Written by the time that the answer is there.
        let text = log.take();
        let completed: Vec<&str> = text.lines().filter(|line| line.contains("request completed")).collect();
        assert_eq!(completed.len(), 1, "{text}");
        let [document] = &canary::emf::documents(&text)[..] else { panic!("{text}") };
        assert_eq!(document["ColdStart"], u8::from(number == 0), "{body:.9}");
        assert!(document["RequestLatency"].as_f64().is_some_and(|latency| (0.0..20_000.0).contains(&latency)));
        let completed: Value = serde_json::from_str(completed[0]).expect("JSON");
        assert_eq!(completed["duration_ms"], document["RequestLatency"]);
        for key in ["function_request_id", "request_id", "xray_trace_id", "service", "stage", "version", "cold_start"] {
            assert_eq!(document[key], completed[key], "{key}");
        }
        assert_eq!(document["xray_trace_id"], "1-5759e988-bd862e3fe1be46a994272793");
    }
}

#[tokio::test]
async fn a_failure_is_logged_once_with_its_chain() {
    shared::panic::quiet_panics();
    let log = Log::of("moody");
    let Ok(_) = moody().call(saying("\"panic\"")).await;
    let text = log.take();
    let failed: Vec<&str> = text.lines().filter(|line| line.contains("a secret: 42")).collect();
    assert_eq!(failed.len(), 1, "{text}");
    let line: Value = serde_json::from_str(failed[0]).expect("JSON");
    assert_eq!((&line["level"], &line["status"], &line["route"]), (&json!("ERROR"), &json!(500), &json!("/ride")));
}

#[tokio::test]
async fn requests_at_the_same_time_do_not_mix_their_values() {
    let log = Log::of("moody");
    let mut service = moody();
    let requests: Vec<_> = (1..=9).map(|number| tokio::spawn(service.call(saying(&number.to_string())))).collect();
    for request in requests {
        let Ok(response) = request.await.expect("no panic");
        assert_eq!(response.status(), StatusCode::CREATED);
    }
    let documents = canary::emf::documents(&log.take());
    let retries: Vec<&Value> = documents.iter().filter(|document| document.get("Retries").is_some()).collect();
    assert_eq!(retries.len(), 9);
    for document in retries {
        let id = document["function_request_id"].as_str().expect("a text");
        let number: usize = id.parse().expect("the number that was asked for");
        let expected = if number == 1 { json!(1) } else { json!(vec![number; number]) };
        assert_eq!(document["Retries"], expected, "{id}");
    }
}

#[tokio::test]
async fn nothing_of_a_request_comes_out_in_metrics() {
    let log = Log::of("moody");
    let mut service = moody();
    for (place, event) in planted(&sample()) {
        let Ok(_) = service.call(request(&event, "f-1")).await;
        let documents = canary::emf::documents(&log.take());
        assert_eq!(documents.len(), 1, "{place}");
        assert_clean(&documents[0].to_string(), &place);
    }
}
