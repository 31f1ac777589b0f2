//! Receiving, at once or by long polling.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>

use std::time::{Duration, Instant};

use super::engine::{Millis, Received};
use super::error::{Code, SqsError};
use super::{Sqs, answer};

/// What a receive asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// Most messages, 1 to 10.
    pub(crate) most: usize,
    /// For how long they stay invisible; the queue's time without it.
    pub(crate) visibility: Option<Millis>,
    /// How long to wait for the first one; the queue's time without it.
    pub(crate) wait: Option<Duration>,
}

impl Sqs {
    /// Waits for at least one message of a queue, by name, for as long as is asked.
    pub(super) async fn poll(&self, name: &str, wanted: Wanted) -> Result<Vec<Received>, SqsError> {
        let Wanted { most, visibility, wait } = wanted;
        let wait = wait.or_else(|| self.queues.get(name).map(|queue| queue.wait)).unwrap_or_default();
        let deadline = Instant::now() + wait;
        let arrival = self.arrivals.get(name).ok_or_else(SqsError::no_such_queue)?;
        loop {
            // Listening before looking: what comes in between is not missed.
            let arrived = arrival.notified();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            match self.with(|engine, now| engine.receive(now, name, most, visibility)) {
                Ok(received) if !received.is_empty() => return Ok(received),
                // "If you reach this quota while using short polling, Amazon SQS returns the OverLimit error message."
                Err(error) if error.code != Code::OverLimit || wait.is_zero() => return Err(error),
                Ok(_) | Err(_) => {}
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.with(|engine, _| engine.found_nothing(name));
                return Ok(Vec::new());
            }
            let due = self.with(|engine, now| engine.due(name).map(|due| due.saturating_sub(now).max(1)));
            let pause = due.map_or(left, |due| left.min(Duration::from_millis(due)));
            tokio::select! {
                () = arrived => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Receives as Lambda does for an event source: nobody signs, but what is wrong with the queue on purpose is wrong here too.
    pub(crate) async fn receive_for_lambda(&self, name: &str, wanted: Wanted) -> Result<Vec<Received>, SqsError> {
        let resources = [self.arn(name)];
        if let Some(outage) = self.switch.before("sqs:ReceiveMessage", &resources).await {
            return Err(answer::outage(outage));
        }
        let received = self.poll(name, wanted).await;
        self.switch.after("sqs:ReceiveMessage", &resources).await;
        received
    }

    /// Deletes as Lambda does.
    pub(crate) async fn delete_for_lambda(&self, name: &str, handles: &[String]) -> Result<(), SqsError> {
        let resources = [self.arn(name)];
        if let Some(outage) = self.switch.before("sqs:DeleteMessage", &resources).await {
            return Err(answer::outage(outage));
        }
        let deleted = self.with(|engine, now| handles.iter().try_for_each(|handle| engine.delete(now, name, handle)));
        self.switch.after("sqs:DeleteMessage", &resources).await;
        deleted
    }
}
