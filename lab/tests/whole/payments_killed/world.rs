//! The stack in which payments are killed, and what its tables and queues say.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use lab::assembly::Lab;
use lab::template::Stack;
use serde_json::{Value, json};

use crate::payments::asked;
use crate::stack::{Variation, rows};

/// The longest that anything here may take, on a busy machine.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) const QUEUE: &str = "wild-rydes-dev-payments";
pub(super) const LETTERS: &str = "wild-rydes-dev-payments-dead-letters";

/// A stack in which a death costs eleven seconds instead of six minutes: short limits, a short visibility, short pauses. Calls to
/// AWS are patient, so that one that is held is not repeated before its caller is dead.
pub(super) fn short_lived(stack: &mut Stack) {
    let set = |stack: &mut Stack, id: &str, variables: &[(&str, &str)]| {
        let function = stack.functions.get_mut(id).expect("a function");
        function.environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    };
    let patient = [("DYNAMODB_ATTEMPT_TIMEOUT_MS", "4000"), ("DYNAMODB_ATTEMPTS", "2")];
    set(stack, "PlacePaymentFunction", &patient);
    set(stack, "FinanceFunction", &patient);
    set(stack, "ProcessPaymentFunction", &patient);
    let short = [
        ("TIMEOUT_MS", "5000"),
        ("FINANCE_ATTEMPT_TIMEOUT_MS", "2000"),
        ("SAVE_TIMEOUT_MS", "1500"),
        ("PARAMETER_TTL_SECONDS", "1"),
        ("PAYMENT_ATTEMPTS", "4"),
        ("BACKOFF_BASE_MS", "200"),
        ("BACKOFF_CAP_MS", "1000"),
        ("BREAKER_FAILURES", "1000"),
        ("SQS_ATTEMPT_TIMEOUT_MS", "4000"),
    ];
    set(stack, "ProcessPaymentFunction", &short);
    stack.functions.get_mut("ProcessPaymentFunction").expect("it").timeout = Duration::from_secs(5);
    stack.queues.get_mut("PaymentsQueue").expect("a queue").visibility_timeout = Duration::from_secs(5);
    stack.queues.get_mut("PaymentsDeadLetters").expect("a queue").visibility_timeout = Duration::from_secs(2);
}

pub(super) async fn short_lived_stack() -> Lab {
    // The pipe's pauses are CloudWatch's, so that they are short, too.
    Variation::default().changed(short_lived).compress(20).start().await
}

/// The rows of the payments, by ride.
pub(super) async fn payments(lab: &Lab) -> Vec<Value> {
    lab.dynamodb.items(lab.table("PaymentsTable").expect("a table")).await.expect("readable")
}

pub(super) async fn payment(lab: &Lab, ride: &str) -> Option<Value> {
    payments(lab).await.into_iter().find(|row| row["RideId"]["S"] == ride)
}

pub(super) fn status(row: &Option<Value>) -> Option<&str> {
    row.as_ref()?["Status"]["S"].as_str()
}

/// Waits until a payment is so, and returns its row.
pub(super) async fn until(lab: &Lab, ride: &str, wanted: &str) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let row = payment(lab, ride).await;
        match row {
            Some(row) if row["Status"]["S"] == wanted => return row,
            row => assert!(Instant::now() < deadline, "{wanted} within a minute: {row:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until no message of a payment is left or comes twice, so that nothing of one ride meets the next one's hold.
pub(super) async fn at_rest(lab: &Lab) {
    let deadline = Instant::now() + PATIENCE;
    while !lab.sqs.is_at_rest(QUEUE) {
        assert!(Instant::now() < deadline, "the queue is empty within a minute: {:?}", lab.sqs.contents(QUEUE));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(super) async fn send_job(lab: &Lab, job: &Value) {
    lab.sqs.send_from_service(&lab.stack.queues["PaymentsQueue"].arn, vec![job.to_string()]).await.expect("sent");
}

/// What is stored, what is in the payments' tables, and what finance charged are one and the same.
pub(super) async fn compare(lab: &Lab, rides: &BTreeSet<String>, by_hand: &BTreeSet<String>) {
    let stored: BTreeSet<String> = rows(lab).await.into_keys().collect();
    assert_eq!(stored.union(by_hand).cloned().collect::<BTreeSet<_>>(), *rides, "the rides are those of the test");
    let payments = payments(lab).await;
    assert_eq!(payments.len(), rides.len(), "one payment a ride: {payments:?}");
    assert!(payments.iter().all(|row| row["Status"]["S"] == "Complete"), "{payments:?}");
    for ride in rides {
        let charges = asked(lab, &format!("/dev/finance/charges?ride={ride}")).await;
        assert_eq!(charges["charged"], 1, "{charges}");
    }
    let charges = asked(lab, "/dev/finance/charges").await;
    assert_eq!(charges["charged"], rides.len(), "not one charge under another key");
    let count = asked(lab, "/dev/count").await;
    let counted = ["placed", "complete", "failed", "inQueue"].map(|name| count[name].clone());
    assert_eq!(json!(counted), json!([rides.len(), rides.len(), 0, 0]), "{count}");
    for queue in [QUEUE, LETTERS, "wild-rydes-dev-payments-pipe-dead-letters"] {
        assert_eq!(lab.sqs.depth(queue).all(), 0, "{queue}: {:?}", lab.sqs.contents(queue));
    }
}
