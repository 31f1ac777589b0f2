//! What calls to other services leave in a trace, and what of the trace they carry on.
#![cfg(feature = "http")]

mod daemon;
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use daemon::{Daemon, ended};
use fake::{Fake, Reply};
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::http::{Call, Client};
use shared::request_id::RequestId;
use shared::retry::Schedule;
use shared::service_url::ServiceUrl;
use shared::telemetry::trace::{Outcome, Tracer, below, step};
use std::time::Duration;

const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const UNSAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const LONG: Duration = Duration::from_secs(20);

fn context(trace: Option<&str>) -> RequestContext {
    RequestContext {
        request_id: RequestId::parse("r-1").expect("a legal id"),
        budget: Budget::lasting(LONG),
        trace: trace.map(str::to_owned),
        traceparent: Some(HeaderValue::from_static(TRACEPARENT)),
    }
}

/// A call to `url` in the trace of this invocation.
async fn call(tracer: &Tracer, invocation: Option<&str>, context: &RequestContext, url: &str) {
    let schedule = Schedule { attempts: 3, base: Duration::from_millis(1), cap: Duration::from_millis(1) };
    let client = Client::new(Duration::from_secs(1), schedule).expect("a TLS stack");
    let url = ServiceUrl::try_from(url).expect("a legal address");
    let (dependency, method, attempt_timeout) = ("put-ride-record", Method::POST, Duration::from_secs(5));
    let call = Call {
        dependency,
        method,
        url: &url,
        body: Vec::new(),
        headers: Default::default(),
        json: true,
        attempt_timeout,
    };
    let handler = tracer.begin(invocation, "handler");
    let _ = below(handler.as_ref(), step("post_ride_record", client.send(&call, context))).await;
    if let Some(handler) = handler {
        handler.end(&Outcome::fine());
    }
}

#[tokio::test]
async fn every_attempt_at_a_service_is_seen_and_is_the_parent_of_what_it_reached() {
    let daemon = Daemon::start();
    let fake = Fake::start(|number| Reply::json([502, 429, 201][number], "{\"a\":1}")).await;
    let url = fake.url("/dev/record?secret=1");
    call(&daemon.tracer(), Some(SAMPLED), &context(Some(SAMPLED)), &url).await;
    let documents = daemon.until_end_of("handler");
    let attempts: Vec<_> = documents.iter().filter(|document| document["name"] == "put-ride-record").collect();
    let step = ended(&documents, "post_ride_record");
    for (number, (status, marks)) in
        [(502, vec!["fault"]), (429, vec!["error", "throttle"]), (201, vec![])].iter().enumerate()
    {
        let attempt = attempts[number];
        assert_eq!((&attempt["namespace"], &attempt["parent_id"]), (&json!("remote"), &step["id"]));
        let request = json!({"method": "POST", "url": fake.url("/dev/record"), "traced": true});
        assert_eq!(attempt["http"], json!({"request": request, "response": {"status": status, "content_length": 7}}));
        let marked: Vec<_> = ["error", "throttle", "fault"].into_iter().filter(|flag| attempt[*flag] == true).collect();
        assert_eq!(&marked, marks);
        let received = &fake.requests()[number];
        let id = attempt["id"].as_str().expect("an id");
        let header = format!("Root=1-5759e988-bd862e3fe1be46a994272793;Parent={id};Sampled=1");
        assert_eq!(received.header("x-amzn-trace-id"), Some(&*header));
        assert_eq!(received.head.to_ascii_lowercase().matches("x-amzn-trace-id").count(), 1);
        assert_eq!(received.header("traceparent"), Some(TRACEPARENT));
    }
}

#[tokio::test]
async fn a_trace_that_is_not_sampled_is_handed_on_as_it_came() {
    let asked = UNSAMPLED.replace("Sampled=0", "Sampled=?");
    let daemon = Daemon::start();
    for trace in [UNSAMPLED, &asked, "Root=1-5759e988-bd862e3fe1be46a994272793"] {
        let fake = Fake::start(|_| Reply::json(201, "{}")).await;
        call(&daemon.tracer(), Some(trace), &context(Some(trace)), &fake.url("/")).await;
        assert_eq!(fake.requests()[0].header("x-amzn-trace-id"), Some(trace));
        assert_eq!(fake.requests()[0].header("traceparent"), Some(TRACEPARENT));
    }
}

#[tokio::test]
async fn nobody_waits_for_a_segment_of_who_was_not_reached_or_not_asked() {
    let daemon = Daemon::start();
    let nobody = format!("http://127.0.0.1:{}/", fake::closed_port().await);
    call(&daemon.tracer(), Some(SAMPLED), &context(Some(SAMPLED)), &nobody).await;
    let documents = daemon.until_end_of("handler");
    assert_eq!(documents.iter().filter(|document| document["name"] == "put-ride-record").count(), 3);
    for document in documents.iter().filter(|document| document["name"] == "put-ride-record") {
        assert_eq!((&document["fault"], &document["http"]["request"]["traced"]), (&json!(true), &Value::Null));
    }
    // Whoever is outside of the system gets no header of ours.
    let fake = Fake::start(|_| Reply::json(201, "{}")).await;
    call(&daemon.tracer(), Some(SAMPLED), &context(None), &fake.url("/key?signature=secret")).await;
    assert_eq!(fake.requests()[0].header("x-amzn-trace-id"), None);
    let documents = daemon.until_end_of("handler");
    let request = &ended(&documents, "put-ride-record")["http"]["request"];
    assert_eq!(request, &json!({"method": "POST", "url": fake.url("/")}));
}
