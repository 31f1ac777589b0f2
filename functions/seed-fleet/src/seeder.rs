use crate::{Action, Answer, BadRequest, FleetTable, Request, Settings, WriteError};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::events::{Caller, Events};
use shared::http::{Call, CallError, Client};
use shared::panic::caught;
use shared::telemetry::chain;
use shared::telemetry::metrics::{DEPLOYMENTS, OfService, emit};
use shared::telemetry::trace::{Blame, Outcome, step};
use std::error::Error;
use std::time::{Duration, Instant};

/// Kept for the answer out of the time that seeding may take.
const TIME_TO_ANSWER: Duration = Duration::from_secs(10);
/// The longest that one attempt at the answer may take.
const ANSWER_ATTEMPT: Duration = Duration::from_secs(5);

/// The handler, over the table and the way back to CloudFormation.
#[derive(Debug)]
pub struct Seeder<T> {
    events: Events,
    /// The name of the table.
    name: String,
    table: T,
    client: Client,
}

/// Why the fleet is not as it should be.
struct Failure {
    /// What CloudFormation's console shows.
    told: String,
    /// What the log says.
    logged: String,
}

/// CloudFormation could not be told. Lambda then tries the whole event again, which does no harm.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// There is nowhere to answer to.
    #[error("the event cannot be answered")]
    NowhereToAnswer(#[from] BadRequest),
    /// The answer did not arrive.
    #[error("CloudFormation could not be told")]
    NotTold(#[from] CallError),
    /// The answer was refused.
    #[error("the answer was refused with {0}")]
    Refused(StatusCode),
    /// The answer cannot be written as JSON.
    #[error("the answer cannot be serialised")]
    Unwritable(#[from] serde_json::Error),
}

impl<T: FleetTable> Seeder<T> {
    /// A handler that keeps the fleet in this table.
    pub fn new(settings: Settings, table: T, client: Client) -> Self {
        let Settings { common, table: name, .. } = settings;
        Self { events: Events::new(common), name, table, client }
    }

    /// Does what the event asks for and says how it went, also when it went wrong or panicked.
    ///
    /// # Errors
    /// CloudFormation could not be told.
    pub async fn handle(&self, event: Value, caller: Caller) -> Result<(), AnswerError> {
        let invocation = self.events.begin(&caller);
        let context = invocation.context().clone();
        let judge = |told: &Result<_, AnswerError>| told.as_ref().err().map_or_else(Outcome::fine, Blame::blame);
        invocation.run(self.seed_and_tell(&event, &context), judge).await
    }

    async fn seed_and_tell(&self, event: &Value, context: &RequestContext) -> Result<(), AnswerError> {
        let started = Instant::now();
        let mut failure = None;
        let told = self.seed_then_tell(event, context, &mut failure).await;
        let duration_ms = started.elapsed().as_micros() as f64 / 1_000.0;
        let seeding = failure.as_ref().map(|failure: &Failure| failure.logged.as_str());
        match (&told, seeding) {
            (Err(error), seeding) => {
                let error = error as &dyn Error;
                tracing::error!(duration_ms, error, seeding, "custom resource not answered");
            }
            (Ok(()), Some(error)) => tracing::error!(duration_ms, error, "custom resource failed"),
            (Ok(()), None) => tracing::info!(duration_ms, "custom resource answered"),
        }
        told
    }

    async fn seed_then_tell(
        &self,
        event: &Value,
        context: &RequestContext,
        failure: &mut Option<Failure>,
    ) -> Result<(), AnswerError> {
        let request = Request::parse(event)?;
        if request.is_update {
            // At once: what this silences may be about to fire.
            emit(DEPLOYMENTS, OfService, 1);
        }
        let remaining = context.budget.remaining();
        let seeding = Budget::lasting(remaining.saturating_sub(TIME_TO_ANSWER.min(remaining / 2)));
        *failure = self.outcome(&request, &seeding).await.err();
        let outcome = failure.as_ref().map_or(Ok(()), |failure| Err(failure.told.clone()));
        self.tell(&request, &Answer::new(&request, &self.name, outcome), context).await
    }

    async fn outcome(&self, request: &Request, budget: &Budget) -> Result<(), Failure> {
        let same = |text: String| Failure { told: text.clone(), logged: text };
        let action = request.action.as_ref().map_err(|error| same(error.to_string()))?;
        // Boxed: the layers of the SDK and of the runtime in one future type are more than the compiler wants to nest.
        match caught(Box::pin(step("seed_fleet", self.act(action, budget)))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(same(chain(&error))),
            Err(panicked) => {
                let told = "a bug in seed-fleet; its log says more".into();
                Err(Failure { told, logged: chain(&panicked) })
            }
        }
    }

    async fn act(&self, action: &Action, budget: &Budget) -> Result<(), WriteError> {
        let Action::Seed { put, remove } = action else { return Ok(()) };
        for unicorn in put {
            self.table.put(unicorn, budget).await?;
        }
        for name in remove {
            self.table.remove(name, budget).await?;
        }
        Ok(())
    }

    async fn tell(&self, request: &Request, answer: &Answer<'_>, context: &RequestContext) -> Result<(), AnswerError> {
        let call = Call {
            dependency: "cloudformation",
            method: Method::PUT,
            url: &request.response_url,
            body: serde_json::to_vec(answer)?,
            headers: HeaderMap::new(),
            json: false, // the URL is signed for a request without a content type
            attempt_timeout: ANSWER_ATTEMPT,
        };
        // CloudFormation is outside of the system: it would send no segment, and a trace of ours is none of its business.
        let outside = RequestContext { trace: None, ..context.clone() };
        let status = self.client.send(&call, &outside).await?.status;
        if status.is_success() { Ok(()) } else { Err(AnswerError::Refused(status)) }
    }
}
