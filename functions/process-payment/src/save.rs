//! What finance said, into the row: the second half of a message's way.

use crate::pay::{End, Trouble, Way};
use crate::rules::{Cost, LONGEST_PUT_OFF, NO_TIME, is_letter_of};
use crate::verdict::Verdict;
use crate::{Breakers, Finance, Payments, ProcessPayment, Queue};
use jiff::SignedDuration;
use shared::payments::{Change, Changed, Payment, Status};
use shared::telemetry::metrics::{OfService, PAYMENTS_FAILED, PAYMENTS_PROCESSED, Recorder, emit};
use std::time::Duration;

impl<F: Finance, P: Payments, Q: Queue, B: Breakers> ProcessPayment<F, P, Q, B> {
    /// Saves what finance said about a payment that this message has.
    pub(crate) async fn save(
        &self,
        claimed: &Payment,
        verdict: Verdict,
        cost: Cost,
        way: &Way<'_>,
    ) -> Result<End, Trouble<P::Error, Q::Error>> {
        let last = match cost {
            Cost::Attempt => claimed.attempts_now() >= self.rules.max_attempts,
            // While it waits alone, nobody can tell a payment that finance cannot take from an outage. It ends all the same.
            Cost::Probe => way.message.waited(self.now()) >= self.rules.patience,
            Cost::Nothing => false,
        };
        match verdict {
            Verdict::Charged => self.complete(claimed, way).await,
            Verdict::Refused { reason, answer } => self.fail(claimed, reason, Some(answer), way).await,
            Verdict::Later { reason, answer, .. } if last => {
                let reason = match cost {
                    Cost::Probe => {
                        let hours = self.rules.patience.as_secs() / 3_600;
                        format!("gave up after {hours} hours, the last ones without an answer for anybody; {reason}")
                    }
                    _ => format!("gave up after {} attempts; {reason}", claimed.attempts_now()),
                };
                self.give_up(claimed, reason, answer, way).await
            }
            Verdict::Later { reason, after, .. } => self.give_back(claimed, reason, after, cost, way).await,
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
                // At once: what waits for the end of the invocation dies with it, and the row would be red with nobody told.
                emit(PAYMENTS_FAILED, OfService, 1);
                tracing::error!(ride_id = %ride, attempts, reason = told, "payment failed");
                Ok(End::Done)
            }
            Changed::Refused(Some(row)) if row.status == Status::Failed => Ok(self.failed_before(&row, way)),
            Changed::Refused(Some(row)) if row.status.is_final() => Ok(End::Done),
            // Somebody else has it by now, and what they are told counts.
            Changed::Refused(_) => Ok(End::Again(self.rules.pause(way.message.received(), None, &self.means.up_to))),
        }
    }

    /// A message that came before and whose payment is Failed: whoever failed it may have died before anybody was told. To
    /// be told twice is better than never.
    pub(crate) fn failed_before(&self, row: &Payment, way: &Way<'_>) -> End {
        if way.message.received() > 1 {
            emit(PAYMENTS_FAILED, OfService, 1);
            let (ride_id, reason) = (row.ride_id, row.reason.as_deref());
            tracing::error!(%ride_id, reason, "payment had failed before this delivery, which may not have been told");
        }
        End::Done
    }

    /// A job of a failed payment that is its dead letter, which somebody has moved into the queue instead of redriving the
    /// payment. It is a letter again, or it would be gone and no redrive of all would find the payment. Nobody is asked: which
    /// redrive this would be, a letter does not say.
    pub(crate) async fn bury_again(&self, row: &Payment, way: &Way<'_>) -> Result<End, Trouble<P::Error, Q::Error>> {
        self.parts.queue.bury(&row.job().to_json()?, &way.context.budget).await.map_err(Trouble::Queue)?;
        let (ride_id, reason) = (row.ride_id, row.reason.as_deref());
        tracing::warn!(
            %ride_id,
            reason,
            message_id = way.message.message_id,
            "a dead letter was moved into the queue, and goes back: redrive it with `cargo lab redrive` or the operations page"
        );
        // Where clocks disagree, it may be the message that the payment failed with.
        Ok(self.failed_before(row, way))
    }

    /// After the last attempt. The dead letter goes first: a payment that is Failed for want of attempts is always there
    /// to be redriven with all the others. When it went is noted in the row, or there would be a letter for each time that
    /// the row could not be failed; and with it what finance said, or a death in between would cost that. A job that is that
    /// letter itself, moved into the queue before anybody said Failed, is a letter again.
    pub(crate) async fn give_up(
        &self,
        claimed: &Payment,
        reason: String,
        answer: Option<String>,
        way: &Way<'_>,
    ) -> Result<End, Trouble<P::Error, Q::Error>> {
        if claimed.buried_at.is_none() || is_letter_of(claimed, way.message.sent()) {
            let budget = &way.context.budget;
            self.parts.queue.bury(&claimed.job().to_json()?, budget).await.map_err(Trouble::Queue)?;
            let (now, reason, answer) = (self.now().into(), Some(reason.clone()), answer.clone());
            let buried = Payment { buried_at: Some(now), status_since: now, reason, answer, ..claimed.clone() };
            // When somebody else has it by now, it cannot be failed either.
            self.parts.payments.swap(claimed, &buried, budget).await.map_err(Trouble::Payments)?;
        }
        self.fail(claimed, reason, answer, way).await
    }

    /// Back to the queue. The row comes first: a message that is there before its row is free would find it taken.
    async fn give_back(
        &self,
        claimed: &Payment,
        reason: String,
        after: Option<Duration>,
        cost: Cost,
        way: &Way<'_>,
    ) -> Result<End, Trouble<P::Error, Q::Error>> {
        let pause = match cost {
            Cost::Attempt => self.rules.pause(claimed.attempts_now(), after, &self.means.up_to),
            // Whoever probed waits as all those do that were put off: else it would be the only one who ever probes.
            Cost::Probe => {
                after.unwrap_or_default().min(LONGEST_PUT_OFF)
                    + (self.means.up_to)(self.rules.spread(way.message.received()))
            }
            Cost::Nothing => (self.means.up_to)(NO_TIME),
        };
        let (ride_id, attempts, pause_s) = (claimed.ride_id, claimed.attempts, pause.as_secs());
        tracing::info!(%ride_id, attempts, pause_s, reason, "payment put off: it is tried again");
        let now = self.now();
        // In whole seconds, as the queue counts them, which rounds up: this message does not come too early for its row.
        let not_before =
            SignedDuration::try_from(Duration::from_secs(pause_s)).ok().and_then(|pause| now.checked_add(pause).ok());
        let waiting = Payment {
            status: Status::Queued,
            status_since: now.into(),
            not_before: not_before.filter(|moment| *moment > now).map(Into::into),
            holder: None,
            held_until: None,
            reason: if cost == Cost::Nothing { claimed.reason.clone() } else { Some(reason) },
            attempts: claimed.attempts - u32::from(cost == Cost::Nothing),
            attempts_before: claimed.attempts_before + u32::from(cost == Cost::Probe),
            ..claimed.clone()
        };
        // When somebody else has it by now, that is as good.
        self.parts.payments.swap(claimed, &waiting, &way.context.budget).await.map_err(Trouble::Payments)?;
        Ok(End::Again(pause))
    }
}
