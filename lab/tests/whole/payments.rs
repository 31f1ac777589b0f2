//! Rides are paid for, in the whole stack: stream, pipe, queue, functions, finance and the routes for whoever operates.

use std::time::{Duration, Instant};

use http::Method;
use lab::assembly::Lab;
use serde_json::{Value, json};

use crate::client::{Answer, RIDE, post};
use crate::signed::send_as_person;
use crate::stack::{self, url};

/// Asks a route of the operations or of finance; it must answer with JSON.
pub(crate) async fn asked(lab: &Lab, path: &str) -> Value {
    let answer = send_as_person(lab, Method::GET, path, "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// Orders something of them.
pub(crate) async fn ordered(lab: &Lab, path: &str, body: &Value) -> Answer {
    let answer = send_as_person(lab, Method::POST, path, body.to_string()).await;
    assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
    answer
}

/// Waits until an answer is as it should be, and returns it.
pub(crate) async fn until(lab: &Lab, path: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = asked(lab, path).await;
        if holds(&answer) {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} within thirty seconds: {answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Books a ride and returns its id.
pub(crate) async fn book(lab: &Lab) -> String {
    let answer = post(&url(lab, "/dev/ride"), RIDE).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["RideId"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ride_is_paid_for_once() {
    let lab = stack::start().await;
    let ride = book(&lab).await;
    let count = until(&lab, "/dev/count", "the ride is paid for", |count| count["complete"] == 1).await;
    let expected = json!([0, 1, 1, 1, 1, 0]);
    let fields = ["inQueue", "placedLast10Minutes", "processedLast10Minutes", "placed", "complete", "failed"];
    assert_eq!(json!(fields.map(|field| count[field].clone())), expected, "{count}");
    let payments = asked(&lab, "/dev/payments?status=Complete").await;
    assert_eq!(payments["payments"][0]["RideId"], ride, "{payments}");
    let charges = asked(&lab, &format!("/dev/finance/charges?ride={ride}")).await;
    assert_eq!((&charges["charged"], &charges["requests"]), (&json!(1), &json!(1)), "{charges}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ride_of_the_year_3000_is_red_and_others_go_on() {
    let lab = stack::start().await;
    ordered(&lab, "/dev/finance/scenario", &json!({"scenario": "BrokenOrder"})).await;
    let ride = book(&lab).await;
    until(&lab, "/dev/count", "one is paid for and one failed", |count| count["complete"] == 1 && count["failed"] == 1)
        .await;
    let failed = asked(&lab, "/dev/payments?status=Failed").await;
    let failed = failed["payments"].as_array().expect("a list");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0]["PlacedAt"].as_str().is_some_and(|at| at.starts_with("3000-")), "{failed:?}");
    assert_ne!(failed[0]["RideId"], ride);
    let page = send_as_person(&lab, Method::GET, "/dev/ops", "").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains(failed[0]["RideId"].as_str().expect("an id")), "the page shows it: {}", page.text);
}
