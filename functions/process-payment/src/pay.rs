//! The way of one message: what is done, step by step. `docs/payments.md` lists what a death at each leaves behind.

use crate::batch::Message;
use crate::rules::{NO_TIME, Next};
use crate::{Breakers, Finance, Payments, ProcessPayment, Queue};
use jiff::Timestamp;
use shared::context::RequestContext;
use shared::panic::caught;
use shared::params::Unknown;
use shared::payments::{Change, Changed, Job, NotAJob, Payment};
use shared::ride::RideId;
use shared::telemetry::metrics::{OfService, PAYMENTS_HELD, PAYMENTS_PLACED, Recorder};
use shared::telemetry::trace::{Blame, Outcome, judged_step};
use std::error::Error;
use std::time::Duration;
use tracing::field::{DisplayValue, display};

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
    /// The ride, unless the message is no job.
    ride: Option<RideId>,
}

impl Way<'_> {
    /// The ride, for a line of the log.
    fn ride_id(&self) -> Option<DisplayValue<RideId>> {
        self.ride.map(display)
    }
}

impl<F: Finance, P: Payments, Q: Queue, B: Breakers> ProcessPayment<F, P, Q, B> {
    /// Works at a message. `true` says that the queue may forget it. Whatever happens is logged here, once.
    pub(crate) async fn process(&self, message: &Message, context: &RequestContext) -> bool {
        let holder = format!("{}/{}", context.request_id, message.message_id);
        let job = Job::parse(&message.body);
        let way = Way { message, context, holder, ride: job.as_ref().ok().map(|job| job.ride_id) };
        if context.budget.remaining() < self.rules.needed() {
            let End::Again(pause) = self.out_of_time(&way) else { return false };
            self.put_off(&way, pause).await;
            return false;
        }
        let paid = caught(Box::pin(judged_step("payment", self.pay(job, &way), |paid| {
            paid.as_ref().err().map_or_else(Outcome::fine, Blame::blame)
        })));
        let pause = match paid.await {
            Ok(Ok(End::Done)) => return true,
            Ok(Ok(End::Again(pause))) => pause,
            Ok(Err(trouble)) => {
                let (ride_id, reason) = (way.ride_id(), trouble.to_string());
                let (error, message_id) = (&trouble as &dyn Error, &message.message_id);
                tracing::warn!(ride_id, reason, error, message_id, "payment put off");
                self.held(message)
            }
            Err(panicked) => {
                let (ride_id, reason) = (way.ride_id(), "processing it panicked");
                let (error, message_id) = (&panicked as &dyn Error, &message.message_id);
                tracing::error!(ride_id, reason, error, message_id, "payment put off");
                self.held(message)
            }
        };
        self.put_off(&way, pause).await;
        false
    }

    /// Nobody was asked, or what was said is lost. When it is so with every message, somebody must be told.
    fn held(&self, message: &Message) -> Duration {
        Recorder::current().add(PAYMENTS_HELD, OfService, 1);
        self.rules.pause(message.received(), None, &self.means.up_to)
    }

    async fn put_off(&self, way: &Way<'_>, pause: Duration) {
        if let Err(error) = self.parts.queue.put_off(way.message, pause, &way.context.budget).await {
            // It comes again when its visibility ends, which is later than it could.
            let (ride_id, error, message_id) = (way.ride_id(), &error as &dyn Error, &way.message.message_id);
            tracing::warn!(ride_id, error, message_id, "a message comes again later than it should");
        }
    }

    /// Untouched: nobody was asked, nothing is counted, and another invocation may begin at once.
    pub(crate) fn out_of_time(&self, way: &Way<'_>) -> End {
        let (ride_id, reason, message_id) = (way.ride_id(), "no time is left", &way.message.message_id);
        tracing::info!(ride_id, reason, message_id, "payment put off");
        End::Again((self.means.up_to)(NO_TIME))
    }

    /// What nobody can work at would come back a thousand times: it goes to the dead letters, where somebody looks.
    async fn pay(&self, job: Result<Job, NotAJob>, way: &Way<'_>) -> Result<End, Trouble<P::Error, Q::Error>> {
        let message_id = &way.message.message_id;
        match job {
            Ok(job) => match self.work_at(&job, way).await {
                Err(Trouble::Payments(error)) if P::is_unreadable(&error) => {
                    let error = &error as &dyn Error;
                    tracing::error!(
                        ride_id = way.ride_id(),
                        error,
                        message_id,
                        "nobody can read a row: its job goes to the dead letters"
                    );
                }
                worked => return worked,
            },
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(error, message_id, "a message is no job: it goes to the dead letters");
            }
        }
        self.parts.queue.bury(&way.message.body, &way.context.budget).await.map_err(Trouble::Queue)?;
        Ok(End::Done)
    }

    async fn work_at(&self, job: &Job, way: &Way<'_>) -> Result<End, Trouble<P::Error, Q::Error>> {
        let mut row = self.read(job, way).await?;
        for _ in 0..LOOKS {
            let now = self.now();
            match (self.rules.next(row.as_ref(), job, way.message.sent(), now), &row) {
                (Next::Nothing, _) => return Ok(End::Done),
                (Next::Wait(end), _) => return Ok(self.wait_for(job, end, now, "somebody is at it")),
                (Next::Early(moment), _) => return Ok(self.wait_for(job, moment, now, "its time has not come")),
                (Next::Place, _) => row = self.place(job, now, way).await?,
                (Next::Redrive, Some(failed)) => row = self.redrive(failed, job, now, way).await?,
                (Next::Attempt, Some(row)) => return self.attempt(row, way).await,
                (Next::GiveUp, Some(row)) => return self.give_up_unknown(row, way).await,
                (Next::Failed, Some(row)) => return Ok(self.failed_before(row, way)),
                (Next::BuryAgain, Some(row)) => return self.bury_again(row, way).await,
                // Each of them is about a row.
                (Next::Redrive | Next::Attempt | Next::GiveUp | Next::Failed | Next::BuryAgain, None) => break,
            }
        }
        Err(Trouble::Restless)
    }

    async fn read(&self, job: &Job, way: &Way<'_>) -> Result<Option<Payment>, Trouble<P::Error, Q::Error>> {
        self.parts.payments.read(job.ride_id, &way.context.budget).await.map_err(Trouble::Payments)
    }

    /// Until somebody else is done with it, or dead; or until it is to be tried again.
    fn wait_for(&self, job: &Job, end: Timestamp, now: Timestamp, reason: &str) -> End {
        let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
        let pause = left + (self.means.up_to)(Duration::from_secs(1));
        tracing::info!(ride_id = %job.ride_id, pause_s = pause.as_secs(), reason, "payment put off");
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
