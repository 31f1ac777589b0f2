//! A pipe on a real stream, with a function and queues of the tests' own.

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
use crate::pipes::{DesiredStates, Pipes, Rooms};
use crate::task::DropTask;
use crate::template::{Inputs, MetricName, Stack, Statistic, Template};

const TEMPLATE: &str = include_str!("../../template/pipe/tests/pipe.yaml");
/// The seconds of back-off pass in hundredths.
const COMPRESS: u16 = 100;

pub(super) fn stack(change: impl Fn(&str) -> String) -> Stack {
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
pub(super) struct Queues {
    pub(super) sent: mpsc::UnboundedSender<(String, Vec<String>)>,
    pub(super) down: Mutex<u32>,
    pub(super) survive: bool,
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

pub(super) struct Running {
    pub(super) database: DynamoDb,
    pub(super) instruments: Instruments,
    pub(super) logs: Logs,
    pub(super) desired: DesiredStates,
    pub(super) received: mpsc::UnboundedReceiver<(String, Vec<String>)>,
    _tasks: [DropTask; 2],
}

/// The pipe of the template over a function, and a queue that is down for so many calls.
pub(super) async fn running(stack: &Stack, down: u32) -> Running {
    kept(stack, None, down, true).await
}

/// The same, with a directory, and a queue that keeps its messages over a restart or does not.
pub(super) async fn kept(stack: &Stack, data: Option<&Path>, down: u32, survive: bool) -> Running {
    timed(stack, data, down, survive, Clock::starting_now(COMPRESS)).await
}

/// The same with a clock of CloudWatch's.
pub(super) async fn timed(stack: &Stack, data: Option<&Path>, down: u32, survive: bool, clock: Clock) -> Running {
    let (database, engine) = DynamoDb::open(data, "arn", Guard::default()).await.expect("opens");
    let instruments = Instruments { clock, ..Instruments::default() };
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
    let desired = pipes.desired();
    let ready = pipes.ready.into_iter().next().expect("a pipe");
    let running = desired.of_pipe(&ready.pipe.name);
    let pipe = DropTask::spawn(ready.driver(target, invoke, fastrand::Rng::with_seed(7)).run(running));
    Running { database, instruments, logs, desired, received, _tasks: [engine, pipe] }
}

impl Running {
    pub(super) async fn put(&self, id: &str, state: &str) {
        let item = json!({"RideId": {"S": id}, "State": {"S": state}});
        self.database.call("PutItem", &json!({"TableName": "rides", "Item": item})).await.expect("stored");
    }

    /// The next message: its queue and its body.
    pub(super) async fn messages(&mut self, count: usize) -> Vec<(String, Value)> {
        let mut messages = Vec::new();
        while messages.len() < count {
            let (queue, bodies) = self.received.recv().await.expect("messages");
            messages.extend(bodies.iter().map(|body| (queue.clone(), serde_json::from_str(body).expect("JSON"))));
        }
        messages
    }

    pub(super) fn sum(&self, metric: &str) -> f64 {
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

pub(super) fn job(ride: &str) -> (String, Value) {
    ("payments".to_owned(), json!({"RideId": ride}))
}
