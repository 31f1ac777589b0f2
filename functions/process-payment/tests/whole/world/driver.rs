use super::{Process, Shared, Step};
use futures_util::future::join_all;
use process_payment::{BreakerRules, Guard, Means, Parts, ProcessPayment, Rules, SERVICE};
use serde_json::{Value, json};
use shared::events::Caller;
use shared::payments::Job;
use shared::retry::Schedule;
use std::task::Poll;
use std::time::Duration;

/// A message in the queue.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    pub(crate) visible_at: i64,
    pub(crate) received: u32,
}

/// How badly the queue behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery {
    /// So many processes at once.
    pub(crate) processes: u32,
    /// Of so many messages one is delivered to another process, too. 0 for none.
    pub(crate) duplicate_one_in: u32,
    /// So many failures in a row open the breaker.
    pub(crate) breaker_failures: u32,
    /// So often a payment is tried.
    pub(crate) max_attempts: u32,
}

const RULES: Rules = Rules {
    attempt_timeout: Duration::from_secs(10),
    time_to_save: Duration::from_secs(5),
    side_by_side: 3,
    max_attempts: 4,
    back_off: Schedule { attempts: u32::MAX, base: Duration::from_secs(2), cap: Duration::from_secs(900) },
};

/// Six times the function's time limit.
const VISIBILITY: i64 = 360;

/// A new message with this job.
pub(crate) fn sent(shared: &Shared, job: &Job) {
    let mut world = shared.world();
    world.sent += 1;
    let id = format!("message-{}", world.sent);
    let body = job.to_json().expect("JSON");
    let visible_at = world.seconds;
    world.messages.push(Message { id, body, visible_at, received: 0 });
}

/// Delivers until the queue is empty. Says after how many rounds; panics when it never is.
pub(crate) async fn run(shared: &Shared, delivery: Delivery) -> u32 {
    for round in 0..2_000 {
        let Some(next) = shared.world().messages.iter().map(|message| message.visible_at).min() else { return round };
        {
            let mut world = shared.world();
            world.seconds = world.seconds.max(next) + i64::from(world.random(3));
        }
        let mut rounds = Vec::new();
        for process in 0..delivery.processes {
            let batch = receive(shared, delivery.duplicate_one_in);
            if !batch.is_empty() {
                rounds.push(invoke(shared.clone(), round * 16 + process, batch, delivery));
            }
        }
        join_all(rounds).await;
    }
    panic!("the queue is never empty: {:?}", shared.world().messages)
}

/// Up to ten of the messages that are there, in any order.
fn receive(shared: &Shared, duplicate_one_in: u32) -> Vec<Message> {
    let mut world = shared.world();
    let now = world.seconds;
    let mut there: Vec<usize> =
        (0..world.messages.len()).filter(|index| world.messages[*index].visible_at <= now).collect();
    let mut batch = Vec::new();
    while batch.len() < 10 && !there.is_empty() {
        let pick = world.random(there.len() as u32) as usize;
        let index = there.swap_remove(pick);
        let twice = duplicate_one_in > 0 && world.random(duplicate_one_in) == 0;
        let message = &mut world.messages[index];
        message.received += 1;
        if !twice {
            message.visible_at = now + VISIBILITY;
        }
        batch.push(message.clone());
    }
    batch
}

async fn invoke(shared: Shared, number: u32, batch: Vec<Message>, delivery: Delivery) {
    let process = Process::new(shared.clone(), number);
    let records: Vec<Value> = batch
        .iter()
        .map(|message| {
            let attributes = json!({"ApproximateReceiveCount": message.received.to_string()});
            let (id, body) = (&message.id, &message.body);
            json!({"messageId": id, "receiptHandle": id, "body": body, "attributes": attributes})
        })
        .collect();
    let handler = handler(&process, delivery);
    let caller = Caller { request_id: format!("invocation-{number}"), deadline_ms: 0, xray_trace_id: None };
    let event = json!({"Records": records});
    let work = async {
        let failures = handler.handle(&event, &caller).await.expect("a batch");
        let again: Vec<&str> = failures.ids().collect();
        let done =
            |message: &Message| batch.iter().any(|own| own.id == message.id) && !again.contains(&message.id.as_str());
        process.step(Step::Answer, |world| world.messages.retain(|message| !done(message))).await;
    };
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        // A process that died takes all of its messages with it.
        Poll::Pending if process.is_dead() => Poll::Ready(()),
        poll => poll,
    })
    .await;
}

fn handler(process: &Process, delivery: Delivery) -> ProcessPayment<Process, Process, Process, Process> {
    let settings = shared::settings::Settings {
        service: SERVICE,
        stage: "dev".into(),
        timeout: Duration::from_secs(60),
        tracer: Default::default(),
    };
    let breaker = BreakerRules {
        failures: delivery.breaker_failures,
        open: Duration::from_secs(15),
        longest_open: Duration::from_secs(60),
        probe: Duration::from_secs(15),
        drain_calls: 2,
        drain_interval: Duration::from_secs(10),
    };
    let parts = Parts {
        finance: process.clone(),
        payments: process.clone(),
        queue: process.clone(),
        breaker: Guard::new(process.clone(), breaker),
    };
    let (clock, dice) = (process.shared.clone(), process.shared.clone());
    let means = Means {
        now: Box::new(move || clock.now()),
        up_to: Box::new(move |longest| {
            let longest = u32::try_from(longest.as_millis()).unwrap_or(u32::MAX);
            Duration::from_millis(dice.world().random(longest).into())
        }),
    };
    let rules = Rules { max_attempts: delivery.max_attempts, ..RULES };
    ProcessPayment::new(settings, rules, parts, None).with_means(means)
}
