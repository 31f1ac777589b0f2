//! The handler from the event to the response, with the other services as sockets on loopback that misbehave.

#[path = "../../../shared/tests/fake/mod.rs"]
mod fake;
mod memory;

use fake::{Fake, Reply};
use http::{HeaderMap, Response, StatusCode, header};
use lambda_http::tower::Service;
use lambda_http::{Context, Request, RequestExt};
use memory::Memory;
use request_ride::{RequestRide, SERVICE, Services, Settings, routes};
use serde_json::{Value, json};
use shared::config::Environment;
use shared::http::{Client, Signer};
use shared::idempotency::{Once, Status};
use shared::params::Store;
use shared::service::service;
use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

const UNICORN: &str = r#"{"Name":"Rocinante","Color":"Yellow","DeviceId":"2279df58"}"#;
const STORED: &str = r#"{"success": true}"#;

#[derive(Debug, thiserror::Error)]
#[error("no such parameter")]
struct Missing;

/// Parameters that never change.
#[derive(Debug)]
struct Parameters(HashMap<&'static str, String>);

impl Store for Parameters {
    type Error = Missing;

    async fn get(&self, name: &str) -> Result<String, Missing> {
        self.0.get(name).cloned().ok_or(Missing)
    }
}

fn environment() -> Environment {
    [
        ("RIDE_RECORD_URL_PARAMETER", "record"),
        ("RIDE_FLEET_URL_PARAMETER", "fleet"),
        ("PARAMETER_TTL_SECONDS", "60"),
        ("SSM_TIMEOUT_MS", "1000"),
        ("CORS_ORIGIN", "*"),
        ("CONNECT_TIMEOUT_MS", "1000"),
        ("FLEET_ATTEMPT_TIMEOUT_MS", "200"),
        ("RECORD_ATTEMPT_TIMEOUT_MS", "200"),
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

fn system(
    addresses: HashMap<&'static str, String>,
    memory: Memory,
) -> impl Service<Request, Response = Response<String>, Error = Infallible> {
    let settings = Settings::read(&environment()).expect("a whole environment");
    let common = shared::service::Settings::read(SERVICE, &environment()).expect("a whole environment");
    let client = Client::new(settings.connect_timeout, settings.schedule).expect("a TLS stack");
    let client = client.signed_by(Signer::new(&environment()).expect("a whole environment").with_clock(ticking));
    let services = Services::new(&settings, Parameters(addresses), client);
    service(common, routes(&settings), RequestRide::new(services, Once::new(memory, settings.idempotency)))
}

/// A clock that is a minute later each time it is looked at.
fn ticking() -> SystemTime {
    static MINUTES: AtomicU64 = AtomicU64::new(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(60 * MINUTES.fetch_add(1, Ordering::Relaxed))
}

fn event(change: impl FnOnce(&mut Value)) -> Request {
    let mut event: Value = serde_json::from_str(include_str!("../../../events/ride-post.json")).expect("JSON");
    change(&mut event);
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
    let mut context = Context::default();
    context.xray_trace_id = Some("Root=1-a;Parent=b;Sampled=1".into());
    request.with_lambda_context(context)
}

struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Value,
    bytes: String,
}

async fn ask(fleet: &Fake, record: &Fake, request: Request) -> Answered {
    answer(addresses(fleet, record), request).await
}

fn addresses(fleet: &Fake, record: &Fake) -> HashMap<&'static str, String> {
    HashMap::from([("fleet", fleet.url("/dev/unicorn")), ("record", record.url("/dev/record"))])
}

async fn answer(addresses: HashMap<&'static str, String>, request: Request) -> Answered {
    answer_with(addresses, request, &Memory::default()).await
}

async fn answer_with(addresses: HashMap<&'static str, String>, request: Request, memory: &Memory) -> Answered {
    let Ok(response) = system(addresses, memory.clone()).call(request).await;
    let (parts, bytes) = response.into_parts();
    let body = serde_json::from_str(&bytes).expect("every answer is JSON");
    Answered { status: parts.status.as_u16(), headers: parts.headers, body, bytes }
}

fn assert_unavailable(answered: &Answered, what: &str) {
    assert_eq!(answered.status, 503, "{what}: {}", answered.body);
    assert!(answered.headers.contains_key(header::RETRY_AFTER), "{what}");
    assert_eq!(answered.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{what}");
    assert_eq!(answered.headers[header::CONTENT_TYPE], "application/problem+json", "{what}");
    assert!(answered.body.get("Unicorn").is_none(), "{what}");
}

#[tokio::test]
async fn a_ride_is_booked_and_what_was_stored_is_what_is_told() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let answered = ask(&fleet, &record, event(|_| {})).await;
    assert_eq!(answered.status, 201, "{}", answered.body);
    let keys: Vec<&String> = answered.body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["RideId", "Unicorn", "RequestTime"]);

    let stored = record.requests();
    let mut told: Value = serde_json::from_str(&stored[0].body).expect("JSON");
    let location = told.as_object_mut().expect("an object").shift_remove("PickupLocation");
    assert_eq!(location, Some(json!({"Latitude": 42.35250862285574, "Longitude": -71.05289904884849})));
    assert_eq!(told, answered.body);

    let asked = fleet.requests();
    assert_eq!(asked[0].header("x-request-id"), Some("sample-ride"));
    assert_eq!(asked[0].header("x-amzn-trace-id"), Some("Root=1-a;Parent=b;Sampled=1"));
    assert_eq!(asked[0].header("x-remaining-ms"), Some("200"));
    assert_eq!(stored[0].header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_request_from_an_http_api_is_the_same_request() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let sample = include_str!("../../../events/ride-post-http-api.json");
    let request = lambda_http::request::from_str(sample).expect("an event that lambda_http knows");
    assert_eq!(ask(&fleet, &record, request.with_lambda_context(Context::default())).await.status, 201);
}

/// The answer to a request with this authoriser, and the rider that was stored.
async fn ridden(authorizer: Value) -> (u16, Option<Value>) {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let request = event(|event| event["requestContext"]["authorizer"] = authorizer);
    let answered = ask(&fleet, &record, request).await;
    assert!(!answered.body.to_string().contains("Rider"), "{}", answered.body);
    let stored = record.requests().first().map(|stored| serde_json::from_str::<Value>(&stored.body).expect("JSON"));
    (answered.status, stored.map(|stored| stored["Rider"].clone()))
}

#[tokio::test]
async fn the_subject_of_the_token_is_the_rider() {
    let sample: Value = serde_json::from_str(include_str!("../../../events/ride-post-cognito.json")).expect("JSON");
    let authorizer = sample["requestContext"]["authorizer"].clone();
    assert_eq!(ridden(authorizer).await, (201, Some("7d8ca528-4931-4254-9273-ea5ee853f271".into())));
}

#[tokio::test]
async fn without_a_user_pool_there_is_no_rider() {
    for authorizer in [Value::Null, json!({}), json!({"principalId": "x", "integrationLatency": 7})] {
        assert_eq!(ridden(authorizer.clone()).await, (201, Some(Value::Null)), "{authorizer}");
    }
}

#[tokio::test]
async fn a_token_that_names_nobody_books_nothing() {
    let long = "x".repeat(129);
    for sub in [Value::Null, "".into(), "a\nb".into(), long.into(), 7.into(), json!(["a"])] {
        assert_eq!(ridden(json!({"claims": {"sub": sub}})).await, (403, None), "{sub}");
    }
    for claims in [json!({}), json!("sub"), Value::Null] {
        assert_eq!(ridden(json!({"claims": claims})).await, (403, None), "{claims}");
    }
}

#[tokio::test]
async fn without_a_stored_ride_there_is_no_201() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    for (reply, attempts) in [
        (Reply::json(200, STORED), 1),
        (Reply::json(201, r#"{"success": false}"#), 1),
        (Reply::json(201, r#"{}"#), 1),
        (Reply::json(201, "garbage"), 1),
        (Reply::text(201, STORED), 1),
        (Reply::json(302, STORED), 1),
        (Reply::json(403, STORED), 1),
        (Reply::json(503, STORED), 1),
        (Reply::json(500, STORED), 3),
        (Reply::json(502, STORED), 3),
        (Reply::json(504, STORED), 3),
        (Reply::json(429, STORED), 3),
        (Reply::CloseMidBody, 3),
        (Reply::Close, 3),
        (Reply::Garbage, 3),
        (Reply::Never, 3),
        (Reply::json(201, &format!(r#"{{"success": true, "x": "{}"}}"#, "x".repeat(70_000))), 1),
    ] {
        let what = format!("{reply:.60?}");
        let record = Fake::start(move |_| reply.clone()).await;
        assert_unavailable(&ask(&fleet, &record, event(|_| {})).await, &what);
        assert_eq!(record.requests().len(), attempts, "{what}");
    }
}

#[tokio::test]
async fn a_refused_ride_is_a_bug_of_ours_and_not_the_riders() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    for status in [400, 409, 413, 415, 422] {
        let record = Fake::start(move |_| Reply::json(status, "{}")).await;
        assert_eq!(ask(&fleet, &record, event(|_| {})).await.status, 500, "{status}");
    }
}

#[tokio::test]
async fn a_fleet_in_trouble_is_never_a_unicorn() {
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    for reply in [
        Reply::json(200, "{}"),
        Reply::json(200, "null"),
        Reply::json(200, r#"{"Name":"","Color":"Yellow","DeviceId":"1"}"#),
        Reply::json(200, r#"{"message":"Internal server error"}"#),
        Reply::text(200, UNICORN),
        Reply::json(201, UNICORN),
        Reply::json(301, UNICORN),
        Reply::json(404, UNICORN),
        Reply::json(500, UNICORN),
        Reply::json(503, UNICORN),
        Reply::CloseMidBody,
        Reply::Close,
        Reply::Garbage,
        Reply::Never,
    ] {
        let what = format!("{reply:?}");
        let fleet = Fake::start(move |_| reply.clone()).await;
        assert_unavailable(&ask(&fleet, &record, event(|_| {})).await, &what);
    }
    assert!(record.requests().is_empty(), "nothing is stored without a unicorn");
}

#[tokio::test]
async fn a_passing_trouble_is_survived() {
    let bumpy = |number: usize, good: Reply| match number {
        0 => Reply::CloseMidBody,
        1 => Reply::json(502, "{}"),
        _ => good,
    };
    let fleet = Fake::start(move |number| bumpy(number, Reply::json(200, UNICORN))).await;
    let record = Fake::start(move |number| bumpy(number, Reply::json(201, STORED))).await;
    let answered = ask(&fleet, &record, event(|_| {})).await;
    assert_eq!(answered.status, 201, "{}", answered.body);
    let bodies: Vec<String> = record.requests().into_iter().map(|request| request.body).collect();
    assert!(bodies.len() == 3 && bodies.iter().all(|body| *body == bodies[0]), "the same ride each time");
}

#[tokio::test]
async fn every_attempt_is_signed_anew() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|number| if number < 2 { Reply::json(500, "{}") } else { Reply::json(201, STORED) }).await;
    assert_eq!(ask(&fleet, &record, event(|_| {})).await.status, 201);
    let [asked] = &fleet.requests()[..] else { panic!("one request") };
    let stored = record.requests();
    assert_eq!(stored.len(), 3);
    let mut dates = BTreeSet::new();
    let mut signatures = BTreeSet::new();
    for request in stored.iter().chain([asked]) {
        let date = request.header("x-amz-date").expect("a date");
        let authorization = request.header("authorization").expect("a signature");
        let scope = format!("Credential=AKIDEXAMPLE/{}/eu-west-1/execute-api/aws4_request, ", &date[..8]);
        assert!(authorization.starts_with(&format!("AWS4-HMAC-SHA256 {scope}")), "{authorization}");
        assert_eq!(request.header("x-amz-security-token"), Some("session"));
        dates.insert(date.to_owned());
        signatures.insert(authorization.to_owned());
    }
    assert_eq!((dates.len(), signatures.len()), (4, 4));
    let signed = "SignedHeaders=host;x-amz-date;x-amz-security-token;x-remaining-ms;x-request-id,";
    assert!(asked.header("authorization").is_some_and(|text| text.contains(signed)));
}

#[tokio::test]
async fn a_gateway_that_lets_us_not_in_is_asked_once() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let secret = r#"{"message":"The Canonical String for this request should have been x-amz-security-token:session"}"#;
    let closed = Fake::start(move |_| Reply::json(403, secret)).await;
    for (fleet, record) in [(&closed, &fleet), (&fleet, &closed)] {
        let before = closed.requests().len();
        let answered = ask(fleet, record, event(|_| {})).await;
        assert_unavailable(&answered, "a closed gateway");
        assert!(!answered.body.to_string().contains("session"), "{}", answered.body);
        assert_eq!(closed.requests().len() - before, 1);
    }
}

fn keyed(key: &str, change: impl FnOnce(&mut Value)) -> Request {
    event(|event| {
        event["headers"]["Idempotency-Key"] = key.into();
        event["multiValueHeaders"]["Idempotency-Key"] = json!([key]);
        change(event);
    })
}

/// A record service that stores, and confirms only the same ride again.
async fn stores(reply: impl Fn(usize) -> Option<Reply> + Send + Sync + 'static) -> (Fake, Arc<Mutex<Vec<String>>>) {
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

#[tokio::test]
async fn a_ride_that_was_stored_without_an_answer_is_no_error_and_no_second_ride() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    for broken in [Reply::Close, Reply::CloseMidBody, Reply::Never, Reply::Garbage, Reply::json(500, "{}")] {
        let what = format!("{broken:?}");
        let (record, stored) = stores(move |number| (number < 2).then(|| broken.clone())).await;
        let answered = ask(&fleet, &record, event(|_| {})).await;
        assert_eq!((answered.status, record.requests().len()), (201, 3), "{what}");
        let stored = stored.lock().expect("no poison").clone();
        let [ride] = &stored[..] else { panic!("{what}: {} rides", stored.len()) };
        assert!(ride.contains(answered.body["RideId"].as_str().expect("an id")), "{what}");
    }
}

#[tokio::test]
async fn the_same_key_and_body_get_the_same_answer_and_one_ride() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let (record, stored) = stores(|_| None).await;
    let memory = Memory::default();
    let first = answer_with(addresses(&fleet, &record), keyed("k", |_| {}), &memory).await;
    assert_eq!(first.status, 201, "{}", first.body);
    let other_spelling = r#" {"PickupLocation": {"Longitude": -7.105289904884849e1, "Latitude": 42.35250862285574}}"#;
    let again = keyed("k", |event| event["body"] = other_spelling.into());
    let again = answer_with(addresses(&fleet, &record), again, &memory).await;
    assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    for header in [&header::CONTENT_TYPE, &header::CACHE_CONTROL, &header::ACCESS_CONTROL_ALLOW_ORIGIN] {
        assert_eq!(again.headers.get(header), first.headers.get(header), "{header}");
    }
    let other = keyed("k", |event| event["body"] = r#"{"PickupLocation":{"Latitude":1,"Longitude":1}}"#.into());
    let other = answer_with(addresses(&fleet, &record), other, &memory).await;
    assert_eq!(other.status, 422, "{}", other.body);
    assert_eq!(stored.lock().expect("no poison").len(), 1);
    // What is booked needs no unicorn.
    let closed = format!("http://127.0.0.1:{}/", fake::closed_port().await);
    let nobody = HashMap::from([("fleet", closed.clone()), ("record", closed)]);
    let again = answer_with(nobody.clone(), keyed("k", |_| {}), &memory).await;
    assert_eq!((again.status, &again.bytes), (201, &first.bytes));
    assert_unavailable(&answer_with(nobody, keyed("new", |_| {}), &memory).await, "nothing booked, nobody there");
}

#[tokio::test]
async fn a_booking_writes_two_rows_with_a_key_and_none_without() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let memory = Memory::default();
    answer_with(addresses(&fleet, &record), event(|_| {}), &memory).await;
    assert!(memory.writes.lock().expect("no poison").is_empty());
    answer_with(addresses(&fleet, &record), keyed("k", |_| {}), &memory).await;
    let writes = memory.writes.lock().expect("no poison").clone();
    let [(claim, _, true), (completed, _, true)] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!((claim.booking.answer(), completed.status), (completed.booking.answer(), Status::Completed));
}

#[tokio::test]
async fn a_claim_in_progress_is_a_409_that_says_when() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::Never).await;
    let memory = Memory::default();
    let slow = answer_with(addresses(&fleet, &record), keyed("k", |_| {}), &memory);
    let second = async {
        while memory.writes.lock().expect("no poison").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        answer_with(addresses(&fleet, &record), keyed("k", |_| {}), &memory).await
    };
    let (slow, second) = tokio::join!(slow, second);
    assert_unavailable(&slow, "a silent record service");
    assert_eq!(second.status, 409, "{}", second.body);
    let wait: u32 = second.headers[header::RETRY_AFTER].to_str().expect("ASCII").parse().expect("seconds");
    assert!((1..=30).contains(&wait), "{wait}");
    // The slow one has let go of the claim, so nobody has to wait for that.
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let third = answer_with(addresses(&fleet, &record), keyed("k", |_| {}), &memory).await;
    assert_eq!(third.status, 201, "{}", third.body);
    let claimed = memory.writes.lock().expect("no poison")[0].0.booking.clone();
    assert_eq!(third.bytes, claimed.answer(), "the ride of the first caller");
}

#[tokio::test]
async fn without_the_table_nothing_is_booked_and_what_is_booked_is_told() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let gone = Memory { gone_from: Some(0), ..Memory::default() };
    assert_unavailable(&answer_with(addresses(&fleet, &record), keyed("k", |_| {}), &gone).await, "no table");
    assert!(record.requests().is_empty());
    let gone_later = Memory { gone_from: Some(1), ..Memory::default() };
    let answered = answer_with(addresses(&fleet, &record), keyed("k", |_| {}), &gone_later).await;
    assert_eq!(answered.status, 201, "stored is stored");
}

#[tokio::test]
async fn riders_do_not_share_their_keys() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let (record, stored) = stores(|_| None).await;
    let memory = Memory::default();
    for rider in [json!(null), json!({"claims": {"sub": "ada"}}), json!({"claims": {"sub": "grace"}})] {
        for _ in 0..2 {
            let request = keyed("k", |event| event["requestContext"]["authorizer"] = rider.clone());
            assert_eq!(answer_with(addresses(&fleet, &record), request, &memory).await.status, 201);
        }
    }
    assert_eq!(stored.lock().expect("no poison").len(), 3);
}

#[tokio::test]
async fn a_key_that_cannot_be_used_is_named_and_books_nothing() {
    let services = Fake::start(|_| Reply::json(200, UNICORN)).await;
    for key in ["", "a b", "caf\u{e9}", &"k".repeat(256)] {
        let answered = ask(&services, &services, keyed(key, |_| {})).await;
        assert_eq!(answered.status, 400, "{key:.20}");
        assert!(answered.body["detail"].as_str().is_some_and(|text| text.contains("Idempotency-Key")), "{key:.20}");
    }
    assert!(services.requests().is_empty());
}

#[tokio::test]
async fn nobody_at_the_address_is_a_503() {
    let closed = format!("http://127.0.0.1:{}/", fake::closed_port().await);
    let addresses = HashMap::from([("fleet", closed.clone()), ("record", closed)]);
    assert_unavailable(&answer(addresses, event(|_| {})).await, "a closed port");
    assert_unavailable(&answer(HashMap::new(), event(|_| {})).await, "no address at all");
}

#[tokio::test]
async fn a_short_budget_ends_the_waiting() {
    let slow = Fake::start(|_| Reply::Never).await;
    let started = Instant::now();
    let request = event(|event| {
        event["headers"]["X-Remaining-Ms"] = "600".into();
        event["multiValueHeaders"]["X-Remaining-Ms"] = json!(["600"]);
    });
    assert_unavailable(&ask(&slow, &slow, request).await, "a slow fleet");
    assert!(started.elapsed() < Duration::from_millis(600), "{:?}", started.elapsed());
    let patience: u64 =
        slow.requests()[0].header("x-remaining-ms").and_then(|text| text.parse().ok()).expect("a number");
    assert!((1..=100).contains(&patience), "{patience}");
}

#[tokio::test]
async fn bad_bodies_get_their_4xx_and_call_nobody() {
    let services = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let location = |latitude: &str| format!(r#"{{"PickupLocation":{{"Latitude":{latitude},"Longitude":1}}}}"#);
    let mut cases: Vec<(String, u16)> =
        ["", "null", "[]", "7", "{\"PickupLocation\":", "{} {}", "{\"a\":NaN}", "\u{feff}{}"]
            .iter()
            .map(|body| ((*body).to_owned(), 400))
            .collect();
    cases.push(("[".repeat(4_000), 400));
    cases.push(("[".repeat(10_000), 413));
    cases.push(("x".repeat(10_000_000), 413));
    for latitude in ["null", "\"1\"", "true", "[]", "{}", "90.00000000000002", "-91", "1e400", "-1e400"] {
        cases.push((location(latitude), 422));
    }
    cases.push(("{}".into(), 422));
    cases.push((location("1,\"Latitude\":1"), 422));
    cases.push((r#"{"PickupLocation":{"Latitude":1,"Longitude":1},"Rider":"me"}"#.into(), 422));
    for (body, expected) in cases {
        let answered = ask(&services, &services, event(|event| event["body"] = body.as_str().into())).await;
        assert_eq!(answered.status, expected, "{body:.80}");
        assert_eq!(answered.body["status"], expected, "{body:.80}");
        assert_eq!(answered.body.get("errors").is_some(), expected == 422, "{body:.80}");
        assert!(answered.headers.contains_key("x-request-id"), "{body:.80}");
    }
    let invalid_utf8 = event(|event| (event["body"], event["isBase64Encoded"]) = ("eyJhIjoi/yJ9".into(), true.into()));
    assert_eq!(ask(&services, &services, invalid_utf8).await.status, 400);
    let none = event(|event| event["body"] = Value::Null);
    assert_eq!(ask(&services, &services, none).await.status, 400);
    assert!(services.requests().is_empty());
}

#[tokio::test]
async fn the_edges_of_the_earth_are_on_it() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    for (latitude, longitude) in [("90", "180"), ("-90", "-180"), ("-0.0", "0"), ("5e-324", "1E-400")] {
        let body = format!(r#"{{"PickupLocation":{{"Latitude":{latitude},"Longitude":{longitude}}}}}"#);
        let answered = ask(&fleet, &record, event(|event| event["body"] = body.as_str().into())).await;
        assert_eq!(answered.status, StatusCode::CREATED.as_u16(), "{body}");
    }
}
