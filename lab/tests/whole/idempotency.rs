//! One ride per idempotency key, from outside: at once, again, with another body, and with a kill at every step.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use lab::assembly::Lab;
use lab::aws::{Hold, Moment, Trouble};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::Notify;

use crate::client::{Answer, RIDE, send};
use crate::stack::{self, Variation, rows, url};

async fn book(to: &str, key: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    send(Method::POST, to, &headers, body.to_owned()).await
}

/// Books again, as a client does that was told to wait, until the answer is final.
async fn book_until_done(to: &str, key: &str) -> Answer {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let answer = book(to, key, RIDE).await;
        match answer.status.as_u16() {
            409 | 503 => {
                assert!(answer.header("retry-after").is_some(), "{}", answer.text);
                assert!(Instant::now() < deadline, "still {} after a minute", answer.status);
                // Less than Retry-After says, so that the tests are quicker than a polite client.
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            _ => return answer,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_equal_requests_at_once_are_one_ride_and_one_answer() {
    let lab = stack::start().await;
    let to = url(&lab, "/ride");
    let requests: Vec<_> = (0..50)
        .map(|_| {
            let to = to.clone();
            tokio::spawn(async move { book(&to, "the-same", RIDE).await })
        })
        .collect();
    let mut booked = Vec::new();
    for request in requests {
        let answer = request.await.expect("no panic");
        match answer.status.as_u16() {
            201 => booked.push(answer.text),
            // Somebody is at work; or out of time on a busy machine, where the same key leads to the same ride.
            409 | 503 => booked.push(book_until_done(&to, "the-same").await.text),
            other => panic!("{other}: {}", answer.text),
        }
    }
    assert_eq!(booked.len(), 50);
    assert!(booked.iter().all(|text| *text == booked[0]), "byte for byte");
    assert_eq!(rows(&lab).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replayed_and_another_body_refused() {
    let lab = stack::start().await;
    let to = url(&lab, "/ride");
    let first = book(&to, "k", RIDE).await;
    let again = book(&to, "k", RIDE).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 201), "{} {}", first.text, again.text);
    assert_eq!(first.text, again.text);
    let other = book(&to, "k", &RIDE.replace("42.", "41.")).await;
    assert_eq!(other.status, 422, "{}", other.text);
    let another_key = book(&to, "k2", RIDE).await;
    assert_ne!(another_key.text, first.text);
    assert_eq!(rows(&lab).await.len(), 2);
    for hostile in ["", " ", "a b", "k\u{e9}", &"k".repeat(256)] {
        let answer = book(&to, hostile, RIDE).await;
        assert!(answer.status == 400 || answer.status == 422, "{hostile:?}: {} {}", answer.status, answer.text);
    }
    assert_eq!(rows(&lab).await.len(), 2);
}

/// A stack whose claims are taken over after three seconds; the function itself has two and a half.
fn impatient() -> Variation {
    Variation::default().changed(|stack| {
        let function = stack.functions.get_mut("RequestRideFunction").expect("request-ride");
        function.timeout = Duration::from_millis(2_500);
        function.environment.insert("TIMEOUT_MS".to_owned(), "2500".to_owned());
        function.environment.insert("IDEMPOTENCY_IN_PROGRESS_SECONDS".to_owned(), "3".to_owned());
    })
}

fn kill_request_ride(lab: &Lab) {
    for pid in lab.lambda.process_ids("RequestRideFunction") {
        let pid = Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
        // One that has ended by itself is as dead.
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_step_between_claim_and_completion_still_leaves_one_ride() {
    let steps = [
        ("before the claim", "idempotency", Moment::Before, 0),
        ("after the claim", "idempotency", Moment::After, 0),
        ("before the ride is stored", "rides", Moment::Before, 0),
        ("after the ride is stored", "rides", Moment::After, 0),
        ("before the completion", "idempotency", Moment::Before, 1),
        ("after the completion", "idempotency", Moment::After, 1),
    ];
    for (step, resource, moment, skip) in steps {
        let lab = impatient().start().await;
        let to = url(&lab, "/ride");
        let reached = Arc::new(Notify::new());
        let hold = Hold { action: "dynamodb:PutItem", resource, moment, skip, reached: reached.clone() };
        lab.dynamodb.switch.set(Some(Trouble::Hold(hold)));
        let request = tokio::spawn({
            let to = to.clone();
            async move { book(&to, "k", RIDE).await }
        });
        let held = tokio::time::timeout(Duration::from_secs(60), reached.notified()).await;
        assert!(held.is_ok(), "{step} was reached");
        kill_request_ride(&lab);
        let killed = request.await.expect("no panic");
        assert_eq!(killed.status, 502, "{step}: {}", killed.text);

        let answer = book_until_done(&to, "k").await;
        assert_eq!(answer.status, 201, "{step}: {}", answer.text);
        let stored = rows(&lab).await;
        assert_eq!(stored.len(), 1, "{step}: one ride");
        let ride = answer.json();
        assert!(stored.contains_key(ride["RideId"].as_str().expect("a RideId")), "{step}: the one that was answered");
        assert_eq!(book(&to, "k", RIDE).await.text, answer.text, "{step}: and answered again");
    }
}
