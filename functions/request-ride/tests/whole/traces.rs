//! The trace of a booking: which step failed, on whom, and nothing of the rider.

use crate::canary::{assert_clean, planted};
use crate::daemon::{Daemon, ended};
use crate::fake::{Fake, Reply};
use crate::memory::Memory;
use crate::system::{STORED, UNICORN, addresses, event, traced_system};
use lambda_http::tower::Service;
use lambda_http::{Request, RequestExt};
use serde_json::{Value, json};

/// The documents of one request.
async fn documents(daemon: &Daemon, fleet: &Fake, record: &Fake, request: Request) -> (u16, Vec<Value>) {
    let mut system = traced_system(addresses(fleet, record), Memory::default(), daemon.tracer());
    let Ok(response) = system.call(request).await;
    (response.status().as_u16(), daemon.until_end_of("handler"))
}

fn keyed() -> Request {
    event(|event| {
        event["headers"]["Idempotency-Key"] = "k".into();
        event["multiValueHeaders"]["Idempotency-Key"] = json!(["k"]);
    })
}

#[tokio::test]
async fn a_booking_is_its_steps_and_each_call_hangs_under_its_step() {
    let daemon = Daemon::start();
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let (status, documents) = documents(&daemon, &fleet, &record, keyed()).await;
    assert_eq!(status, 201);
    let handler = ended(&documents, "handler");
    for step in ["get_unicorn", "claim_key", "post_ride_record", "complete_claim"] {
        assert_eq!(ended(&documents, step)["parent_id"], handler["id"], "{step}");
    }
    for (call, step, service) in
        [("request-unicorn", "get_unicorn", &fleet), ("put-ride-record", "post_ride_record", &record)]
    {
        let attempt = ended(&documents, call);
        assert_eq!(attempt["parent_id"], ended(&documents, step)["id"]);
        let header = service.requests()[0].header("x-amzn-trace-id").map(str::to_owned).expect("a header");
        assert!(header.contains(&format!("Parent={};Sampled=1", attempt["id"].as_str().expect("an id"))), "{header}");
    }
    assert!(documents.iter().all(|document| document.get("fault").is_none() && document.get("error").is_none()));
}

#[tokio::test]
async fn the_guilty_step_is_the_only_one_marked() {
    let daemon = Daemon::start();
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let fails = Fake::start(|_| Reply::json(503, "{}")).await;
    let (status, documents) = documents(&daemon, &fleet, &fails, keyed()).await;
    assert_eq!(status, 503);
    for name in ["handler", "post_ride_record", "put-ride-record"] {
        assert_eq!(ended(&documents, name)["fault"], true, "{name}");
    }
    for name in ["get_unicorn", "request-unicorn", "claim_key", "release_claim"] {
        assert_eq!(ended(&documents, name).get("fault"), None, "{name}");
    }
    let cause = ended(&documents, "post_ride_record")["cause"]["exceptions"][0].clone();
    assert_eq!(cause["message"], "the record service answered 503 Service Unavailable");
}

#[tokio::test]
async fn nothing_of_a_request_comes_out_in_its_trace() {
    let daemon = Daemon::start();
    let sample = include_str!("../../../../events/ride-post-cognito.json");
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let stores = Fake::start(|_| Reply::json(201, STORED)).await;
    let fails = Fake::start(|_| Reply::json(503, "{}")).await;
    for (place, planted) in planted(&serde_json::from_str(sample).expect("JSON")) {
        for record in [&stores, &fails] {
            let request = lambda_http::request::from_str(&planted.to_string()).expect("an event");
            let request = request.with_lambda_context(event(|_| {}).lambda_context());
            let (_, documents) = documents(&daemon, &fleet, record, request).await;
            assert_clean(&Value::from(documents).to_string(), &place);
        }
    }
}
