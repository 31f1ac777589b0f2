//! Payments that were given up or refused are redriven: by `cargo lab redrive`, over the routes of the stack, out of the lab's queues.

use std::path::Path;
use std::time::Duration;

use lab::assembly::Lab;
use lab::keyring::PERSON;
use lab::switches::{Order, Wrong};
use lab::template::Stack;
use serde_json::{Value, json};

use crate::command_line;
use crate::payments::{asked, book, ordered, until};
use crate::stack::Variation;

const SCENARIO: &str = "/dev/finance/scenario";
const LETTERS: &str = "wild-rydes-dev-payments-dead-letters";

/// Two attempts a payment, and short pauses between them.
fn impatient(stack: &mut Stack) {
    let function = stack.functions.get_mut("ProcessPaymentFunction").expect("a function");
    let variables = [
        ("PAYMENT_ATTEMPTS", "2"),
        ("BACKOFF_BASE_MS", "100"),
        ("BACKOFF_CAP_MS", "500"),
        // All fail at once here, and none is to wait for a probe.
        ("BREAKER_FAILURES", "1000"),
        ("PARAMETER_TTL_SECONDS", "1"),
    ];
    function.environment.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    stack.queues.get_mut("PaymentsDeadLetters").expect("a queue").visibility_timeout = Duration::from_secs(2);
}

/// What `cargo lab up` would have written about this lab, for the commands beside it.
fn announce(lab: &Lab, directory: &Path) {
    let key = lab.endpoints.keyring.credentials(PERSON).expect("a key");
    let state = json!({
        "pid": std::process::id(), "stage": "dev", "ride_url": format!("{}/dev/ride", lab.origin),
        "console": lab.console.origin, "console_secret": lab.console.secret, "dynamodb": lab.endpoints.dynamodb,
        "rides_table": lab.table("RidesTable").expect("a table"), "region": lab.stack.region,
        "person": {"access_key": PERSON, "secret": key.secret, "session_token": key.session_token},
    });
    let path = directory.join(format!("state-{}.json", std::process::id()));
    std::fs::write(path, state.to_string()).expect("written");
}

/// What `cargo lab redrive` says with these arguments.
async fn redrive(directory: &Path, arguments: &[&str]) -> Value {
    let mut command = command_line::lab(&[&["redrive", "--json"], arguments].concat());
    command.env("LAB_STATE_DIR", directory);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("runs");
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}"))
}

/// Waits until the counts are these, all of them.
async fn counted(lab: &Lab, complete: usize, failed: usize) {
    let wanted = json!([complete + failed, complete, failed, 0]);
    let fields = ["placed", "complete", "failed", "inQueue"];
    until(lab, "/dev/count", &format!("{wanted}"), |count| json!(fields.map(|name| count[name].clone())) == wanted)
        .await;
}

async fn charged_once(lab: &Lab, rides: &[String]) {
    for ride in rides {
        let charges = asked(lab, &format!("/dev/finance/charges?ride={ride}")).await;
        assert_eq!(charges["charged"], 1, "{charges}");
    }
    assert_eq!(asked(lab, "/dev/finance/charges").await["charged"], rides.len(), "and nothing else");
}

async fn payment_of(lab: &Lab, ride: &str, status: &str) -> Value {
    let list = asked(lab, &format!("/dev/payments?status={status}")).await;
    let payments = list["payments"].as_array().expect("a list");
    payments.iter().find(|payment| payment["RideId"] == ride).unwrap_or_else(|| panic!("{ride}: {list}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_that_were_given_up_are_redriven_one_by_one_and_by_the_queue() {
    let directory = tempfile::tempdir().expect("a directory");
    let lab = Variation::default().changed(impatient).compress(20).start().await;
    announce(&lab, directory.path());
    ordered(&lab, SCENARIO, &json!({"scenario": "UnreliableProcessing", "percentage": 100})).await;
    let mut rides = Vec::new();
    for _ in 0..5 {
        rides.push(book(&lab).await);
    }
    counted(&lab, 0, 5).await;
    assert_eq!(lab.sqs.depth(LETTERS).all(), 5, "a dead letter each");
    for ride in &rides {
        let failed = payment_of(&lab, ride, "Failed").await;
        assert_eq!((&failed["Attempts"], &failed["Redrives"]), (&json!(2), &json!(0)), "{failed}");
        let reason = failed["Reason"].as_str().unwrap_or_default();
        assert!(reason.starts_with("gave up after 2 attempts; finance answered 500"), "{reason}");
    }

    ordered(&lab, SCENARIO, &json!({"scenario": "Reset"})).await;
    redrive(directory.path(), &[&rides[2]]).await;
    counted(&lab, 1, 4).await;
    let paid = payment_of(&lab, &rides[2], "Complete").await;
    assert_eq!((&paid["Attempts"], &paid["Redrives"]), (&json!(3), &json!(1)), "{paid}");
    assert_eq!(lab.sqs.depth(LETTERS).all(), 5, "its letter is out of date, and still there");

    let some = redrive(directory.path(), &["--all", "--limit", "2"]).await;
    assert_eq!((&some["moved"], &some["left"], &some["ended"]), (&json!(2), &json!(0), &json!("limit")), "{some}");
    counted(&lab, 3, 2).await;
    let rest = redrive(directory.path(), &["--all", "--limit", "100"]).await;
    assert_eq!((&rest["moved"], &rest["left"], &rest["ended"]), (&json!(2), &json!(0), &json!("empty")), "{rest}");
    let stale = |told: &Value| told["stale"].as_u64().unwrap_or_default();
    assert_eq!(stale(&some) + stale(&rest), 1, "that of the one that went before: {some} {rest}");
    counted(&lab, 5, 0).await;
    assert_eq!(lab.sqs.depth(LETTERS).all(), 0, "no dead letter is left");
    charged_once(&lab, &rides).await;
}

/// As after a purge, or when a letter ran out: the row waits, and no message stands for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_message_is_gone_is_redriven_by_its_ride() {
    let directory = tempfile::tempdir().expect("a directory");
    let lab = Variation::default().start().await;
    announce(&lab, directory.path());
    let ride = "019a9f3c-7a00-7000-8000-000000000001";
    let (text, none, placed) = (|text: &str| json!({"S": text}), json!({"N": "0"}), "2025-07-01T12:00:00.000000Z");
    let item = json!({
        "RideId": text(ride), "PlacedAt": text(placed), "Status": text("Queued"), "StatusSince": text(placed),
        "Attempts": none, "AttemptsBefore": none, "Redrives": none,
    });
    let table = lab.table("PaymentsTable").expect("a table");
    lab.dynamodb.call("PutItem", &json!({"TableName": table, "Item": item})).await.expect("stored");
    assert_eq!(lab.sqs.depth("wild-rydes-dev-payments").all(), 0, "nobody would ever try");

    assert_eq!(redrive(directory.path(), &[ride]).await, json!({"status": "Queued"}));
    let paid = |list: &Value| list["payments"][0]["RideId"] == ride;
    until(&lab, "/dev/payments?status=Complete", "it is paid for", paid).await;
    charged_once(&lab, &[ride.to_owned()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_was_refused_is_redriven_when_its_cause_is_mended() {
    let directory = tempfile::tempdir().expect("a directory");
    let lab = Variation::default().changed(impatient).compress(20).start().await;
    announce(&lab, directory.path());
    let address = |trouble| {
        let order = Order { resource: Some("FinanceUrlParameter".to_owned()), trouble, ..Order::default() };
        lab.switches.carry_out(&order).expect("carried out");
        // A new process reads the address when it starts.
        lab.lambda.retire("ProcessPaymentFunction");
    };
    // Somebody has confused two addresses, and this one takes rides only.
    address(Some(Wrong::Value(format!("{}/dev/ride", lab.origin))));
    let ride = book(&lab).await;
    counted(&lab, 0, 1).await;
    let failed = payment_of(&lab, &ride, "Failed").await;
    let reason = failed["Reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("finance answered 422"), "{failed}");
    assert_eq!(failed["Attempts"], 1, "to ask again helps nobody: {failed}");
    assert_eq!(lab.sqs.depth(LETTERS).all(), 0, "nor is it a dead letter");

    // Too early: the cause is still there.
    redrive(directory.path(), &[&ride]).await;
    let again = |list: &Value| list["payments"][0]["Redrives"] == 1;
    until(&lab, "/dev/payments?status=Failed", "it is refused again", again).await;
    counted(&lab, 0, 1).await;

    address(None);
    redrive(directory.path(), &[&ride]).await;
    counted(&lab, 1, 0).await;
    let paid = payment_of(&lab, &ride, "Complete").await;
    assert_eq!((&paid["Attempts"], &paid["Redrives"]), (&json!(3), &json!(2)), "{paid}");
    charged_once(&lab, &[ride]).await;
}
