//! The handler from the event to the response, and the table's client against a socket that answers as DynamoDB does.

#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use fake::{Fake, Reply};
use http::{Response, header};
use lambda_http::tower::Service;
use lambda_http::{Context, Request, RequestExt};
use put_ride_record::{Put, PutRideRecord, Rides, RidesTable, SERVICE, StoreError, routes};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::config::Environment;
use shared::ride::Record;
use shared::service::service;
use std::time::{Duration, Instant};

const SAMPLE: &str = include_str!("../../../events/record-post.json");

fn environment(endpoint: &str) -> Environment {
    [
        ("STAGE", "dev"),
        ("TIMEOUT_MS", "20000"),
        ("DYNAMODB_ATTEMPTS", "3"),
        ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000"),
        ("CONNECT_TIMEOUT_MS", "1000"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
    ]
    .into_iter()
    .collect()
}

async fn answer(rides: impl Rides, request: Request) -> (u16, Value, bool) {
    let settings = shared::service::Settings::read(SERVICE, &environment("http://127.0.0.1:1")).expect("whole");
    let Ok(response) = service(settings, routes(), PutRideRecord::new(rides)).call(request).await;
    let (parts, body): (_, String) = Response::into_parts(response);
    let body = serde_json::from_str(&body).expect("every answer is JSON");
    (parts.status.as_u16(), body, parts.headers.contains_key(header::RETRY_AFTER))
}

fn event(change: impl FnOnce(&mut Value)) -> Request {
    let mut event: Value = serde_json::from_str(SAMPLE).expect("JSON");
    change(&mut event);
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
    request.with_lambda_context(Context::default())
}

fn body() -> Value {
    let event: Value = serde_json::from_str(SAMPLE).expect("JSON");
    serde_json::from_str(event["body"].as_str().expect("a body")).expect("JSON")
}

/// What became of every ride.
struct Always(Put);

impl Rides for Always {
    async fn create(&self, _: &Record, _: &Budget) -> Result<Put, StoreError> {
        Ok(self.0)
    }
}

fn table(fake: &Fake) -> RidesTable {
    let client = shared::dynamodb::client(&environment(&fake.url("/"))).expect("a whole environment");
    RidesTable::new(client, "wild-rydes-dev-rides".into())
}

/// The item of the first write that reached the fake table.
fn written(fake: &Fake) -> Value {
    let request: Value = serde_json::from_str(&fake.requests()[0].body).expect("JSON");
    assert_eq!(request["ConditionExpression"], "attribute_not_exists(RideId)");
    assert_eq!(request["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
    request["Item"].clone()
}

fn condition_failed(old: &Value) -> Reply {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    Reply::json(400, &json!({"__type": kind, "message": "The conditional request failed", "Item": old}).to_string())
}

#[tokio::test]
async fn a_new_ride_and_the_same_ride_again_are_both_stored() {
    for put in [Put::Created, Put::SameAsBefore] {
        assert_eq!(answer(Always(put), event(|_| {})).await, (201, json!({"success": true}), false));
    }
    assert_eq!(answer(Always(Put::OtherThanBefore), event(|_| {})).await.0, 409);
}

#[tokio::test]
async fn a_ride_is_created_in_the_table_with_its_numbers_as_they_came() {
    let fake = Fake::start(|_| Reply::json(200, "{}")).await;
    assert_eq!(answer(table(&fake), event(|_| {})).await.0, 201);
    let item = written(&fake);
    assert_eq!(item["RideId"]["S"], body()["RideId"]);
    assert_eq!(item["PickupLocation"]["M"]["Latitude"]["N"], "42.35250862285574");
    assert_eq!(item["PickupLocation"]["M"]["Longitude"]["N"], "-71.05289904884849");
}

#[tokio::test]
async fn the_ride_that_is_there_decides_between_201_and_409() {
    let fake = Fake::start(|_| Reply::json(200, "{}")).await;
    answer(table(&fake), event(|_| {})).await;
    let same = written(&fake);
    let mut other = same.clone();
    other["PickupLocation"]["M"]["Latitude"]["N"] = "42.35250862285575".into();
    let mut extended = same.clone();
    extended["PaymentStatus"] = json!({"S": "Queued"});
    for (old, expected) in [(&same, 201), (&extended, 201), (&other, 409), (&json!({"RideId": {"S": "x"}}), 409)] {
        let reply = condition_failed(old);
        let fake = Fake::start(move |_| reply.clone()).await;
        assert_eq!(answer(table(&fake), event(|_| {})).await.0, expected, "{old}");
        assert_eq!(fake.requests().len(), 1, "a condition that failed is not tried again");
    }
}

/// The client's own retry finds the ride that its first attempt has stored: no error, and no second ride.
#[tokio::test]
async fn a_ride_that_was_stored_without_an_answer_is_stored() {
    for broken in [Reply::Close, Reply::CloseMidBody, Reply::Never, Reply::json(500, "{}")] {
        let what = format!("{broken:?}");
        let stored = std::sync::Mutex::new(None);
        let fake = Fake::judging(move |_, request| {
            let request: Value = serde_json::from_str(&request.body).expect("JSON");
            let there = stored.lock().expect("no poison").replace(request["Item"].clone());
            there.map_or(broken.clone(), |there| condition_failed(&there))
        });
        let fake = fake.await;
        assert_eq!(answer(table(&fake), event(|_| {})).await.0, 201, "{what}");
        assert_eq!(fake.requests().len(), 2, "{what}");
    }
}

#[tokio::test]
async fn a_table_in_trouble_is_a_503() {
    let throttled = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}"#;
    let missing = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}"#;
    for (reply, attempts) in [
        (Reply::json(400, throttled), 3),
        (Reply::json(400, missing), 1),
        (Reply::json(500, "{}"), 3),
        (Reply::Close, 3),
        (Reply::Never, 3),
    ] {
        let what = format!("{reply:?}");
        let fake = Fake::start(move |_| reply.clone()).await;
        let (status, _, retry_after) = answer(table(&fake), event(|_| {})).await;
        assert_eq!((status, retry_after), (503, true), "{what}");
        assert_eq!(fake.requests().len(), attempts, "{what}");
    }
}

#[tokio::test]
async fn a_passing_throttle_is_survived() {
    let throttled = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException"}"#;
    let fake =
        Fake::start(move |number| if number == 0 { Reply::json(400, throttled) } else { Reply::json(200, "{}") });
    assert_eq!(answer(table(&fake.await), event(|_| {})).await.0, 201);
}

#[tokio::test]
async fn the_callers_patience_ends_the_waiting() {
    let fake = Fake::start(|_| Reply::Never).await;
    let started = Instant::now();
    let request = event(|event| {
        event["headers"]["X-Remaining-Ms"] = "550".into();
        event["multiValueHeaders"]["X-Remaining-Ms"] = json!(["550"]);
    });
    assert_eq!(answer(table(&fake), request).await.0, 503);
    // Three attempts would take three seconds.
    assert!(started.elapsed() < Duration::from_millis(2_500), "{:?}", started.elapsed());
}

#[tokio::test]
async fn the_warm_up_asks_for_the_endpoints_health_and_nothing_else() {
    let fake = Fake::start(|_| Reply::text(200, "healthy: dynamodb.eu-west-1.amazonaws.com")).await;
    let client = shared::dynamodb::client(&environment(&fake.url("/"))).expect("a whole environment");
    shared::dynamodb::warm(&client, Duration::from_secs(5)).await;
    let requests = fake.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].head.starts_with("GET / HTTP/1.1") && requests[0].body.is_empty(), "{:?}", requests[0]);
}

#[tokio::test]
async fn bad_records_get_their_4xx() {
    let with = |change: fn(&mut Value)| {
        let mut body = body();
        change(&mut body);
        body.to_string()
    };
    for (body, expected) in [
        (String::new(), 400),
        ("[]".into(), 400),
        ("{".into(), 400),
        ("[".repeat(4_000), 400),
        ("x".repeat(10_000_000), 413),
        ("{}".into(), 422),
        (with(|body| body["RideId"] = "x".into()), 422),
        (with(|body| body["Unicorn"] = Value::Null), 422),
        (with(|body| body["Unicorn"]["Wings"] = 2.into()), 422),
        (with(|body| body["RequestTime"] = "yesterday".into()), 422),
        (with(|body| body["PickupLocation"]["Latitude"] = 91.into()), 422),
        (with(|body| body["Price"] = 1.into()), 422),
    ] {
        let (status, problem, _) =
            answer(Always(Put::Created), event(|event| event["body"] = body.as_str().into())).await;
        assert_eq!((status, problem["status"].as_u64()), (expected, Some(expected.into())), "{body:.80}");
    }
    let http_api = include_str!("../../../events/record-post-http-api.json");
    let request = lambda_http::request::from_str(http_api).expect("an event that lambda_http knows");
    assert_eq!(answer(Always(Put::Created), request).await.0, 201);
}
