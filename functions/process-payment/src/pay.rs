//! The way of one message: what is done, step by step. `docs/payments.md` lists what a death at each leaves behind.

use crate::batch::Message;
use crate::rules::Next;
use crate::{Breakers, Finance, Payments, ProcessPayment, Queue};
use jiff::Timestamp;
use shared::context::RequestContext;
use shared::panic::caught;
use shared::params::Unknown;
use shared::payments::{Change, Changed, Job, Payment};
use shared::telemetry::metrics::{OfService, PAYMENTS_PLACED, Recorder};
use shared::telemetry::trace::{Blame, Outcome, judged_step};
use std::error::Error;
use std::time::Duration;

/// How often the row is looked at before somebody else's haste is enough.
const LOOKS: u32 = 4;

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The queue may forget it.
    Done,
    /// It comes again, after this time.
    Again(Duration),
}

/// Why a message could not be worked at. It comes again.
#[derive(Debug, thiserror::Error)]
pub enum Trouble<P: Error + 'static, Q: Error + 'static> {
    /// The tables of payments.
    #[error("the payments table failed")]
    Payments(#[source] P),
    /// The dead letters.
    #[error("the dead letters failed")]
    Queue(#[source] Q),
    /// Nobody knows where finance is.
    #[error("finance cannot be found")]
    Unknown(#[from] Unknown),
    /// A job cannot be written as JSON.
    #[error("the job cannot be serialised")]
    Unwritable(#[from] serde_json::Error),
    /// Others change the row all the time.
    #[error("the payment changes faster than it can be looked at")]
    Restless,
}

/// What one message knows about itself on its way.
#[derive(Debug)]
pub(crate) struct Way<'a> {
    pub(crate) message: &'a Message,
    pub(crate) context: &'a RequestContext,
    pub(crate) holder: String,
}

impl<F: Finance, P: Payments, Q: Queue, B: Breakers> ProcessPayment<F, P, Q, B> {
    /// Works at a message. `true` says that the queue may forget it. Whatever happens is logged here, once.
    pub(crate) async fn process(&self, message: &Message, context: &RequestContext) -> bool {
        let holder = format!("{}/{}", context.request_id, message.message_id);
        let way = Way { message, context, holder };
        if context.budget.remaining() < self.rules.needed() {
            // Untouched: nobody was asked, nothing is counted, and another invocation may begin at once.
            tracing::info!(message_id = message.message_id, "no time left for a message, put off");
            self.put_off(&way, (self.means.up_to)(Duration::from_secs(2))).await;
            return false;
        }
        let paid = caught(Box::pin(judged_step("payment", self.pay(&way), |paid| {
            paid.as_ref().err().map_or_else(Outcome::fine, Blame::blame)
        })));
        let pause = match paid.await {
            Ok(Ok(End::Done)) => return true,
            Ok(Ok(End::Again(pause))) => pause,
            Ok(Err(trouble)) => {
                let error = &trouble as &dyn Error;
                tracing::warn!(error, message_id = message.message_id, "payment put off");
                self.rules.pause(message.received(), None, &self.means.up_to)
            }
            Err(panicked) => {
                let error = &panicked as &dyn Error;
                tracing::error!(error, message_id = message.message_id, "processing a payment panicked");
                self.rules.pause(message.received(), None, &self.means.up_to)
            }
        };
        self.put_off(&way, pause).await;
        false
    }

    async fn put_off(&self, way: &Way<'_>, pause: Duration) {
        if let Err(error) = self.parts.queue.put_off(way.message, pause, &way.context.budget).await {
            // It comes again when its visibility ends, which is later than it could.
            let error = &error as &dyn Error;
            tracing::warn!(error, message_id = way.message.message_id, "a message comes again later than it should");
        }
    }

    async fn pay(&self, way: &Way<'_>) -> Result<End, Trouble<P::Error, Q::Error>> {
        let job = match Job::parse(&way.message.body) {
            Ok(job) => job,
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(
                    error,
                    message_id = way.message.message_id,
                    "a message is no job: it goes to the dead letters"
                );
                self.parts.queue.bury(&way.message.body, &way.context.budget).await.map_err(Trouble::Queue)?;
                return Ok(End::Done);
            }
        };
        let mut row = self.read(&job, way).await?;
        for _ in 0..LOOKS {
            let now = self.now();
            match (self.rules.next(row.as_ref(), &job, now), &row) {
                (Next::Nothing, _) => return Ok(End::Done),
                (Next::Wait(end), _) => return Ok(self.wait_for(&job, end, now)),
                (Next::Place, _) => row = self.place(&job, now, way).await?,
                (Next::Redrive, Some(failed)) => row = self.redrive(failed, &job, now, way).await?,
                (Next::Attempt, Some(row)) => return self.attempt(row, way).await,
                (Next::GiveUp, Some(row)) => return self.give_up_unknown(row, way).await,
                (Next::Redrive | Next::Attempt | Next::GiveUp, None) => break, // each of them is about a row
            }
        }
        Err(Trouble::Restless)
    }

    async fn read(&self, job: &Job, way: &Way<'_>) -> Result<Option<Payment>, Trouble<P::Error, Q::Error>> {
        self.parts.payments.read(job.ride_id, &way.context.budget).await.map_err(Trouble::Payments)
    }

    /// Somebody else has it: until they are done, or dead.
    fn wait_for(&self, job: &Job, end: Timestamp, now: Timestamp) -> End {
        let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
        let pause = left + (self.means.up_to)(Duration::from_secs(1));
        tracing::info!(ride_id = %job.ride_id, pause_s = pause.as_secs(), "payment put off: somebody is at it");
        End::Again(pause)
    }

    /// A job without a row, as of somebody who has put it into the queue by hand: the row is made as it would have been.
    async fn place(
        &self,
        job: &Job,
        now: Timestamp,
        way: &Way<'_>,
    ) -> Result<Option<Payment>, Trouble<P::Error, Q::Error>> {
        let payment = Payment::placed(job, now);
        match self.apply(&Change::Place(Box::new(payment.clone())), way).await? {
            Changed::Done => {
                Recorder::current().add(PAYMENTS_PLACED, OfService, 1);
                Ok(Some(payment))
            }
            Changed::Refused(there) => Ok(there.map(|there| *there)),
        }
    }

    async fn redrive(
        &self,
        failed: &Payment,
        job: &Job,
        now: Timestamp,
        way: &Way<'_>,
    ) -> Result<Option<Payment>, Trouble<P::Error, Q::Error>> {
        if let Some(change) = Change::redrive(failed, now) {
            self.apply(&change, way).await?;
        }
        // Made by this one or by another: the row says what is next.
        self.read(job, way).await
    }

    pub(crate) async fn apply(&self, change: &Change, way: &Way<'_>) -> Result<Changed, Trouble<P::Error, Q::Error>> {
        self.parts.payments.apply(change, &way.context.budget).await.map_err(Trouble::Payments)
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.means.now)()
    }
}
