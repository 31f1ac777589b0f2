//! The service as main builds it, with the other services as sockets on loopback.

use crate::fake::{Fake, Reply};
use crate::memory::Memory;
use http::{HeaderMap, Response, header};
use lambda_http::tower::Service;
use lambda_http::{Context, Request, RequestExt};
use request_ride::{RequestRide, SERVICE, Services, Settings, routes};
use serde_json::Value;
use shared::config::Environment;
use shared::http::{Client, Signer};
use shared::idempotency::Once;
use shared::params::Store;
use shared::service::service;
use shared::telemetry::trace::Tracer;
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

pub(crate) const UNICORN: &str = r#"{"Name":"Rocinante","Color":"Yellow","DeviceId":"2279df58"}"#;
pub(crate) const STORED: &str = r#"{"success": true}"#;

#[derive(Debug, thiserror::Error)]
#[error("no such parameter")]
pub(crate) struct Missing;

/// Parameters that never change.
#[derive(Debug)]
pub(crate) struct Parameters(HashMap<&'static str, String>);

impl Store for Parameters {
    type Error = Missing;

    async fn get(&self, name: &str) -> Result<String, Missing> {
        self.0.get(name).cloned().ok_or(Missing)
    }
}

pub(crate) fn environment() -> Environment {
    [
        ("RIDE_RECORD_URL_PARAMETER", "record"),
        ("RIDE_FLEET_URL_PARAMETER", "fleet"),
        ("PARAMETER_TTL_SECONDS", "60"),
        ("SSM_TIMEOUT_MS", "1000"),
        ("CORS_ORIGIN", "*"),
        ("CONNECT_TIMEOUT_MS", "1000"),
        ("FLEET_ATTEMPT_TIMEOUT_MS", "1000"),
        ("RECORD_ATTEMPT_TIMEOUT_MS", "1000"),
        ("CALL_ATTEMPTS", "3"),
        ("BACKOFF_BASE_MS", "1"),
        ("BACKOFF_CAP_MS", "2"),
        ("STAGE", "dev"),
        ("TIMEOUT_MS", "20000"),
        ("IDEMPOTENCY_TABLE", "claims"),
        ("IDEMPOTENCY_TTL_SECONDS", "86400"),
        ("IDEMPOTENCY_IN_PROGRESS_SECONDS", "30"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "session"),
    ]
    .into_iter()
    .collect()
}

pub(crate) fn system(
    addresses: HashMap<&'static str, String>,
    memory: Memory,
) -> impl Service<Request, Response = Response<String>, Error = Infallible> {
    traced_system(addresses, memory, Tracer::default())
}

pub(crate) fn traced_system(
    addresses: HashMap<&'static str, String>,
    memory: Memory,
    tracer: Tracer,
) -> impl Service<Request, Response = Response<String>, Error = Infallible> {
    let settings = Settings::read(&environment()).expect("a whole environment");
    let common = shared::service::Settings::read(SERVICE, &environment()).expect("a whole environment");
    let common = shared::service::Settings { tracer, ..common };
    let client = Client::new(settings.connect_timeout, settings.schedule).expect("a TLS stack");
    let client = client.signed_by(Signer::new(&environment()).expect("a whole environment").with_clock(ticking));
    let services = Services::new(&settings, Parameters(addresses), client);
    service(common, routes(&settings), RequestRide::new(services, Once::new(memory, settings.idempotency)))
}

/// A clock that is a minute later each time it is looked at.
pub(crate) fn ticking() -> SystemTime {
    static MINUTES: AtomicU64 = AtomicU64::new(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(60 * MINUTES.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn event(change: impl FnOnce(&mut Value)) -> Request {
    let mut event: Value = serde_json::from_str(include_str!("../../../../events/ride-post.json")).expect("JSON");
    change(&mut event);
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
    let mut context = Context::default();
    context.xray_trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".into());
    request.with_lambda_context(context)
}

/// The request with a deadline so long from now.
pub(crate) fn due_in(request: Request, left: Duration) -> Request {
    let mut context = request.lambda_context();
    let due = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock after 1970") + left;
    context.deadline = u64::try_from(due.as_millis()).expect("a time of this age");
    request.with_lambda_context(context)
}

pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) bytes: String,
}

pub(crate) async fn ask(fleet: &Fake, record: &Fake, request: Request) -> Answered {
    answer(addresses(fleet, record), request).await
}

pub(crate) fn addresses(fleet: &Fake, record: &Fake) -> HashMap<&'static str, String> {
    HashMap::from([("fleet", fleet.url("/dev/unicorn")), ("record", record.url("/dev/record"))])
}

pub(crate) async fn answer(addresses: HashMap<&'static str, String>, request: Request) -> Answered {
    answer_with(addresses, request, &Memory::default()).await
}

pub(crate) async fn answer_with(
    addresses: HashMap<&'static str, String>,
    request: Request,
    memory: &Memory,
) -> Answered {
    let Ok(response) = system(addresses, memory.clone()).call(request).await;
    let (parts, bytes) = response.into_parts();
    let body = serde_json::from_str(&bytes).expect("every answer is JSON");
    Answered { status: parts.status.as_u16(), headers: parts.headers, body, bytes }
}

pub(crate) fn assert_unavailable(answered: &Answered, what: &str) {
    assert_eq!(answered.status, 503, "{what}: {}", answered.body);
    assert!(answered.headers.contains_key(header::RETRY_AFTER), "{what}");
    assert_eq!(answered.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{what}");
    assert_eq!(answered.headers[header::CONTENT_TYPE], "application/problem+json", "{what}");
    assert!(answered.body.get("Unicorn").is_none(), "{what}");
}

/// A record service that stores, and confirms only the same ride again.
pub(crate) async fn stores(
    reply: impl Fn(usize) -> Option<Reply> + Send + Sync + 'static,
) -> (Fake, Arc<Mutex<Vec<String>>>) {
    let rides: Arc<Mutex<Vec<String>>> = Arc::default();
    let stored = Arc::clone(&rides);
    let fake = Fake::judging(move |number, request| {
        let mut rides = rides.lock().expect("no poison");
        let id = |body: &str| serde_json::from_str::<Value>(body).expect("JSON")["RideId"].clone();
        let there = rides.iter().find(|ride| id(ride) == id(&request.body)).cloned();
        let told = match there {
            Some(there) if there != request.body => Reply::json(409, "{}"),
            Some(_) => Reply::json(201, STORED),
            None => {
                rides.push(request.body.clone());
                Reply::json(201, STORED)
            }
        };
        reply(number).unwrap_or(told)
    });
    (fake.await, stored)
}
