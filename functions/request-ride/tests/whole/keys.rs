//! The idempotency key, from the event to the response.

use crate::canary::Log;
use crate::fake::{self, Fake, Reply};
use crate::memory::Memory;
use crate::system::{STORED, UNICORN, addresses, answer_with, ask, assert_unavailable, event, stores};
use http::header;
use lambda_http::Request;
use request_ride::SERVICE;
use serde_json::{Value, json};
use shared::idempotency::Status;
use std::collections::HashMap;
use std::time::Duration;

pub(crate) fn keyed(key: &str, change: impl FnOnce(&mut Value)) -> Request {
    event(|event| {
        event["headers"]["Idempotency-Key"] = key.into();
        event["multiValueHeaders"]["Idempotency-Key"] = json!([key]);
        change(event);
    })
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
async fn when_the_fleet_fails_and_then_the_table_the_fleets_failure_is_told() {
    let closed = format!("http://127.0.0.1:{}/", fake::closed_port().await);
    let nobody = HashMap::from([("fleet", closed.clone()), ("record", closed)]);
    let gone = Memory { gone_from: Some(0), ..Memory::default() };
    let log = Log::of(SERVICE);
    let answered = answer_with(nobody, keyed("k", |_| {}), &gone).await;
    assert_unavailable(&answered, "no fleet and no table");
    assert_eq!(answered.body["detail"], "No unicorn is available right now.");
    let lines = log.take();
    let of = |text: &str| lines.lines().filter(|line| line.contains(text)).collect::<Vec<_>>();
    let [table] = of("the table does not answer")[..] else { panic!("{lines}") };
    assert!(table.contains("\"WARN\"") && !table.contains("request completed"), "{table}");
    let [completed] = of("request completed")[..] else { panic!("{lines}") };
    assert!(completed.contains("the fleet service gave no answer"), "{completed}");
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
