//! Queues and the function that works them off, with the fixture that does what each message says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use lab::assembly::Lab;
use lab::aws::{Hold, Moment, Trouble as Breakage};
use lab::cloudwatch::alarms::State;
use lab::lambda::Trouble;
use lab::sqs::Disorder;
use lab::switches::{Order, Wrong};
use lab::template::{MetricName, Statistic};
use serde_json::Value;
use tokio::sync::Notify;

use crate::stack::{Variation, eventually};

fn jobs() -> Variation {
    Variation::default().template(include_str!("queues.yaml"))
}

async fn send(lab: &Lab, bodies: impl IntoIterator<Item = &str>) {
    let arn = lab.stack.queues["Jobs"].arn.clone();
    let bodies = bodies.into_iter().map(str::to_owned).collect();
    lab.sqs.send_from_service(&arn, bodies).await.expect("sent");
}

/// Every message as the function got it, in the order in which it was worked on.
fn worked(lab: &Lab) -> Vec<Value> {
    let lines = lab.logs.lines().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line.text).ok());
    lines.map(|line| line["worked"].clone()).filter(Value::is_object).collect()
}

/// How often each body was worked on.
fn counts(lab: &Lab) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for record in worked(lab) {
        *counts.entry(record["body"].as_str().expect("a body").to_owned()).or_default() += 1;
    }
    counts
}

/// How many calls about the queue were answered with a status.
fn answered(lab: &Lab, operation: &str, status: u16) -> usize {
    let action = format!("sqs:{operation}");
    lab.calls.all().iter().filter(|call| call.action == action && call.status == status).count()
}

fn left(lab: &Lab) -> usize {
    lab.sqs.depth("jobs").all()
}

fn dead(lab: &Lab) -> Vec<String> {
    lab.sqs.contents("dead-jobs").iter().map(|content| content.body.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_worked_off_once_and_deleted() {
    let lab = jobs().parameter("Visibility", "30").start().await;
    let bodies: Vec<String> = (0..40).map(|number| format!("good-{number}")).collect();
    send(&lab, bodies.iter().map(String::as_str)).await;
    eventually("the queue is empty", || left(&lab) == 0).await;
    let expected = bodies.into_iter().map(|body| (body, 1)).collect();
    eventually("every message is written down", || worked(&lab).len() >= 40).await;
    assert_eq!(counts(&lab), expected);
    let record = &worked(&lab)[0];
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(record["eventSourceARN"], "arn:aws:sqs:eu-west-1:123456789012:jobs");
    assert_eq!(record["awsRegion"], "eu-west-1");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(record["messageAttributes"], serde_json::json!({}));
    assert_eq!(record["md5OfBody"].as_str().map(str::len), Some(32));
    let actions: BTreeSet<String> = lab.calls.all().into_iter().map(|call| call.action).collect();
    assert_eq!(
        actions.iter().map(String::as_str).collect::<Vec<_>>(),
        ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_fails_again_and_again_steps_aside_and_somebody_is_told() {
    // A minute of CloudWatch's is a second.
    let lab = jobs().parameter("Visibility", "3").compress(60).start().await;
    send(&lab, ["good-1", "refuse", "good-2"]).await;
    eventually("it is among the dead letters", || dead(&lab) == ["refuse"]).await;
    let expected = [("good-1", 1), ("good-2", 1), ("refuse", 2)];
    assert_eq!(counts(&lab), expected.map(|(body, count)| (body.to_owned(), count)).into());
    assert_eq!(left(&lab), 0);
    let on = || lab.cloudwatch.snapshot().alarms.iter().any(|alarm| alarm.state == State::Alarm);
    eventually("the alarm is on", on).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_names_an_unknown_message_fails_the_whole_batch() {
    let lab = jobs().start().await;
    send(&lab, ["good", "odd"]).await;
    eventually("both are among the dead letters", || dead(&lab).len() == 2).await;
    assert_eq!(counts(&lab)["good"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_dies_leaves_its_messages_in_the_queue() {
    let lab = jobs().parameter("BatchSize", "1").start().await;
    send(&lab, ["exit", "good"]).await;
    eventually("it is given up", || dead(&lab) == ["exit"] && left(&lab) == 0).await;
    let counts = counts(&lab);
    assert_eq!((counts["exit"], counts["good"]), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_killed_in_the_middle_gets_its_message_again() {
    let lab = jobs().parameter("BatchSize", "1").start().await;
    send(&lab, ["sleep-1500"]).await;
    eventually("it is at work", || counts(&lab).len() == 1).await;
    assert!(lab.lambda.kill_one("Worker", |_| 0));
    eventually("it is worked on again", || left(&lab) == 0).await;
    assert_eq!(counts(&lab)["sleep-1500"], 2);
    assert_eq!(dead(&lab), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_run_at_a_time_than_the_event_source_may() {
    let lab = jobs().parameter("BatchSize", "1").parameter("Visibility", "30").start().await;
    send(&lab, ["sleep-150"; 16]).await;
    eventually("the queue is empty", || {
        assert!(lab.sqs.depth("jobs").in_flight <= 2, "received by nobody");
        left(&lab) == 0
    })
    .await;
    assert_eq!(counts(&lab)["sleep-150"], 16);
    // Not the number of processes: one that has answered and is slow to ask for more is passed over for a new one.
    let name = lab.stack.functions["Worker"].name.clone();
    let most = MetricName {
        namespace: "AWS/Lambda".to_owned(),
        name: "ConcurrentExecutions".to_owned(),
        dimensions: BTreeMap::from([("FunctionName".to_owned(), name)]),
    };
    let now = lab.instruments.clock.now();
    let (from, to) = (now - SignedDuration::from_hours(1), now + SignedDuration::from_hours(1));
    assert_eq!(lab.instruments.metrics.window(&most, Statistic::Maximum, None, from, to), Some(2.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_waits_for_more_as_long_as_its_window() {
    let more = "BatchSize: !Ref BatchSize\n            MaximumBatchingWindowInSeconds: 2";
    let wide =
        jobs().replacing("BatchSize: !Ref BatchSize", more).parameter("BatchSize", "40").parameter("Visibility", "30");
    let lab = wide.start().await;
    // Forty are four receives: two pollers share them, and each has them in one batch.
    let bodies: Vec<String> = (0..40).map(|number| format!("good-{number}")).collect();
    send(&lab, bodies.iter().map(String::as_str)).await;
    eventually("the queue is empty", || left(&lab) == 0 && worked(&lab).len() == 40).await;
    let started = lab.logs.lines().iter().filter(|line| line.text.contains("START RequestId")).count();
    assert!((1..=2).contains(&started), "{started} invocations");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delete_that_is_never_answered_costs_no_poller() {
    let lab = jobs().parameter("BatchSize", "1").start().await;
    let reached = Arc::new(Notify::new());
    let hold = |moment| {
        let reached = reached.clone();
        Some(Breakage::Hold(Hold { action: "sqs:DeleteMessage", resource: "jobs", moment, skip: 0, reached }))
    };
    lab.sqs.switch.set(hold(Moment::Before));
    send(&lab, ["good-1"]).await;
    reached.notified().await;
    eventually("it comes again and is deleted then", || left(&lab) == 0).await;
    assert_eq!(counts(&lab)["good-1"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_batch_waits_and_is_not_lost() {
    let lab = jobs().parameter("Visibility", "30").start().await;
    lab.lambda.set("Worker", Some(Trouble::Seats(0)));
    send(&lab, ["good"]).await;
    eventually("it was received", || lab.sqs.depth("jobs").in_flight == 1).await;
    lab.lambda.set("Worker", None);
    // Before its visibility ends: it is the same batch that is tried again.
    eventually("the queue is empty", || left(&lab) == 0).await;
    eventually("it is written down", || !worked(&lab).is_empty()).await;
    assert_eq!(worked(&lab)[0]["attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_delivers_twice_when_told_to() {
    let lab = jobs().start().await;
    let disorder = Disorder { duplicates: 1.0, ..Disorder::default() };
    let order =
        Order { resource: Some("Jobs".to_owned()), trouble: Some(Wrong::Disorder(disorder)), ..Order::default() };
    lab.switches.carry_out(&order).expect("carried out");
    send(&lab, ["good"]).await;
    eventually("it is worked on twice", || counts(&lab).get("good") == Some(&2)).await;
    eventually("and deleted", || left(&lab) == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_queue_is_polled_again_when_it_is_mended() {
    let lab = jobs().parameter("BatchSize", "1").start().await;
    let order = |trouble| Order {
        resource: Some("Jobs".to_owned()),
        trouble,
        operation: Some("ReceiveMessage".to_owned()),
        ..Order::default()
    };
    lab.switches.carry_out(&order(Some(Wrong::Fail))).expect("carried out");
    // Two poll, and either may have a poll of before to end: with one message each they do.
    send(&lab, ["good-1", "good-2"]).await;
    eventually("they are refused", || answered(&lab, "ReceiveMessage", 500) >= 3).await;
    send(&lab, ["good-3"]).await;
    lab.switches.carry_out(&order(None)).expect("carried out");
    eventually("the queue is empty", || left(&lab) == 0 && counts(&lab).len() == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_deleted_is_deleted_later_and_does_not_come_again() {
    let lab = jobs().parameter("Visibility", "60").start().await;
    let order = |trouble| Order {
        resource: Some("Jobs".to_owned()),
        trouble,
        operation: Some("DeleteMessage".to_owned()),
        ..Order::default()
    };
    lab.switches.carry_out(&order(Some(Wrong::Fail))).expect("carried out");
    send(&lab, ["good"]).await;
    eventually("it is refused", || answered(&lab, "DeleteMessage", 500) >= 1).await;
    assert_eq!(left(&lab), 1);
    lab.switches.carry_out(&order(None)).expect("carried out");
    eventually("the queue is empty, long before its message is visible", || left(&lab) == 0).await;
    assert_eq!(counts(&lab)["good"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_read_the_queue_keeps_the_stack_from_starting() {
    for operation in ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"] {
        let line =
            format!("              - {{ Effect: Allow, Action: sqs:{operation}, Resource: !GetAtt Jobs.Arn }}\n");
        let error = jobs().replacing(&line, "").try_start().await.expect_err("does not start").to_string();
        assert!(error.contains("WorkerJobs") && error.contains(&format!("sqs:{operation}")), "{error}");
    }
}
