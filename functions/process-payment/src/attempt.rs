//! One attempt: from the breaker's leave to what finance said, saved. The heart of a message's way.

use crate::breaker::{Admission, Outcome};
use crate::pay::{End, Trouble, Way};
use crate::rules::{Cost, lease};
use crate::verdict::{Verdict, judge};
use crate::{Breakers, Finance, Payments, ProcessPayment, Queue};
use jiff::Timestamp;
use shared::budget::ANSWER_RESERVE;
use shared::http::CallError;
use shared::payments::{Payment, Status};
use shared::telemetry::metrics::{OfService, PAYMENT_ATTEMPTS, PAYMENT_ATTEMPTS_FAILED, PAYMENTS_HELD, Recorder};
use std::time::Duration;

impl<F: Finance, P: Payments, Q: Queue, B: Breakers> ProcessPayment<F, P, Q, B> {
    /// Takes the payment. Nothing when somebody else was faster.
    async fn claim(
        &self,
        row: &Payment,
        attempts: u32,
        way: &Way<'_>,
    ) -> Result<Option<Payment>, Trouble<P::Error, Q::Error>> {
        let now = self.now();
        let claimed = Payment {
            status: Status::Processing,
            status_since: now.into(),
            attempts,
            not_before: None,
            holder: Some(way.holder.clone()),
            held_until: Some(lease(now, way.context.budget.remaining() + ANSWER_RESERVE).into()),
            request_id: Some(way.context.request_id.to_string()),
            ..row.clone()
        };
        let swapped = self.parts.payments.swap(row, &claimed, &way.context.budget).await.map_err(Trouble::Payments)?;
        Ok(swapped.then_some(claimed))
    }

    /// Asks finance and saves what it says.
    pub(crate) async fn attempt(&self, row: &Payment, way: &Way<'_>) -> Result<End, Trouble<P::Error, Q::Error>> {
        let budget = &way.context.budget;
        let url = self.parts.finance.find(budget).await?;
        let now = self.now();
        let admission = self.parts.breaker.admit(now.as_millisecond(), budget).await;
        let held = matches!(admission, Admission::Wait(_));
        Recorder::current().add(PAYMENTS_HELD, OfService, held.into());
        if let Admission::Wait(until) | Admission::Queue(until) = admission {
            return Ok(self.left_alone(row, until, now, way));
        }
        // The way to here may have been slow. What is begun too late is an attempt that is counted and not made.
        if budget.remaining() < self.rules.least() {
            self.settle(admission, Outcome::NotMade, way).await;
            return Ok(self.out_of_time(way));
        }
        let claimed = match self.claim(row, row.attempts + 1, way).await {
            Ok(Some(claimed)) => claimed,
            not_claimed => {
                self.settle(admission, Outcome::NotMade, way).await;
                not_claimed?;
                return Ok(End::Again(self.rules.pause(way.message.received(), None, &self.means.up_to)));
            }
        };
        let limit = self.rules.attempt_timeout.min(budget.remaining().saturating_sub(self.rules.time_to_save));
        let called = self.parts.finance.charge(&url, &claimed, way.context, limit).await;
        let made = !matches!(called, Err(CallError::OutOfTime));
        let verdict = judge(called, row.rider.as_ref(), self.parts.finance.is_ours(), self.now());
        let charged = verdict == Verdict::Charged;
        let cost = match admission {
            _ if !made => Cost::Nothing,
            Admission::Probe => Cost::Probe,
            _ => Cost::Attempt,
        };
        let outcome = match &verdict {
            _ if !made => Outcome::NotMade,
            Verdict::Charged | Verdict::Refused { .. } => Outcome::Alive,
            Verdict::Later { spare, .. } => Outcome::Failing { asked: *spare },
        };
        // What finance said is saved before anything else is done with it.
        let saved = self.save(&claimed, verdict, cost, way).await;
        self.settle(admission, outcome, way).await;
        let recorder = Recorder::current();
        recorder.add(PAYMENT_ATTEMPTS, OfService, made.into());
        // A charge that nobody can write down helps no payment on.
        recorder.add(PAYMENT_ATTEMPTS_FAILED, OfService, (made && (!charged || saved.is_err())).into());
        saved
    }

    async fn settle(&self, admission: Admission, outcome: Outcome, way: &Way<'_>) {
        self.parts.breaker.settle(admission, outcome, self.now().as_millisecond(), &way.context.budget).await;
    }

    /// Finance is left alone, or just back: the message waits for that, and some time more, so that not all come at once.
    fn left_alone(&self, row: &Payment, until: i64, now: Timestamp, way: &Way<'_>) -> End {
        let left = u64::try_from(until - now.as_millisecond()).unwrap_or_default();
        let pause = Duration::from_millis(left) + (self.means.up_to)(self.rules.spread(way.message.received()));
        let (ride_id, pause_s, reason) = (row.ride_id, pause.as_secs(), "finance is spared");
        tracing::info!(%ride_id, pause_s, reason, "payment put off");
        End::Again(pause)
    }

    /// Its last attempt was begun by somebody who died: whether it was charged, nobody knows. A redrive finds out.
    pub(crate) async fn give_up_unknown(
        &self,
        row: &Payment,
        way: &Way<'_>,
    ) -> Result<End, Trouble<P::Error, Q::Error>> {
        let Some(claimed) = self.claim(row, row.attempts, way).await? else {
            return Ok(End::Again(self.rules.pause(way.message.received(), None, &self.means.up_to)));
        };
        // A reason is of an attempt that ended: the row of one that did not still has the one before.
        let is_buried = row.buried_at.is_some();
        let known = row.reason.as_deref().filter(|_| row.status == Status::Queued || is_buried);
        let attempts = claimed.attempts_now();
        let why = match known {
            Some(why) if is_buried => why.to_owned(),
            Some(why) => format!("gave up after {attempts} attempts; {why}"),
            None => format!("gave up after {attempts} attempts; how the last one ended is unknown"),
        };
        // Only beside a letter is there an answer.
        self.give_up(&claimed, why, claimed.answer.clone(), way).await
    }
}
