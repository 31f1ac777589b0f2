//! A mapping over a real queue, and a Lambda without functions: every invocation fails.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::poller::Rooms;
use super::*;
use crate::aws::{Fault, Guard, Trouble};
use crate::instruments::Instruments;
use crate::keyring::Keyring;
use crate::lambda::Endpoints;
use crate::task::DropTask;
use crate::template::RedriveAllow;

const ARN: &str = "arn:aws:sqs:eu-west-1:123456789012:jobs";

fn queue() -> Queue {
    Queue {
        logical_id: "Jobs".into(),
        name: "jobs".into(),
        arn: ARN.into(),
        url: "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs".into(),
        visibility_timeout: Duration::from_secs(600),
        delay: Duration::ZERO,
        retention: Duration::from_secs(345_600),
        wait: Duration::ZERO,
        maximum_message_size: crate::sqs::engine::MAX_SIZE,
        redrive: None,
        redrive_allow: RedriveAllow::All,
    }
}

fn function() -> Function {
    Function {
        logical_id: "Worker".into(),
        name: "worker".into(),
        arn: String::new(),
        binary: String::new(),
        code_uri: String::new(),
        handler: String::new(),
        runtime: String::new(),
        timeout: Duration::from_secs(1),
        memory_mb: 128,
        environment: BTreeMap::new(),
        reserved_concurrency: None,
        log_group: String::new(),
        role_arn: None,
        tracing: false,
    }
}

struct World {
    sqs: Sqs,
    calls: Calls,
    lambda: Arc<Lambda>,
}

impl World {
    fn new() -> Self {
        let nowhere = String::new;
        let endpoints = Endpoints {
            region: nowhere(),
            dynamodb: nowhere(),
            ssm: nowhere(),
            sqs: nowhere(),
            cloudwatch: nowhere(),
            xray_daemon: nowhere(),
            other: nowhere(),
            keyring: Keyring::new(&[], &BTreeMap::new(), "123456789012"),
        };
        let (functions, binaries) = (BTreeMap::new(), BTreeMap::new());
        let lambda = Lambda::start(&functions, &binaries, endpoints, Logs::default(), Instruments::default());
        let sqs = Sqs::new("eu-west-1", "123456789012", [&queue()], Guard::default());
        Self { sqs, calls: Calls::default(), lambda: Arc::new(lambda.expect("starts")) }
    }

    fn source(&self, batch_size: usize, window: Duration) -> Arc<Source> {
        let mapping = EventSourceMapping {
            logical_id: "WorkerJobs".into(),
            function: "Worker".into(),
            queue: "Jobs".into(),
            batch_size,
            window,
            maximum_concurrency: None,
            partial: false,
            enabled: true,
        };
        let logs = Logs::default();
        let rooms = Rooms { sqs: &self.sqs, lambda: &self.lambda, calls: &self.calls, logs: &logs };
        Arc::new(Source::new(&mapping, &function(), &queue(), "eu-west-1", rooms))
    }

    async fn send(&self, bodies: Vec<String>) {
        self.sqs.send_from_service(ARN, bodies).await.expect("sent");
    }

    /// How many receives have been answered with an error.
    fn refused(&self) -> usize {
        self.calls.all().iter().filter(|call| call.action == "sqs:ReceiveMessage" && call.status >= 500).count()
    }
}

async fn until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it comes to pass");
}

#[tokio::test]
async fn a_queue_that_does_not_answer_is_no_idle_queue() {
    let world = World::new();
    let source = world.source(1, Duration::ZERO);
    // Every failure is a poller less: one is left.
    (0..9).for_each(|_| source.scaling().failed());
    world.sqs.switch.set_for(ARN, Fault::every(Trouble::Fail).only(Some("ReceiveMessage".to_owned())));
    let _running = DropTask::spawn(source.clone().run());
    until(|| world.refused() >= 2).await;
    assert_eq!(source.scaling().wanted(), 1, "nobody knows of any pause");
}

#[tokio::test]
async fn a_batch_ends_with_its_payload_and_what_is_over_begins_the_next() {
    let world = World::new();
    world.send(vec!["x".repeat(900_000); 10]).await;
    let mut left_over = VecDeque::new();
    let patient = world.source(100, Duration::from_secs(600));
    let gathered = tokio::time::timeout(Duration::from_secs(60), patient.gather(&mut left_over)).await;
    let first = gathered.expect("it waits for no more than it can take").expect("answered");
    assert_eq!((first.len(), left_over.len()), (6, 4));
    let hasty = world.source(100, Duration::ZERO);
    let second = hasty.gather(&mut left_over).await.expect("answered");
    assert_eq!((second.len(), left_over.len()), (4, 0));
    assert_eq!(world.calls.all().iter().filter(|call| call.action == "sqs:ReceiveMessage").count(), 1);
}
