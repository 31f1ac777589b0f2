//! SQS: standard queues, in memory. FIFO queues are refused by name.
//!
//! [`engine`] is the service as a state machine; around it stand the API over HTTP, who may call, what can be broken on purpose,
//! and the metrics. Times are the machine's, as those of functions are: a compressed clock would let messages reappear while a
//! function still works on them. CloudWatch alone is told in its own time.

mod answer;
mod attributes;
mod content;
pub(crate) mod digest;
pub mod engine;
mod error;
mod front;
mod messages;
mod metrics;
mod moving;
mod poll;
mod request;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::Notify;

pub use engine::{Content, Depth, Disorder, Received};
pub use error::{Code, SqsError};
pub(crate) use front::OPERATIONS;
pub(crate) use poll::Wanted;

use crate::aws::{Guard, Switch};
use crate::instruments::Instruments;
use crate::listen;
use crate::template::{Queue, Stack};
use engine::{Engine, Event, Millis, Settings, Told};

/// The service. Clones share it.
#[derive(Debug, Clone)]
pub struct Sqs {
    region: String,
    account_id: String,
    /// By name.
    queues: Arc<BTreeMap<String, Queue>>,
    /// When they were made.
    made: Timestamp,
    engine: Arc<Mutex<Engine>>,
    /// Wakes who waits for a message, by the queue's name.
    arrivals: Arc<BTreeMap<String, Notify>>,
    /// Wakes who moves messages.
    moves: Arc<Notify>,
    guard: Guard,
    /// Makes the service fail, throttle or be slow.
    pub switch: Switch,
    instruments: Option<Instruments>,
}

impl Sqs {
    /// A service with the template's queues, all empty.
    pub fn new<'a>(region: &str, account_id: &str, queues: impl IntoIterator<Item = &'a Queue>, guard: Guard) -> Self {
        let queues: BTreeMap<String, Queue> =
            queues.into_iter().map(|queue| (queue.name.clone(), queue.clone())).collect();
        Self {
            region: region.to_owned(),
            account_id: account_id.to_owned(),
            engine: Arc::new(Mutex::new(Engine::new(queues.values().map(settings), fastrand::u64(..)))),
            arrivals: Arc::new(queues.keys().map(|name| (name.clone(), Notify::new())).collect()),
            queues: Arc::new(queues),
            made: Timestamp::now(),
            moves: Arc::default(),
            guard,
            switch: Switch::default(),
            instruments: None,
        }
    }

    /// A stack's queues, which tell CloudWatch of themselves.
    pub(crate) fn of(stack: &Stack, guard: Guard, instruments: Instruments) -> Self {
        let sqs = Self::new(&stack.region, &stack.account_id, stack.queues.values(), guard);
        Self { instruments: Some(instruments), ..sqs }
    }

    /// Sends messages as a service of AWS's does, such as a pipe; their ids. Who may is for the service to judge. What is wrong
    /// with the queue on purpose is wrong for it too.
    ///
    /// # Errors
    /// There is no such queue, a body is empty, too long or has characters that no message may have, or somebody has broken
    /// the queue. Nothing is sent then.
    pub async fn send_from_service(&self, queue_arn: &str, bodies: Vec<String>) -> Result<Vec<String>, SqsError> {
        let name = self.name_of(queue_arn).ok_or_else(SqsError::no_such_queue)?.to_owned();
        let resources = [queue_arn.to_owned()];
        if let Some(outage) = self.switch.before("sqs:SendMessage", &resources).await {
            return Err(answer::outage(outage));
        }
        let sent = self.send_all(&name, bodies);
        self.switch.after("sqs:SendMessage", &resources).await;
        sent
    }

    fn send_all(&self, name: &str, bodies: Vec<String>) -> Result<Vec<String>, SqsError> {
        let limit = self.with(|engine, _| engine.settings(name))?.maximum_message_size;
        let read = |body: String| {
            let given = serde_json::json!({"MessageBody": body});
            let (content, _) = content::read(request::Members(&given), &self.account_id, None)?;
            if content.size() > limit {
                return Err(SqsError::invalid(format!("Message must be shorter than {limit} bytes.")));
            }
            Ok(content)
        };
        let contents: Vec<Content> = bodies.into_iter().map(read).collect::<Result<_, _>>()?;
        self.with(|engine, now| contents.into_iter().map(|one| engine.send(now, name, one, None)).collect())
    }

    /// How many messages a queue has, by name; nothing of no queue.
    pub fn depth(&self, name: &str) -> Depth {
        self.with(|engine, now| engine.depth(now, name)).unwrap_or_default()
    }

    /// Whether nothing of a queue, by name, will be received any more: no message is there, and no second delivery is due.
    pub fn is_at_rest(&self, name: &str) -> bool {
        self.with(|engine, now| {
            engine.depth(now, name).is_ok_and(|depth| depth.all() == 0) && engine.due(name).is_none()
        })
    }

    /// What a queue's messages say, by name, visible or not, in the order in which they came.
    pub fn contents(&self, name: &str) -> Vec<Arc<Content>> {
        self.with(|engine, now| engine.contents(now, name)).unwrap_or_default()
    }

    /// Lets a queue, by name, deliver twice and out of order from now on; [`Disorder::default`] ends it.
    ///
    /// # Errors
    /// There is no such queue.
    pub fn disturb(&self, name: &str, disorder: Disorder) -> Result<(), SqsError> {
        self.with(|engine, _| engine.disturb(name, disorder))
    }

    /// Serves the API until dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let sqs = self.clone();
        let calls = listen::serve(listener, move |request, _| {
            let sqs = sqs.clone();
            async move { sqs.answer(request).await }
        });
        tokio::join!(calls, self.carry_on_moving(), self.report());
    }

    /// Does something with the engine at this moment, wakes those who wait for what came of it, and tells CloudWatch.
    fn with<T>(&self, act: impl FnOnce(&mut Engine, Millis) -> T) -> T {
        let (result, told, at) = {
            let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
            // Under the lock: whoever waited for it longest would bring the earliest time.
            let at = Timestamp::now();
            let now = engine.not_before(millis(at));
            let result = act(&mut engine, now);
            (result, engine.told(), at)
        };
        for Told { queue, what } in &told {
            if matches!(what, Event::Sent(_) | Event::Came)
                && let Some(arrival) = self.arrivals.get(queue)
            {
                arrival.notify_waiters();
            }
        }
        if let Some(instruments) = &self.instruments {
            metrics::told(&told, at, instruments);
        }
        result
    }

    /// A queue's ARN.
    pub(crate) fn arn(&self, name: &str) -> String {
        match self.queues.get(name) {
            Some(queue) => queue.arn.clone(),
            None => format!("arn:aws:sqs:{}:{}:{name}", self.region, self.account_id),
        }
    }

    /// Name of the queue with this ARN.
    pub(crate) fn name_of(&self, arn: &str) -> Option<&str> {
        self.queues.values().find(|queue| queue.arn == arn).map(|queue| queue.name.as_str())
    }
}

fn millis(at: Timestamp) -> Millis {
    Millis::try_from(at.as_millisecond()).unwrap_or_default()
}

fn settings(queue: &Queue) -> Settings {
    let millis = |time: std::time::Duration| Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX);
    let name_of = |arn: &str| arn.rsplit(':').next().unwrap_or_default().to_owned();
    Settings {
        name: queue.name.clone(),
        visibility_timeout: millis(queue.visibility_timeout),
        delay: millis(queue.delay),
        retention: millis(queue.retention),
        maximum_message_size: queue.maximum_message_size,
        dead_letters: queue.redrive.as_ref().map(|redrive| (name_of(&redrive.dead_letters), redrive.max_receive_count)),
    }
}
