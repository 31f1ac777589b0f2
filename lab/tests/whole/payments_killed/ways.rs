//! How a ride gets to a step, and how its payment is ended when whoever was at it is dead.

use std::time::{Duration, Instant};

use http::Method;
use lab::assembly::Lab;
use lab::switches::{Order, Wrong};
use serde_json::{Value, json};

use super::steps::{Room, Step, Way};
use super::world::{LETTERS, PATIENCE, at_rest, send_job, until};
use crate::payments::{book, ordered};
use crate::signed::send_as_person;
use crate::stack::eventually;

const SCENARIO: &str = "/dev/finance/scenario";
const PROCESS_PAYMENT: &str = "ProcessPaymentFunction";

async fn finance(lab: &Lab, scenario: Value) {
    ordered(lab, SCENARIO, &scenario).await;
}

/// Ends every process of process-payment. One that has answered and not yet asked for more is waited for: it would stay.
async fn forget(lab: &Lab) {
    let waits = || lab.lambda.idle(PROCESS_PAYMENT) == lab.lambda.process_ids(PROCESS_PAYMENT).len();
    eventually("whoever has paid waits for more", waits).await;
    lab.lambda.retire(PROCESS_PAYMENT);
}

/// Gives process-payment another address of finance, or the right one again, and has it forget the one that it knew.
async fn finance_is_at(lab: &Lab, address: Option<String>) {
    let (resource, trouble) = (Some("FinanceUrlParameter".to_owned()), address.map(Wrong::Value));
    lab.switches.carry_out(&Order { resource, trouble, ..Order::default() }).expect("carried out");
    forget(lab).await;
}

/// A route that refuses an order of finance's for good: it takes rides.
fn elsewhere(lab: &Lab) -> Option<String> {
    Some(format!("{}/dev/ride", lab.origin))
}

/// Starts the ride of a step; its id, and whether it is one of the rides table.
pub(super) async fn begin(lab: &Lab, step: &Step, hold: impl FnOnce()) -> (String, bool) {
    match step.way {
        Way::Paid if step.room == Room::Ssm => {
            // It asks for the address when the one it read at init is older than a second: time itself is what is waited for.
            tokio::time::sleep(Duration::from_millis(1_100)).await;
        }
        // A new process knows nothing of the breaker.
        Way::Paid => forget(lab).await,
        Way::TriedAgain | Way::GivenUp => {
            finance(lab, json!({"scenario": "UnreliableProcessing", "percentage": 100})).await;
        }
        Way::Refused | Way::Redriven => finance_is_at(lab, elsewhere(lab)).await,
        Way::ByHand => {
            let ride = uuid::Uuid::now_v7().to_string();
            hold();
            send_job(lab, &json!({"RideId": ride, "RequestTime": format!("{:.6}", jiff::Timestamp::now())})).await;
            return (ride, false);
        }
    }
    if step.way == Way::Redriven {
        let ride = book(lab).await;
        let row = until(lab, &ride, "Failed").await;
        at_rest(lab).await;
        finance_is_at(lab, None).await;
        hold();
        send_job(lab, &json!({"RideId": ride, "RequestTime": row["PlacedAt"]["S"], "Redrive": 1})).await;
        return (ride, true);
    }
    hold();
    (book(lab).await, true)
}

/// Mends what was wrong with the ride of a step, and has it paid for.
pub(super) async fn end(lab: &Lab, step: &Step, ride: &str) {
    match step.way {
        Way::Paid | Way::ByHand | Way::Redriven => {}
        Way::TriedAgain => finance(lab, json!({"scenario": "Reset"})).await,
        Way::GivenUp => {
            until(lab, ride, "Failed").await;
            finance(lab, json!({"scenario": "Reset"})).await;
            let deadline = Instant::now() + PATIENCE;
            while lab.sqs.depth(LETTERS).all() > 0 {
                assert!(Instant::now() < deadline, "no dead letter is left within a minute");
                ordered(lab, "/dev/payments/redrive", &json!({"limit": 10})).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        Way::Refused => {
            until(lab, ride, "Failed").await;
            at_rest(lab).await;
            finance_is_at(lab, None).await;
            let answer = send_as_person(lab, Method::POST, &format!("/dev/payments/{ride}/redrive"), "").await;
            assert_eq!(answer.status, 202, "{}", answer.text);
        }
    }
    until(lab, ride, "Complete").await;
    at_rest(lab).await;
}
