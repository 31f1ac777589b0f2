use crate::{Action, Answer, BadRequest, FleetTable, Request, Settings, WriteError};
use http::{Method, StatusCode};
use serde_json::Value;
use shared::budget::{Budget, Limits};
use shared::context::{RequestContext, trace_header};
use shared::http::{Call, CallError, Client};
use shared::panic::caught;
use shared::request_id::RequestId;
use shared::telemetry::chain;
use shared::telemetry::metrics::{DEPLOYMENTS, OfService, emit};
use shared::telemetry::trace::{Blame, Outcome, below, step};
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tracing::Instrument;

/// Kept for the answer out of the time that seeding may take.
const TIME_TO_ANSWER: Duration = Duration::from_secs(10);
/// The longest that one attempt at the answer may take.
const ANSWER_ATTEMPT: Duration = Duration::from_secs(5);

/// What is known about an invocation.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Lambda's id of it.
    pub request_id: String,
    /// Its deadline, in milliseconds since the Unix epoch.
    pub deadline_ms: u64,
    /// The X-Ray trace header of it.
    pub xray_trace_id: Option<String>,
}

/// The handler, over the table and the way back to CloudFormation.
#[derive(Debug)]
pub struct Seeder<T> {
    settings: Settings,
    table: T,
    client: Client,
    cold: AtomicBool,
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
        Self { settings, table, client, cold: AtomicBool::new(true) }
    }

    /// Does what the event asks for and says how it went, also when it went wrong or panicked.
    ///
    /// # Errors
    /// CloudFormation could not be told.
    pub async fn handle(&self, event: Value, caller: Caller) -> Result<(), AnswerError> {
        let context = self.context(&caller);
        let span = tracing::error_span!(
            "invocation",
            function_request_id = caller.request_id.as_str(),
            request_id = context.request_id.as_str(),
            xray_trace_id = context.trace_id(),
            cold_start = self.cold.swap(false, Ordering::Relaxed),
        );
        let mut subsegment = self.settings.tracer.begin(context.trace.as_deref(), "handler");
        if let Some(subsegment) = &mut subsegment {
            subsegment.annotate("request_id", context.request_id.as_str());
            subsegment.annotate("service", crate::SERVICE);
            subsegment.announce();
        }
        let handle = async {
            let told = below(subsegment.as_ref(), self.seed_and_tell(&event, &context)).await;
            if let Some(subsegment) = subsegment {
                subsegment.end(&told.as_ref().err().map_or_else(Outcome::fine, Blame::blame));
            }
            told
        };
        handle.instrument(span).await
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
        self.tell(&request, &Answer::new(&request, &self.settings.table, outcome), context).await
    }

    fn context(&self, caller: &Caller) -> RequestContext {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(since_epoch.as_millis()).unwrap_or_default();
        let timeout = self.settings.timeout;
        let limits = Limits { now_ms, deadline_ms: caller.deadline_ms, timeout, caller_waits: None };
        RequestContext {
            request_id: RequestId::parse(&caller.request_id).unwrap_or_else(|| RequestId::of(&Default::default())),
            budget: Budget::start_at(Instant::now(), &limits),
            trace: caller.xray_trace_id.as_deref().and_then(trace_header),
            traceparent: None,
        }
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
            json: false, // the URL is signed for a request without a content type
            attempt_timeout: ANSWER_ATTEMPT,
        };
        // CloudFormation is outside of the system: it would send no segment, and a trace of ours is none of its business.
        let outside = RequestContext { trace: None, ..context.clone() };
        let status = self.client.send(&call, &outside).await?.status;
        if status.is_success() { Ok(()) } else { Err(AnswerError::Refused(status)) }
    }
}
