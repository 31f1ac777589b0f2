//! From the event to the answer, over a DynamoDB engine in memory: charges, repetitions, moods and the ledger.

#[path = "../../../shared/tests/engine/mod.rs"]
mod engine;

use finance::{Finance, FinanceTable, SERVICE, routes};
use http::Response;
use lambda_http::tower::Service;
use lambda_http::{Context, Request, RequestExt};
use put_ride_record::{Put, Rides, StoreError};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::ride::Record;
use shared::service::{Settings, service};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const PROCESS: &str = include_str!("../../../events/finance-process-payment-post.json");
const SCENARIO: &str = include_str!("../../../events/finance-scenario-post.json");
const CHARGES: &str = include_str!("../../../events/finance-charges-get.json");

/// Keeps the rides that are placed.
#[derive(Debug, Clone, Default)]
struct Placed(Arc<Mutex<Vec<Record>>>);

impl Rides for Placed {
    async fn create(&self, record: &Record, _: &Budget) -> Result<Put, StoreError> {
        self.0.lock().expect("no poison").push(record.clone());
        Ok(Put::Created)
    }
}

/// A finance service on a table of its own.
struct World {
    client: aws_sdk_dynamodb::Client,
    placed: Placed,
}

impl World {
    async fn new() -> Self {
        let client = engine::client(&engine::start().await);
        engine::create(&client, "finance", "Id").await;
        Self { client, placed: Placed::default() }
    }

    /// The whole answer to an event.
    async fn answer(&self, event: &Value) -> (u16, String) {
        let settings = Settings {
            service: SERVICE,
            stage: "dev".into(),
            timeout: Duration::from_secs(15),
            tracer: Default::default(),
        };
        let books = FinanceTable::new(self.client.clone(), "finance".into());
        let request: Request = lambda_http::request::from_str(&event.to_string()).expect("an event");
        let request = request.with_lambda_context(Context::default());
        let Ok(response) = service(settings, routes(), Finance::new(books, self.placed.clone())).call(request).await;
        let (parts, body) = Response::into_parts(response);
        (parts.status.as_u16(), body)
    }

    async fn json(&self, event: &Value) -> (u16, Value) {
        let (status, body) = self.answer(event).await;
        (status, serde_json::from_str(&body).expect("every answer is JSON"))
    }

    async fn direct(&self, body: Value) -> (u16, Value) {
        self.json(&with_body(SCENARIO, &body)).await
    }

    /// How many charges there are: of a key, and in all.
    async fn charged(&self, key: &str) -> (Value, Value) {
        let mut event: Value = serde_json::from_str(CHARGES).expect("JSON");
        event["queryStringParameters"]["ride"] = key.into();
        event["multiValueQueryStringParameters"]["ride"] = json!([key]);
        let of_key = self.json(&event).await.1;
        (event["queryStringParameters"], event["multiValueQueryStringParameters"]) = (Value::Null, Value::Null);
        (of_key, self.json(&event).await.1["charged"].clone())
    }
}

fn with_body(sample: &str, body: &Value) -> Value {
    let mut event: Value = serde_json::from_str(sample).expect("JSON");
    event["body"] = body.to_string().into();
    event
}

fn order(key: Option<&str>, customer: &str, date: &str) -> Value {
    let body = json!({"product": "Unicorn ride", "customer": customer, "date": date});
    let mut event = with_body(PROCESS, &body);
    for (headers, value) in [("headers", key.map(Value::from)), ("multiValueHeaders", key.map(|key| json!([key])))] {
        let headers = event[headers].as_object_mut().expect("headers");
        headers.remove("Idempotency-Key");
        headers.extend(value.map(|value| ("Idempotency-Key".to_owned(), value)));
    }
    event
}

const PAST: &str = "2026-07-01T13:00:00+01:00";

#[tokio::test]
async fn fifty_equal_requests_at_once_are_one_charge_and_have_one_answer() {
    let world = World::new().await;
    let event = order(Some("ride-1"), "ada", PAST);
    let answers = futures_util::future::join_all((0..50).map(|_| world.answer(&event))).await;
    let first = &answers[0];
    assert_eq!(first.0, 200, "{first:?}");
    assert!(answers.iter().all(|answer| answer == first), "{answers:?}");
    let (entry, total) = world.charged("ride-1").await;
    assert_eq!((&entry["charged"], &entry["requests"], &total), (&json!(1), &json!(50), &json!(1)), "{entry}");
    assert_eq!(entry["charges"][0]["date"], PAST);
}

#[tokio::test]
async fn many_charges_at_once_are_all_counted() {
    let world = World::new().await;
    let events: Vec<Value> = (0..60).map(|ride| order(Some(&format!("ride-{ride}")), "ada", PAST)).collect();
    let answers = futures_util::future::join_all(events.iter().map(|event| world.answer(event))).await;
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(world.charged("ride-59").await.1, json!(60));
}

#[tokio::test]
async fn a_key_stands_for_one_order_and_no_key_for_a_new_one_each_time() {
    let world = World::new().await;
    assert_eq!(world.answer(&order(Some("k"), "ada", PAST)).await.0, 200);
    assert_eq!(world.answer(&order(Some("k"), "bob", PAST)).await.0, 422);
    assert_eq!(world.answer(&order(Some("not a key"), "ada", PAST)).await.0, 400);
    let without = order(None, "ada", PAST);
    assert_ne!(world.answer(&without).await, world.answer(&without).await);
    assert_eq!(world.charged("k").await.1, json!(3));
}

#[tokio::test]
async fn a_date_that_is_not_londons_or_not_past_is_a_400_with_its_reason_and_no_charge() {
    let world = World::new().await;
    for (date, reason) in [
        ("2026-07-01T12:00:00Z", "The date has the offset Z, but clocks in London were at +01:00 then."),
        ("3000-01-01T12:00:00+00:00", "The date is in the future."),
        ("today", "The date must be London local time"),
    ] {
        let (status, problem) = world.json(&order(Some("k"), "ada", date)).await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(status == 400 && detail.starts_with(reason), "{date}: {problem}");
    }
    assert_eq!(world.json(&with_body(PROCESS, &json!({"product": 1}))).await.0, 422);
    assert_eq!(world.charged("k").await.1, json!(0));
}

#[tokio::test]
async fn an_unreliable_service_fails_three_attempts_of_ten_before_and_after_charging_and_charges_once() {
    let world = World::new().await;
    let (status, told) = world.direct(json!({"scenario": "UnreliableProcessing", "seed": 7})).await;
    assert_eq!((status, &told["percentage"]), (200, &json!(30)));
    let (mut locked, mut charged_and_failed) = (0, 0);
    for ride in 0..10 {
        let key = format!("ride-{ride}");
        for _ in 0..10 {
            let (status, answer) = world.json(&order(Some(&key), "ada", PAST)).await;
            if status == 200 {
                continue;
            }
            let detail = answer["detail"].as_str().unwrap_or_default();
            assert!(status == 500 && detail.contains("the 'payments' table is locked"), "{answer}");
            locked += 1;
            let entry = world.charged(&key).await.0;
            charged_and_failed += u32::from(entry["requests"] == json!(1));
        }
        assert_eq!(world.charged(&key).await.0["charged"], json!(1), "{key}");
    }
    assert_eq!(locked, 30);
    assert!(charged_and_failed > 0, "no failure came after a first charge");
    world.direct(json!({"scenario": "Reset"})).await;
    assert_eq!(world.answer(&order(Some("ride-0"), "ada", PAST)).await.0, 200);
    assert_eq!(world.charged("ride-0").await.1, json!(10));
}

#[tokio::test]
async fn a_dead_service_charges_nobody_who_is_not_told_and_a_slow_one_takes_its_time() {
    let world = World::new().await;
    world.direct(json!({"scenario": "UnreliableProcessing", "percentage": 100})).await;
    for _ in 0..12 {
        assert_eq!(world.answer(&order(Some("k"), "ada", PAST)).await.0, 500);
    }
    world.direct(json!({"scenario": "HighLoad", "min_latency": 80, "max_latency": 120})).await;
    let started = Instant::now();
    assert_eq!(world.answer(&order(Some("k"), "ada", PAST)).await.0, 200);
    assert!(started.elapsed() >= Duration::from_millis(80), "{:?}", started.elapsed());
}

#[tokio::test]
async fn who_waits_less_than_a_slow_answer_takes_gets_a_503_in_time() {
    let world = World::new().await;
    world.direct(json!({"scenario": "VeryHighLoad"})).await;
    let mut event = order(Some("k"), "ada", PAST);
    event["headers"]["X-Remaining-Ms"] = "900".into();
    event["multiValueHeaders"]["X-Remaining-Ms"] = json!(["900"]);
    let started = Instant::now();
    assert_eq!(world.answer(&event).await.0, 503);
    // The scenario itself takes four seconds at least.
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_broken_order_is_a_ride_of_the_year_3000() {
    let world = World::new().await;
    let (status, told) = world.direct(json!({"scenario": "BrokenOrder"})).await;
    let placed = world.placed.0.lock().expect("no poison").clone();
    let [record] = placed.as_slice() else { panic!("one ride: {placed:?}") };
    assert_eq!((status, &told["placed"]["RideId"]), (200, &json!(record.ride.ride_id.to_string())));
    assert_eq!(record.ride.request_time.to_string(), "3000-01-01T12:00:00.000000Z");
    assert_eq!(record.rider.as_ref().map(shared::ride::Label::as_str), Some("Product from the future"));
    assert_eq!(world.direct(json!({"scenario": "Chaos"})).await.0, 422);
}

#[tokio::test]
async fn the_service_lives_and_has_no_other_paths() {
    let world = World::new().await;
    let mut event: Value = serde_json::from_str(CHARGES).expect("JSON");
    for (method, path, expected) in [
        ("GET", "/finance/health", 200),
        ("POST", "/finance/charges", 405),
        ("GET", "/finance/scenario", 405),
        ("GET", "/finance", 404),
    ] {
        (event["httpMethod"], event["path"]) = (method.into(), path.into());
        event["requestContext"]["resourcePath"] = path.into();
        assert_eq!(world.answer(&event).await.0, expected, "{method} {path}");
    }
}
