//! The probe against a booking service that answers well and badly.

#[path = "../../../shared/tests/canary/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod canary;
#[path = "../../../shared/tests/daemon/mod.rs"]
mod daemon;
#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use canary::{Log, SECRETS, assert_clean};
use daemon::{Daemon, ended};
use fake::{Fake, Received, Reply};
use probe::{Probe, SERVICE, Settings};
use serde_json::Value;
use shared::config::Environment;
use shared::events::Caller;
use shared::http::{Client, Signer};
use shared::params::Store;

const RIDE: &str = r#"{"RideId":"019aa38d-6600-7c2a-9e1b-3f5a7c9d1e2f","Unicorn":{"Name":"Rocinante","Color":"Yellow",
    "DeviceId":"2279df58"},"RequestTime":"2025-11-20T23:15:44.256000Z"}"#;

#[derive(Debug, thiserror::Error)]
#[error("no such parameter")]
struct Missing;

/// The one parameter, unless there is none.
struct Address(Option<String>);

impl Store for Address {
    type Error = Missing;

    async fn get(&self, name: &str) -> Result<String, Missing> {
        self.0.clone().filter(|_| name == "probe-url").ok_or(Missing)
    }
}

fn environment() -> Environment {
    [
        ("RIDE_PROBE_URL_PARAMETER", "probe-url"),
        ("PARAMETER_TTL_SECONDS", "60"),
        ("SSM_TIMEOUT_MS", "1000"),
        ("CONNECT_TIMEOUT_MS", "1000"),
        ("RIDE_ATTEMPT_TIMEOUT_MS", "1000"),
        ("TIMEOUT_MS", "5000"),
        ("STAGE", "dev"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "session"),
    ]
    .into_iter()
    .collect()
}

/// One beat: whether there was a ride, and what was written.
async fn beat(address: Option<String>) -> (bool, String) {
    let settings = Settings::read(&environment()).expect("a whole environment");
    let client = Client::new(settings.connect_timeout, Settings::SCHEDULE).expect("a TLS stack");
    let client = client.signed_by(Signer::new(&environment()).expect("a whole environment"));
    let log = Log::of(SERVICE);
    let daemon = Daemon::start();
    let settings =
        Settings { common: shared::settings::Settings { tracer: daemon.tracer(), ..settings.common }, ..settings };
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let caller = Caller { request_id: "beat-1".into(), xray_trace_id: Some(trace.into()), ..Caller::default() };
    let booked = Probe::new(settings, Address(address), client).beat(&caller).await;
    let documents = daemon.until_end_of("handler");
    let handler = ended(&documents, "handler");
    assert_eq!((handler["fault"] == true, &handler["parent_id"]), (!booked, &"53995c3f42cd8ad8".into()));
    assert_eq!(
        (&handler["annotations"]["request_id"], &handler["annotations"]["service"]),
        (&"beat-1".into(), &SERVICE.into())
    );
    let calls: Vec<_> = documents.iter().filter(|document| document["name"] == "request-ride").collect();
    assert!(calls.iter().all(|call| call["parent_id"] == handler["id"]) && calls.len() <= 1, "{documents:?}");
    (booked, log.take() + &Value::from(documents).to_string())
}

async fn beat_against(reply: Reply) -> (bool, String, Vec<Received>) {
    let fake = Fake::start(move |_| reply.clone()).await;
    let (booked, log) = beat(Some(fake.url("/dev/probe/ride"))).await;
    (booked, log, fake.requests())
}

/// The values of `HeartbeatRides`, with their dimensions.
fn heartbeats(log: &str) -> Vec<(Value, Value)> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let measured = lines.filter(|line| !line["HeartbeatRides"].is_null());
    measured
        .map(|line| (line["HeartbeatRides"].clone(), line["_aws"]["CloudWatchMetrics"][0]["Dimensions"].clone()))
        .collect()
}

#[tokio::test]
async fn a_booked_ride_is_a_heartbeat() {
    let (booked, log, requests) = beat_against(Reply::json(201, RIDE)).await;
    assert!(booked);
    assert_eq!(heartbeats(&log), [(1.into(), serde_json::json!([["service", "stage"]]))]);
    assert!(log.contains(r#""service":"probe""#), "{log}");
    let [request] = requests.as_slice() else { panic!("one ride, one request") };
    assert!(request.head.starts_with("POST /dev/probe/ride "), "{}", request.head);
    assert!(request.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 ")));
    assert_eq!(request.header("x-request-id"), Some("beat-1"));
    assert!(shared::ride::pickup_location(request.body.as_bytes()).is_ok(), "{}", request.body);
}

#[tokio::test]
async fn anything_but_a_ride_is_a_missed_heartbeat_and_is_not_tried_again() {
    for reply in [
        Reply::json(500, "{}"),
        Reply::json(503, "{}"),
        Reply::json(429, "{}"),
        Reply::json(403, "{}"),
        Reply::json(200, RIDE),
        Reply::json(201, "{}"),
        Reply::text(201, RIDE),
        Reply::Close,
        Reply::CloseMidBody,
        Reply::Garbage,
        Reply::Never,
    ] {
        let what = format!("{reply:?}");
        let (booked, log, requests) = beat_against(reply).await;
        assert!(!booked, "{what}");
        assert_eq!(heartbeats(&log).len(), 1, "{what}: {log}");
        assert_eq!(heartbeats(&log)[0].0, 0, "{what}: {log}");
        assert_eq!(log.matches("heartbeat missed").count(), 1, "{what}: {log}");
        assert_eq!(requests.len(), 1, "{what}");
    }
}

#[tokio::test]
async fn an_unknown_or_refused_address_is_a_missed_heartbeat() {
    for address in [None, Some("http://example.com/probe/ride".to_owned())] {
        let (booked, log) = beat(address.clone()).await;
        assert!(!booked, "{address:?}");
        assert_eq!(heartbeats(&log)[0].0, 0, "{address:?}: {log}");
    }
}

#[tokio::test]
async fn nothing_of_an_answer_comes_out() {
    for secret in SECRETS {
        for status in [201, 403, 500] {
            let (_, log, _) = beat_against(Reply::json(status, &format!("{{\"RideId\":\"{secret}\"}}"))).await;
            assert_clean(&log, &format!("a {status} with {secret}"));
        }
    }
}
