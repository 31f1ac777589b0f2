//! The traces of requests, from the invocation to the documents on the daemon's socket.
#![cfg(feature = "service")]

mod daemon;

use daemon::{Daemon, ended, tracer};
use http::{HeaderMap, Method, Response, StatusCode};
use lambda_http::tower::Service;
use lambda_http::{Context, Request, RequestExt};
use serde_json::{Value, json};
use shared::problem::{Failure, Problem};
use shared::service::{Answer, Call, Handler, Routes, Settings, json, service};
use shared::telemetry::trace::{Tracer, step};
use std::convert::Infallible;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT: &str = "53995c3f42cd8ad8";

/// Does two steps, one inside the other, and ends as the body says.
struct Stepping;

impl Handler for Stepping {
    async fn handle(&self, call: Call) -> Answer {
        let body = call.json_body()?.to_owned();
        let inner = async {
            tokio::task::yield_now().await;
            match &body[..] {
                b"\"panic\"" => panic!("no unicorn"),
                b"\"fail\"" => {
                    let cause = std::io::Error::other("the table is gone");
                    Err(Failure::caused_by(Problem::Unavailable { detail: "Later.", retry_after_s: 1 }, cause))
                }
                b"\"refuse\"" => Err(Failure::from(Problem::NotJson)),
                _ => Ok(()),
            }
        };
        step("outer", async { step("inner", inner).await }).await?;
        json(StatusCode::CREATED, &json!({}))
    }
}

fn stepping(
    tracer: Tracer,
) -> impl Service<Request, Response = Response<String>, Error = Infallible, Future: Send + 'static> {
    let timeout = Duration::from_secs(20);
    let settings = Settings { service: "stepping", stage: "dev".into(), timeout, tracer };
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
        Stepping,
    )
}

fn request(body: &str, trace: Option<&str>) -> Request {
    let mut event: Value = serde_json::from_str(include_str!("../../events/ride-post.json")).expect("JSON");
    event["body"] = body.into();
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
    let mut context = Context::default();
    context.xray_trace_id = trace.map(str::to_owned);
    request.with_lambda_context(context)
}

fn sampled() -> Option<String> {
    Some(format!("Root={ROOT};Parent={PARENT};Sampled=1"))
}

#[tokio::test]
async fn a_request_is_a_handler_with_its_steps_below() {
    let daemon = Daemon::start();
    let mut service = stepping(daemon.tracer());
    for cold_start in [true, false] {
        let Ok(response) = service.call(request("{}", sampled().as_deref())).await;
        assert_eq!(response.status(), 201);
        let documents = daemon.until_end_of("handler");
        let (begun, handler) = (&documents[0], ended(&documents, "handler"));
        assert_eq!(
            (&begun["name"], &begun["in_progress"], &begun["id"]),
            (&json!("handler"), &json!(true), &handler["id"])
        );
        assert_eq!((&handler["trace_id"], &handler["parent_id"]), (&json!(ROOT), &json!(PARENT)));
        assert_eq!(
            handler["annotations"],
            json!({"request_id": "sample-ride", "service": "stepping", "stage": "dev", "cold_start": cold_start,
                "method": "POST", "route": "/ride", "status": 201})
        );
        let (outer, inner) = (ended(&documents, "outer"), ended(&documents, "inner"));
        assert_eq!((&outer["parent_id"], &inner["parent_id"]), (&handler["id"], &outer["id"]));
        assert!(["error", "fault", "throttle", "cause"].iter().all(|flag| handler.get(flag).is_none()), "{handler}");
        assert_eq!(documents.len(), 4);
    }
}

#[tokio::test]
async fn a_trace_that_is_not_sampled_sends_nothing() {
    let daemon = Daemon::start();
    let mut service = stepping(daemon.tracer());
    let unsampled = [
        None,
        Some(format!("Root={ROOT};Parent={PARENT};Sampled=0")),
        Some(format!("Root={ROOT};Parent={PARENT};Sampled=?")),
        Some(format!("Root={ROOT};Parent={PARENT}")),
        Some(format!("Root={ROOT};Sampled=1")), // nothing to hang under
        Some("Sampled=1".into()),
    ];
    for trace in &unsampled {
        let Ok(response) = service.call(request("{}", trace.as_deref())).await;
        assert_eq!(response.status(), 201);
    }
    let Ok(_) = service.call(request("{}", sampled().as_deref())).await;
    // The first thing that the daemon hears is the one sampled request.
    assert_eq!(daemon.document()["annotations"]["cold_start"], false);
    assert_eq!(daemon.until_end_of("handler").len(), 3);
}

#[tokio::test]
async fn how_a_request_ends_is_marked_on_it_and_on_its_steps() {
    shared::panic::quiet_panics();
    let daemon = Daemon::start();
    let mut service = stepping(daemon.tracer());
    for (body, status, flag, cause) in [
        ("\"fail\"", 503, "fault", "the table is gone"),
        ("\"panic\"", 500, "fault", "no unicorn"),
        ("\"refuse\"", 415, "error", "The body must be sent as application/json, in UTF-8."),
    ] {
        let Ok(response) = service.call(request(body, sampled().as_deref())).await;
        assert_eq!(response.status(), status);
        let documents = daemon.until_end_of("handler");
        for name in ["handler", "outer", "inner"] {
            assert_eq!(ended(&documents, name)[flag], true, "{body} {name}");
        }
        let handler = ended(&documents, "handler");
        assert!(handler["cause"]["exceptions"].to_string().contains(cause), "{handler}");
        assert_eq!(handler["annotations"]["status"], status);
        assert_eq!(ended(&documents, "inner")["cause"]["exceptions"][0]["type"] == "panic", body == "\"panic\"");
    }
}

#[tokio::test]
async fn requests_side_by_side_never_mix_their_traces() {
    const REQUESTS: usize = 20; // as many documents as the socket holds unread
    let daemon = Daemon::start();
    let mut service = stepping(daemon.tracer());
    let mut all = tokio::task::JoinSet::new();
    for number in 0..REQUESTS {
        let trace = format!("Root=1-5759e988-{number:024x};Parent={number:015x}1;Sampled=1");
        // All begin before one of them is polled; each then yields in its inner step.
        all.spawn(service.call(request("{}", Some(&trace))));
    }
    all.join_all().await;
    let documents: Vec<Value> = (0..4 * REQUESTS).map(|_| daemon.document()).collect();
    for number in 0..REQUESTS {
        let trace = json!(format!("1-5759e988-{number:024x}"));
        let own: Vec<Value> = documents.iter().filter(|document| document["trace_id"] == trace).cloned().collect();
        let [handler, outer, inner] = ["handler", "outer", "inner"].map(|name| ended(&own, name));
        assert_eq!((own.len(), &handler["parent_id"]), (4, &json!(format!("{number:015x}1"))));
        assert_eq!((&outer["parent_id"], &inner["parent_id"]), (&handler["id"], &outer["id"]));
    }
}

/// A thousand requests and the longest that one of them took.
async fn longest_of_a_thousand(tracer: Tracer) -> Duration {
    let mut service = stepping(tracer);
    let mut longest = Duration::ZERO;
    for _ in 0..1_000 {
        let started = Instant::now();
        let Ok(response) = service.call(request("{}", sampled().as_deref())).await;
        assert_eq!(response.status(), 201);
        longest = longest.max(started.elapsed());
    }
    longest
}

#[tokio::test]
async fn a_daemon_that_is_gone_or_does_not_read_costs_a_request_nothing() {
    let address = |socket: &UdpSocket| socket.local_addr().expect("bound").to_string();
    let gone = address(&UdpSocket::bind("127.0.0.1:0").expect("a free port"));
    // 4000 documents of 300 bytes and more are several times what the socket's buffer holds.
    let deaf = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    for (what, tracer) in [("gone", tracer(&gone)), ("deaf", tracer(&address(&deaf))), ("unset", Tracer::default())] {
        let longest = longest_of_a_thousand(tracer).await;
        println!("{what}: {longest:?}");
        // A machine under load may stop anybody for a while; whoever waits for a reader waits forever.
        assert!(longest < Duration::from_secs(10), "{what}: {longest:?}");
    }
}
