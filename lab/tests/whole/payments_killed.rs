//! Whoever works at a payment is killed at every step of it, in the whole stack: one charge a ride all the same.
//!
//! process-payment's own tests kill it at every passing of every step over tables in memory. Here its processes die, with the real
//! queue, pipe and tables around them.

mod steps;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::Method;
use lab::assembly::Lab;
use lab::aws::{Fault, Hold, Moment, Trouble};
use lab::switches::{Order, Wrong};
use lab::template::Stack;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::payments::{asked, book, ordered};
use crate::signed::send_as_person;
use crate::stack::{Variation, eventually, rows, workspace};
use steps::{Room, Step, Way};

/// Stacks side by side: most of their time they wait for a lease to end.
const STACKS: usize = 6;

/// The longest that anything here may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

const SCENARIO: &str = "/dev/finance/scenario";
const QUEUE: &str = "wild-rydes-dev-payments";
const LETTERS: &str = "wild-rydes-dev-payments-dead-letters";

/// A stack in which a death costs eleven seconds instead of six minutes: short limits, a short visibility, short pauses. Calls to
/// AWS are patient, so that one that is held is not repeated before its caller is dead.
fn short_lived(stack: &mut Stack) {
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

async fn short_lived_stack() -> Lab {
    // The pipe's pauses are CloudWatch's, so that they are short, too.
    Variation::default().changed(short_lived).compress(20).start().await
}

/// The rows of the payments, by ride.
async fn payments(lab: &Lab) -> Vec<Value> {
    lab.dynamodb.items(lab.table("PaymentsTable").expect("a table")).await.expect("readable")
}

async fn payment(lab: &Lab, ride: &str) -> Option<Value> {
    payments(lab).await.into_iter().find(|row| row["RideId"]["S"] == ride)
}

fn status(row: &Option<Value>) -> Option<&str> {
    row.as_ref()?["Status"]["S"].as_str()
}

/// Waits until a payment is so, and returns its row.
async fn until(lab: &Lab, ride: &str, wanted: &str) -> Value {
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

/// Waits until no message of a payment is left, so that nothing of one ride meets the next one's hold.
async fn at_rest(lab: &Lab) {
    let deadline = Instant::now() + PATIENCE;
    while lab.sqs.depth(QUEUE).all() > 0 {
        assert!(Instant::now() < deadline, "the queue is empty within a minute: {:?}", lab.sqs.contents(QUEUE));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn finance(lab: &Lab, scenario: Value) {
    ordered(lab, SCENARIO, &scenario).await;
}

/// Gives process-payment another address of finance, or the right one again, and has it forget the one that it knew.
fn finance_is_at(lab: &Lab, address: Option<String>) {
    let (resource, trouble) = (Some("FinanceUrlParameter".to_owned()), address.map(Wrong::Value));
    lab.switches.carry_out(&Order { resource, trouble, ..Order::default() }).expect("carried out");
    lab.lambda.retire("ProcessPaymentFunction");
}

async fn send_job(lab: &Lab, job: &Value) {
    lab.sqs.send_from_service(&lab.stack.queues["PaymentsQueue"].arn, vec![job.to_string()]).await.expect("sent");
}

/// A route that refuses an order of finance's for good: it takes rides.
fn elsewhere(lab: &Lab) -> Option<String> {
    Some(format!("{}/dev/ride", lab.origin))
}

/// Starts the ride of a step; its id, and whether it is one of the rides table.
async fn begin(lab: &Lab, step: &Step, hold: impl FnOnce()) -> (String, bool) {
    match step.way {
        Way::Paid if step.room == Room::Ssm => {
            // It asks for the address when the one it read at init is older than a second: time itself is what is waited for.
            tokio::time::sleep(Duration::from_millis(1_100)).await;
        }
        // A new process knows nothing of the breaker.
        Way::Paid => lab.lambda.retire("ProcessPaymentFunction"),
        Way::TriedAgain | Way::GivenUp => {
            finance(lab, json!({"scenario": "UnreliableProcessing", "percentage": 100})).await;
        }
        Way::Refused | Way::Redriven => finance_is_at(lab, elsewhere(lab)),
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
        finance_is_at(lab, None);
        hold();
        send_job(lab, &json!({"RideId": ride, "RequestTime": row["PlacedAt"]["S"], "Redrive": 1})).await;
        return (ride, true);
    }
    hold();
    (book(lab).await, true)
}

/// Mends what was wrong with the ride of a step, and has it paid for.
async fn end(lab: &Lab, step: &Step, ride: &str) {
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
            finance_is_at(lab, None);
            let answer = send_as_person(lab, Method::POST, &format!("/dev/payments/{ride}/redrive"), "").await;
            assert_eq!(answer.status, 202, "{}", answer.text);
        }
    }
    until(lab, ride, "Complete").await;
    at_rest(lab).await;
}

/// Kills a function's environments; how many there were.
fn kill(lab: &Lab, function: &str) -> usize {
    let pids = lab.lambda.process_ids(function);
    for pid in &pids {
        let pid = Pid::from_raw(i32::try_from(*pid).expect("a pid")).expect("a pid");
        // One that has ended by itself is as dead.
        let _ = kill_process(pid, Signal::KILL);
    }
    pids.len()
}

/// A row of the table that the test prints, and its place there.
type Told = ((u8, bool), String);

/// Holds one step, kills who makes it, and sees its ride paid for.
async fn death(lab: &Lab, step: &Step, moment: Moment) -> (Told, String, bool) {
    let what = format!("{} {} ({moment:?})", step.number, step.name);
    let reached = Arc::new(Notify::new());
    let hold = || {
        let Step { action, resource, skip, .. } = *step;
        let hold = Trouble::Hold(Hold { action, resource, moment, skip, reached: reached.clone() });
        match step.room {
            Room::DynamoDb => lab.dynamodb.switch.set(Some(hold)),
            Room::Sqs => lab.sqs.switch.set(Some(hold)),
            Room::Ssm => lab.ssm.switch.set(Some(hold)),
        }
    };
    let (ride, booked) = begin(lab, step, hold).await;
    let held = tokio::time::timeout(PATIENCE, reached.notified()).await;
    assert!(held.is_ok(), "{what} was never reached: {:?}", payment(lab, &ride).await);
    let killed: Vec<usize> = step.dies.iter().map(|function| kill(lab, function)).collect();
    let (at, row) = (Instant::now(), payment(lab, &ride).await);
    assert!(killed.iter().all(|killed| *killed > 0), "{what}: nobody was there to be killed: {killed:?}");
    assert_eq!(status(&row), step.found_at(moment), "{what}: not this step: {row:?}");
    end(lab, step, &ride).await;
    let told = format!(
        "{:>2}  {:<24}{:<8}{:<24}{:<12}{:>5.1} s",
        step.number,
        step.name,
        format!("{moment:?}").to_lowercase(),
        step.dies.join(", ").replace("Function", ""),
        status(&row).unwrap_or("no row"),
        at.elapsed().as_secs_f64(),
    );
    (((step.number, moment == Moment::After), told), ride, booked)
}

/// What is stored, what is in the payments' tables, and what finance charged are one and the same.
async fn compare(lab: &Lab, rides: &BTreeSet<String>, by_hand: &BTreeSet<String>) {
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

/// Takes one death after the other, on one stack, until there are none left.
async fn die(deaths: Arc<Mutex<VecDeque<(Step, Moment)>>>) -> Vec<Told> {
    let lab = short_lived_stack().await;
    let (mut told, mut rides, mut by_hand) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    loop {
        let next = deaths.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some((step, moment)) = next else { break };
        let (row, ride, booked) = death(&lab, &step, moment).await;
        if !booked {
            by_hand.insert(ride.clone());
        }
        rides.insert(ride);
        told.push(row);
    }
    compare(&lab, &rides, &by_hand).await;
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_every_step_between_taking_and_saving_leaves_one_charge_a_ride() {
    let document = std::fs::read_to_string(workspace().join("docs/payments.md")).expect("readable");
    let held: BTreeSet<u8> = steps::all().map(|(step, _)| step.number).chain(steps::NOT_HELD).collect();
    assert_eq!(held, steps::documented(&document), "every step of docs/payments.md");
    let deaths: VecDeque<_> = steps::all().collect();
    let (wanted, deaths) = (deaths.len(), Arc::new(Mutex::new(deaths)));
    let labs: Vec<_> = (0..STACKS).map(|_| tokio::spawn(die(deaths.clone()))).collect();
    let mut told = Vec::new();
    for lab in labs {
        told.extend(lab.await.expect("every death of a stack went well"));
    }
    told.sort();
    println!("\n #  step                    held    killed                  row says    paid for after");
    told.iter().for_each(|(_, line)| println!("{line}"));
    assert_eq!(told.len(), wanted, "every step was held on both sides");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_a_pipe_cannot_send_or_sends_twice_are_one_charge() {
    let lab = short_lived_stack().await;
    // Step 2, before: the queue takes nothing; the pipe begins the batch anew, and place-payment finds its row.
    let arn = lab.stack.queues["PaymentsQueue"].arn.clone();
    lab.sqs.switch.set_for(&arn, Fault::every(Trouble::Fail).only(Some("SendMessage".to_owned())));
    let refused = book(&lab).await;
    let said = || lab.logs.lines().iter().any(|line| line.text.contains("PIPE") && line.text.contains("failed"));
    eventually("the pipe was refused", said).await;
    until(&lab, &refused, "Queued").await;
    lab.sqs.switch.mend(&arn, Some("SendMessage"));
    until(&lab, &refused, "Complete").await;
    // After: the jobs are there, and it does not know.
    let twice = book(&lab).await;
    let job = json!({"RideId": twice, "RequestTime": until(&lab, &twice, "Complete").await["PlacedAt"]["S"]});
    send_job(&lab, &job).await;
    at_rest(&lab).await;
    compare(&lab, &BTreeSet::from([refused, twice]), &BTreeSet::new()).await;
}
