//! Gives each stored ride its payment: a row, counted, and a job for the queue.
//!
//! It is the enrichment of a pipe, between the stream of the rides table and the queue: it gets a batch of the stream's
//! records and answers with the jobs that go on. The pipe sends a batch again until it is answered, so each step here may
//! be repeated: a row is created once and a job may come twice.

mod record;
mod settings;
mod table;

pub use record::{NotARide, job};
pub use settings::Settings;
pub use table::PaymentsTable;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::Value;
use shared::budget::Budget;
use shared::events::{Caller, Events};
use shared::faults::{Faults, InjectedException, around_event};
use shared::panic::{Panicked, caught};
use shared::payments::{Job, Payment, counts};
use shared::ride::RideId;
use shared::telemetry::metrics::{OfService, PAYMENTS_PLACED, Recorder, UNREADABLE_EVENTS};
use shared::telemetry::trace::{Blame, Outcome};
use std::error::Error;
use std::future::Future;
use std::time::Instant;

/// The name of this service.
pub const SERVICE: &str = "place-payment";

/// Where payments are kept.
pub trait Payments: Send + Sync + 'static {
    /// Why it is not known that a payment has its row.
    type Error: Error + Send + Sync + 'static;

    /// Creates the row of a payment, counted. `false` says that there is one of this ride already.
    fn place(&self, payment: Payment, budget: &Budget) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// The batch was not answered: the pipe sends it again.
#[derive(Debug, thiserror::Error)]
pub enum Failed<E: Error + 'static> {
    /// The event is not a list.
    #[error("the event is no list of records")]
    NotAList,
    /// A payment could not be placed.
    #[error("a payment could not be placed")]
    NotPlaced(#[source] E),
    /// A bug.
    #[error("place-payment panicked")]
    Panicked(#[source] Panicked),
    /// A fault on purpose.
    #[error(transparent)]
    Injected(#[from] InjectedException),
}

/// The handler, over the one operation that it needs.
#[derive(Debug)]
pub struct PlacePayment<P> {
    events: Events,
    payments: P,
    faults: Option<Faults>,
}

impl<P: Payments> PlacePayment<P> {
    /// A handler that places payments here.
    pub fn new(settings: shared::settings::Settings, payments: P, faults: Option<Faults>) -> Self {
        Self { events: Events::new(settings), payments, faults }
    }

    /// Places the payments of a batch of stream records and answers their jobs, in the order of the records.
    ///
    /// # Errors
    /// Not every ride in the batch is known to have its payment. Those that have keep it.
    pub async fn handle(&self, event: &Value, caller: &Caller) -> Result<Vec<Job>, Failed<P::Error>> {
        let invocation = self.events.begin(caller);
        let context = invocation.context().clone();
        let judge = |placed: &Result<_, Failed<_>>| placed.as_ref().err().map_or_else(Outcome::fine, Blame::blame);
        let work = async {
            let started = Instant::now();
            let work = caught(Box::pin(self.place(event, &context.budget)));
            let placed = match around_event(self.faults.as_ref(), event, &context, work).await {
                Ok(Ok(placed)) => placed,
                Ok(Err(panicked)) => Err(Failed::Panicked(panicked)),
                Err(injected) => Err(injected.into()),
            };
            let duration_ms = started.elapsed().as_micros() as f64 / 1_000.0;
            match &placed {
                Ok(jobs) => tracing::info!(duration_ms, jobs = jobs.len(), "payments placed"),
                Err(error) => tracing::error!(duration_ms, error = error as &dyn Error, "payments not placed"),
            }
            placed
        };
        invocation.run(work, judge).await
    }

    async fn place(&self, event: &Value, budget: &Budget) -> Result<Vec<Job>, Failed<P::Error>> {
        let records = event.as_array().ok_or(Failed::NotAList)?;
        let mut jobs = Vec::with_capacity(records.len());
        for record in records {
            match job(record) {
                Ok(job) => jobs.push(job),
                // One that is left out may be a ride that nobody pays for; one that is not would hold up all that come
                // after it, for as long as the stream keeps it.
                Err(error) => {
                    let event_id = record["eventID"].as_str().filter(|id| id.len() <= 64 && id.is_ascii());
                    // Which ride, if only the rest of the record is wrong: an id says nothing of a rider.
                    let ride_id = record["dynamodb"]["Keys"]["RideId"]["S"].as_str();
                    let ride_id = ride_id.and_then(|id| RideId::try_from(id.to_owned()).ok()).map(|id| id.to_string());
                    let error = &error as &dyn Error;
                    tracing::error!(error, event_id, ride_id, "a record of the rides' stream was left out");
                    Recorder::current().add(UNREADABLE_EVENTS, OfService, 1);
                }
            }
        }
        self.place_all(&jobs, budget).await?;
        Ok(jobs)
    }

    /// Side by side, but one after the other where two would count at the same item: they would cancel each other.
    async fn place_all(&self, jobs: &[Job], budget: &Budget) -> Result<(), Failed<P::Error>> {
        let of = |shard: u8| jobs.iter().filter(move |job| counts::shard(job.ride_id) == shard);
        let lane = |shard: u8| async move {
            for job in of(shard) {
                let payment = Payment::placed(job, Timestamp::now());
                let created = self.payments.place(payment, budget).await.map_err(Failed::NotPlaced)?;
                Recorder::current().add(PAYMENTS_PLACED, OfService, created.into());
            }
            Ok(())
        };
        // All lanes to their end, also when one fails: what is placed now need not be placed by the next try.
        join_all((0..counts::SHARDS).map(lane)).await.into_iter().collect()
    }
}
