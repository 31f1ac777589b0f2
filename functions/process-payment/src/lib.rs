//! Charges rides: takes their payments from the queue to the finance service, each in effect once.
//!
//! Messages come at least once, in any order, and whoever works at one may die at any moment. What makes that safe is in
//! `docs/payments.md`, with every step and what a death there leaves behind.

mod attempt;
mod batch;
mod breaker;
mod excerpt;
mod finance;
mod means;
mod pay;
mod queue;
mod rules;
mod save;
mod settings;
mod table;
mod verdict;

pub use batch::{Failures, Message, NotABatch, messages};
pub use breaker::{
    Admission, Breaker, BreakerError, BreakerTable, Breakers, Guard, Millis, Outcome as CallOutcome,
    Rules as BreakerRules,
};
pub use finance::{Finance, FinanceService};
pub use means::Means;
pub use pay::Trouble;
pub use queue::{PaymentsQueue, Queue, QueueError};
pub use rules::Rules;
pub use settings::Settings;
pub use table::{Payments, PaymentsTable, TableError};
pub use verdict::{Verdict, judge};

use futures_util::{StreamExt, stream};
use serde_json::Value;
use shared::context::RequestContext;
use shared::events::{Caller, Events};
use shared::faults::{Faults, InjectedException, around_event};
use shared::telemetry::trace::{Blame, Outcome};
use std::error::Error;
use std::time::Instant;

/// The name of this service.
pub const SERVICE: &str = "process-payment";

/// What it works with.
#[derive(Debug)]
pub struct Parts<F, P, Q, B> {
    /// Who charges.
    pub finance: F,
    /// Where payments are kept.
    pub payments: P,
    /// Where jobs come from.
    pub queue: Q,
    /// When finance is left alone.
    pub breaker: Guard<B>,
}

/// The handler, over what it works with.
#[derive(Debug)]
pub struct ProcessPayment<F, P, Q, B> {
    events: Events,
    rules: Rules,
    parts: Parts<F, P, Q, B>,
    faults: Option<Faults>,
    means: Means,
}

/// The batch failed as a whole: all of its messages come again.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It is none.
    #[error(transparent)]
    NotABatch(#[from] NotABatch),
    /// A fault on purpose.
    #[error(transparent)]
    Injected(#[from] InjectedException),
}

impl<F: Finance, P: Payments, Q: Queue, B: Breakers> ProcessPayment<F, P, Q, B> {
    /// A handler by these rules.
    pub fn new(
        settings: shared::settings::Settings,
        rules: Rules,
        parts: Parts<F, P, Q, B>,
        faults: Option<Faults>,
    ) -> Self {
        Self { events: Events::new(settings), rules, parts, faults, means: Means::default() }
    }

    /// With another clock and other dice.
    #[must_use]
    pub fn with_means(self, means: Means) -> Self {
        Self { means, ..self }
    }

    /// Processes a batch and says which of its messages are to come again.
    ///
    /// # Errors
    /// The event is no batch, or a fault was asked for.
    pub async fn handle(&self, event: &Value, caller: &Caller) -> Result<Failures, Failed> {
        let invocation = self.events.begin(caller);
        let context = invocation.context().clone();
        let judge = |done: &Result<_, Failed>| done.as_ref().err().map_or_else(Outcome::fine, Blame::blame);
        let work = async {
            let started = Instant::now();
            let work = self.batch(event, &context);
            let done = match around_event(self.faults.as_ref(), event, &context, work).await {
                Ok(done) => done.map_err(Failed::from),
                Err(injected) => Err(injected.into()),
            };
            let duration_ms = started.elapsed().as_micros() as f64 / 1_000.0;
            match &done {
                Ok(failures) => tracing::info!(duration_ms, again = failures.ids().count(), "batch completed"),
                Err(error) => tracing::error!(duration_ms, error = error as &dyn Error, "batch failed"),
            }
            done
        };
        invocation.run(work, judge).await
    }

    async fn batch(&self, event: &Value, context: &RequestContext) -> Result<Failures, NotABatch> {
        let messages = messages(event)?;
        let work = messages.iter().map(|message| async move {
            // Boxed: the futures of the SDK are large, and there are several side by side.
            let done = Box::pin(self.process(message, context)).await;
            (!done).then(|| message.message_id.clone())
        });
        let ended: Vec<Option<String>> = stream::iter(work).buffer_unordered(self.rules.side_by_side).collect().await;
        Ok(Failures::of(ended.into_iter().flatten()))
    }
}
