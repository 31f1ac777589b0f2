//! Pipes on a real stream, with functions and queues of the tests' own.

use serde_json::{Value, json};
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::mpsc;

use super::harness::{Queues, job, kept, running, stack, timed};
use crate::aws::Guard;
use crate::clock::Clock;
use crate::dynamodb::DynamoDb;
use crate::instruments::Instruments;
use crate::logs::Logs;
use crate::pipes::{PipeError, Pipes, Rooms};

#[tokio::test]
async fn new_rides_become_jobs_and_nothing_else_does() {
    let mut running = running(&stack(str::to_owned), 0).await;
    running.put("1", "new").await;
    running.put("1", "changed").await;
    running.put("none", "new").await;
    for ride in ["2", "3", "4"] {
        running.put(ride, "new").await;
    }
    assert_eq!(running.messages(4).await, [job("1"), job("2"), job("3"), job("4")]);
    // The last execution is written down after it was sent.
    while running.sum("EventCount") < 5.0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((running.sum("ExecutionFailed"), running.sum("EnrichmentStageFailed")), (0.0, 0.0));
    assert!(running.sum("Invocations") >= 1.0 && running.sum("EventSize") > 100.0);
}

#[tokio::test]
async fn a_pipe_that_was_stopped_goes_on_where_it_was() {
    let mut running = running(&stack(str::to_owned), 0).await;
    running.put("1", "new").await;
    assert_eq!(running.messages(1).await, [job("1")]);
    running.desired.stop("payments");
    running.put("2", "new").await;
    // As long as ten polls of a pipe that runs.
    let sent = tokio::time::timeout(Duration::from_millis(200), running.received.recv()).await;
    assert!(sent.is_err(), "it is stopped: {sent:?}");
    running.desired.as_in_template("payments");
    assert_eq!(running.messages(1).await, [job("2")]);
}

#[tokio::test]
async fn a_bad_ride_steps_aside_and_is_pointed_at() {
    let stack = stack(|text| text.replace("MaximumRetryAttempts: 5", "MaximumRetryAttempts: 1"));
    let mut running = running(&stack, 0).await;
    for ride in ["1", "2", "bad", "3"] {
        running.put(ride, "new").await;
    }
    let messages = running.messages(4).await;
    let (letters, jobs): (Vec<_>, Vec<_>) = messages.into_iter().partition(|(queue, _)| queue == "dead");
    assert_eq!(jobs, [job("1"), job("2"), job("3")]);
    let letter = &letters[0].1;
    assert_eq!(letter["context"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(letter["context"]["partnerResourceArn"], stack.pipes["Pipe"].arn);
    let batch = &letter["DDBStreamBatchInfo"];
    assert_eq!(
        (batch["batchSize"].as_u64(), batch["startSequenceNumber"] == batch["endSequenceNumber"]),
        (Some(1), true)
    );
    let stream = running.database.stream(batch["streamArn"].as_str().expect("an ARN")).expect("the stream");
    let page = stream.read(None, 10).await.expect("read");
    let bad = page.records.iter().find(|record| batch["startSequenceNumber"] == record.sequence.to_string());
    assert_eq!(bad.map(|record| record.event["dynamodb"]["Keys"]["RideId"]["S"].clone()), Some(json!("bad")));
    let said = |words: &str| running.logs.lines().iter().any(|line| line.text.contains(words));
    assert!(said("PIPE payments: ") && said("the enrichment failed: Bad") && said("RetryAttemptsExhausted"));
    assert!(running.sum("EnrichmentStageFailed") >= 2.0);
}

#[tokio::test]
async fn while_the_queue_is_down_the_stream_waits() {
    let mut running = running(&stack(str::to_owned), 8).await;
    for ride in ["1", "2"] {
        running.put(ride, "new").await;
    }
    assert_eq!(running.messages(2).await, [job("1"), job("2")]);
    assert!(running.sum("TargetStageFailed") >= 8.0, "more often than the attempts that it has");
}

/// Writes a ride, stops, writes one while no pipe runs, starts again and writes a third: what is sent after the start.
async fn after_a_restart(survive: bool, count: usize) -> Vec<(String, Value)> {
    let directory = tempfile::tempdir().expect("a directory");
    let stack = stack(str::to_owned);
    {
        let mut first = kept(&stack, Some(directory.path()), 0, survive).await;
        first.put("1", "new").await;
        assert_eq!(first.messages(1).await, [job("1")]);
        let note = directory.path().join("pipe-payments.json");
        let noted = || std::fs::read_to_string(&note).is_ok_and(|text| !text.contains("null"));
        while !noted() {
            tokio::task::yield_now().await;
        }
    }
    {
        let (database, _engine) = DynamoDb::open(Some(directory.path()), "arn", Guard::default()).await.expect("opens");
        let item = json!({"RideId": {"S": "2"}, "State": {"S": "between"}});
        database.call("PutItem", &json!({"TableName": "rides", "Item": item})).await.expect("stored");
    }
    let mut second = kept(&stack, Some(directory.path()), 0, survive).await;
    second.put("3", "new").await;
    second.messages(count).await
}

#[tokio::test]
async fn a_pipe_goes_on_where_it_was() {
    assert_eq!(after_a_restart(true, 2).await, [job("2"), job("3")]);
}

#[tokio::test]
async fn what_a_queue_has_lost_is_sent_again() {
    assert_eq!(after_a_restart(false, 3).await, [job("1"), job("2"), job("3")]);
}

#[tokio::test]
async fn what_has_grown_too_old_before_it_was_read_is_told_of() {
    let directory = tempfile::tempdir().expect("a directory");
    let stack = stack(str::to_owned);
    // Of a day, little more than a second is left.
    let clock = Clock::starting_now(u16::MAX);
    {
        let (database, _engine) = DynamoDb::open(Some(directory.path()), "arn", Guard::default()).await.expect("opens");
        database.create_table(&stack.tables["Rides"]).await.expect("made");
        for (ride, state) in [("1", "new"), ("1", "changed"), ("2", "new")] {
            let item = json!({"RideId": {"S": ride}, "State": {"S": state}});
            database.call("PutItem", &json!({"TableName": "rides", "Item": item})).await.expect("stored");
        }
    }
    let over = clock.now() + jiff::SignedDuration::from_hours(25);
    while clock.now() < over {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let running = timed(&stack, Some(directory.path()), 0, false, clock).await;
    let said = |words: &str| running.logs.lines().iter().any(|line| line.text.contains(words));
    let told = async {
        // The filters leave the change out: nobody waited for it.
        while !said("2 records are lost: RecordExpiredInStream, and no dead-letter queue is told") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told).await.expect("it is told");
}

#[tokio::test]
async fn without_an_enrichment_records_go_on_as_they_are() {
    let stack = stack(|text| text.replace("      Enrichment: !GetAtt Place.Arn\n", ""));
    let mut running = running(&stack, 0).await;
    running.put("1", "new").await;
    let (queue, record) = running.messages(1).await.remove(0);
    assert_eq!((queue.as_str(), record["eventName"].as_str()), ("payments", Some("INSERT")));
    assert_eq!(record["dynamodb"]["NewImage"]["RideId"]["S"], "1");
}

#[tokio::test]
async fn what_the_role_may_not_do_is_known_at_start() {
    let check = async |old: &str, action: &str| {
        let stack = stack(|text| {
            assert!(text.contains(old), "{old}");
            text.replace(old, "")
        });
        let (database, _engine) = DynamoDb::open(None, "arn", Guard::default()).await.expect("opens");
        let (instruments, logs) = (Instruments::default(), Logs::default());
        let rooms = Rooms { dynamodb: &database, instruments: &instruments, logs: &logs, data: None };
        let (sent, _received) = mpsc::unbounded_channel();
        let target = Queues { sent, down: Mutex::new(0), survive: true };
        let Err(error) = Pipes::open(&stack, &rooms, &target).await else { panic!("{action} is missing") };
        assert!(matches!(&error, PipeError::NotAllowed { action: missing, .. } if missing == action), "{error}");
        error.to_string()
    };
    check("dynamodb:DescribeStream, ", "dynamodb:DescribeStream").await;
    check(", dynamodb:ListStreams", "dynamodb:ListStreams").await;
    check(
        "              - { Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Place.Arn }\n",
        "lambda:InvokeFunction",
    )
    .await;
    let words = check("                  - !GetAtt Dead.Arn\n", "sqs:SendMessage").await;
    assert!(
        words.contains(
            "pipe payments: its role PipeRole may not do sqs:SendMessage on arn:aws:sqs:eu-west-2:123456789012:dead"
        ),
        "{words}"
    );
}
