//! Pipes on a real stream, with functions and queues of the tests' own.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::aws::Guard;
use crate::clock::Clock;
use crate::dynamodb::DynamoDb;
use crate::instruments::Instruments;
use crate::lambda::{FunctionError, Invocation, Outcome};
use crate::logs::Logs;
use crate::pipes::target::{Delivered, Target};
use crate::pipes::{PipeError, Pipes, Rooms};
use crate::task::DropTask;
use crate::template::{Inputs, MetricName, Stack, Statistic, Template};

const TEMPLATE: &str = include_str!("../../template/pipe/tests/pipe.yaml");
/// The seconds of back-off pass in hundredths.
const COMPRESS: u16 = 100;

fn stack(change: impl Fn(&str) -> String) -> Stack {
    let inputs = Inputs {
        stack_name: "rides".into(),
        region: "eu-west-2".into(),
        account_id: "123456789012".into(),
        parameters: Default::default(),
        api_origin: "http://127.0.0.1:3000".into(),
    };
    let template = Template::parse(&change(TEMPLATE), "t.yaml").expect("a template");
    template.resolve(&inputs).expect("resolves")
}

/// A queue that hands on what it gets, unless it is told to be down.
#[derive(Debug)]
struct Queues {
    sent: mpsc::UnboundedSender<(String, Vec<String>)>,
    down: Mutex<u32>,
    survive: bool,
}

impl Target for Queues {
    fn survives(&self) -> bool {
        self.survive
    }

    async fn deliver(&self, queue_arn: &str, bodies: &[String]) -> Delivered {
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        if *down > 0 {
            *down -= 1;
            return Delivered::Unavailable("down, as told".into());
        }
        let queue = queue_arn.rsplit(':').next().unwrap_or_default().to_owned();
        self.sent.send((queue, bodies.to_vec())).expect("the test listens");
        Delivered::All
    }
}

struct Running {
    database: DynamoDb,
    instruments: Instruments,
    logs: Logs,
    received: mpsc::UnboundedReceiver<(String, Vec<String>)>,
    _tasks: [DropTask; 2],
}

/// The pipe of the template over a function, and a queue that is down for so many calls.
async fn running(stack: &Stack, down: u32) -> Running {
    kept(stack, None, down, true).await
}

/// The same, with a directory, and a queue that keeps its messages over a restart or does not.
async fn kept(stack: &Stack, data: Option<&Path>, down: u32, survive: bool) -> Running {
    let (database, engine) = DynamoDb::open(data, "arn", Guard::default()).await.expect("opens");
    let instruments = Instruments { clock: Clock::starting_now(COMPRESS), ..Instruments::default() };
    let database = database.measured(instruments.clone());
    database.create_table(&stack.tables["Rides"]).await.expect("made");
    let logs = Logs::default();
    let rooms = Rooms { dynamodb: &database, instruments: &instruments, logs: &logs, data };
    let (sent, received) = mpsc::unbounded_channel();
    let target = Arc::new(Queues { sent, down: Mutex::new(down), survive });
    let pipes = Pipes::open(stack, &rooms, &*target).await.expect("opens");
    let invoke = move |function_id: String, invocation: Invocation| {
        assert_eq!(function_id, "Place");
        std::future::ready(place(&serde_json::from_slice(&invocation.payload).expect("JSON")))
    };
    let ready = pipes.0.into_iter().next().expect("a pipe");
    let pipe = DropTask::spawn(ready.driver(target, invoke, fastrand::Rng::with_seed(7)).run());
    Running { database, instruments, logs, received, _tasks: [engine, pipe] }
}

impl Running {
    async fn put(&self, id: &str, state: &str) {
        let item = json!({"RideId": {"S": id}, "State": {"S": state}});
        self.database.call("PutItem", &json!({"TableName": "rides", "Item": item})).await.expect("stored");
    }

    /// The next message: its queue and its body.
    async fn messages(&mut self, count: usize) -> Vec<(String, Value)> {
        let mut messages = Vec::new();
        while messages.len() < count {
            let (queue, bodies) = self.received.recv().await.expect("messages");
            messages.extend(bodies.iter().map(|body| (queue.clone(), serde_json::from_str(body).expect("JSON"))));
        }
        messages
    }

    fn sum(&self, metric: &str) -> f64 {
        let metric = MetricName {
            namespace: "AWS/EventBridge/Pipes".into(),
            name: metric.into(),
            dimensions: [("PipeName".to_owned(), "payments".to_owned())].into(),
        };
        let (day, now) = (std::time::Duration::from_secs(86_400), self.instruments.clock.now());
        self.instruments
            .metrics
            .series(&metric, Statistic::Sum, day, now - day, now + day)
            .iter()
            .map(|(_, sum)| sum)
            .sum()
    }
}

fn rides(events: &Value) -> Vec<String> {
    let events = events.as_array().expect("an array of records");
    events
        .iter()
        .map(|event| event["dynamodb"]["NewImage"]["RideId"]["S"].as_str().expect("an image").to_owned())
        .collect()
}

/// Makes a job of each ride; a ride called `bad` fails the batch, one called `none` is left out.
fn place(events: &Value) -> Outcome {
    let rides = rides(events);
    if rides.iter().any(|ride| ride == "bad") {
        return Outcome::FunctionError(FunctionError { error_type: "Bad".into(), payload: Bytes::new() });
    }
    let jobs: Vec<Value> = rides.iter().filter(|ride| *ride != "none").map(|ride| json!({"RideId": ride})).collect();
    Outcome::Success(Value::from(jobs).to_string().into())
}

fn job(ride: &str) -> (String, Value) {
    ("payments".to_owned(), json!({"RideId": ride}))
}

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
