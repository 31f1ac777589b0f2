//! What finance said, into the row: the second half of a message's way.

use crate::pay::{End, Trouble, Way};
use crate::verdict::Verdict;
use crate::{Breakers, Finance, Payments, ProcessPayment, Queue};
use shared::payments::{Change, Changed, Payment, Status};
use shared::telemetry::metrics::{OfService, PAYMENTS_FAILED, PAYMENTS_PROCESSED, Recorder};
use std::time::Duration;

impl<F: Finance, P: Payments, Q: Queue, B: Breakers> ProcessPayment<F, P, Q, B> {
    /// Saves what finance said about a payment that this message has.
    pub(crate) async fn save(
        &self,
        claimed: &Payment,
        verdict: Verdict,
        way: &Way<'_>,
    ) -> Result<End, Trouble<P::Error, Q::Error>> {
        match verdict {
            Verdict::Charged => self.complete(claimed, way).await,
            Verdict::Refused { reason, answer } => self.fail(claimed, reason, Some(answer), way).await,
            Verdict::Later { reason, .. } if claimed.attempts_now() >= self.rules.max_attempts => {
                self.give_up(claimed, &reason, way).await
            }
            Verdict::Later { reason, after } => self.give_back(claimed, reason, after, way).await,
        }
    }

    async fn complete(&self, claimed: &Payment, way: &Way<'_>) -> Result<End, Trouble<P::Error, Q::Error>> {
        let (ride_id, attempts) = (claimed.ride_id, claimed.attempts);
        match self.apply(&Change::Complete { ride: ride_id, now: self.now() }, way).await? {
            Changed::Done => {
                Recorder::current().add(PAYMENTS_PROCESSED, OfService, 1);
                tracing::info!(%ride_id, attempts, "payment complete");
            }
            // Another delivery of the same job was as fast: finance charged once, and it is counted once.
            Changed::Refused(Some(row)) if row.status == Status::Complete => {}
            Changed::Refused(row) => {
                let status = row.map_or("gone", |row| row.status.as_str());
                tracing::error!(%ride_id, attempts, status, "a ride is charged and its payment does not say so");
            }
        }
        Ok(End::Done)
    }

    async fn fail(
        &self,
        claimed: &Payment,
        reason: String,
        answer: Option<String>,
        way: &Way<'_>,
    ) -> Result<End, Trouble<P::Error, Q::Error>> {
        let (ride, attempts) = (claimed.ride_id, claimed.attempts);
        let told = reason.clone();
        let change = Change::Fail { ride, now: self.now(), holder: way.holder.clone(), reason, answer };
        match self.apply(&change, way).await? {
            Changed::Done => {
                Recorder::current().add(PAYMENTS_FAILED, OfService, 1);
                tracing::error!(ride_id = %ride, attempts, reason = told, "payment failed");
                Ok(End::Done)
            }
            Changed::Refused(Some(row)) if row.status.is_final() => Ok(End::Done),
            // Somebody else has it by now, and what they are told counts.
            Changed::Refused(_) => Ok(End::Again(self.rules.pause(way.message.received(), None, &self.means.up_to))),
        }
    }

    /// After the last attempt. The dead letter goes first: a payment that is Failed for want of attempts is always there
    /// to be redriven with all the others.
    pub(crate) async fn give_up(
        &self,
        claimed: &Payment,
        why: &str,
        way: &Way<'_>,
    ) -> Result<End, Trouble<P::Error, Q::Error>> {
        let letter = claimed.job().to_json()?;
        self.parts.queue.bury(&letter, &way.context.budget).await.map_err(Trouble::Queue)?;
        let reason = format!("gave up after {} attempts; {why}", claimed.attempts_now());
        self.fail(claimed, reason, None, way).await
    }

    /// Back to the queue. The row comes first: a message that is there before its row is free would find it taken.
    async fn give_back(
        &self,
        claimed: &Payment,
        reason: String,
        after: Option<Duration>,
        way: &Way<'_>,
    ) -> Result<End, Trouble<P::Error, Q::Error>> {
        let pause = self.rules.pause(claimed.attempts_now(), after, &self.means.up_to);
        let (ride_id, attempts, pause_s) = (claimed.ride_id, claimed.attempts, pause.as_secs());
        tracing::info!(%ride_id, attempts, pause_s, reason, "payment put off: it is tried again");
        let waiting = Payment {
            status: Status::Queued,
            status_since: self.now().into(),
            holder: None,
            held_until: None,
            reason: Some(reason),
            ..claimed.clone()
        };
        // When somebody else has it by now, that is as good.
        self.parts.payments.swap(claimed, &waiting, &way.context.budget).await.map_err(Trouble::Payments)?;
        Ok(End::Again(pause))
    }
}
