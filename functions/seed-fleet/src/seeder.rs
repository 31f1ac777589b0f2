use crate::{Action, Answer, BadRequest, FleetTable, Request, Settings, WriteError};
use http::{Method, StatusCode};
use serde_json::Value;
use shared::budget::{Budget, Limits};
use shared::context::RequestContext;
use shared::http::{Call, CallError, Client};
use shared::panic::caught;
use shared::request_id::RequestId;
use shared::telemetry::chain;
use shared::telemetry::trace::{Blame, Outcome, below, step};
use std::time::{Duration, Instant, SystemTime};
use tracing::Instrument;

/// Kept for the answer out of the time that seeding may take.
const TIME_TO_ANSWER: Duration = Duration::from_secs(10);
/// The longest that one attempt at the answer may take.
const ANSWER_ATTEMPT: Duration = Duration::from_secs(5);

/// What is known about an invocation.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Lambda's id of it.
    pub request_id: String,
    /// Its deadline, in milliseconds since the Unix epoch.
    pub deadline_ms: u64,
    /// Its X-Ray trace header, as it came.
    pub trace: Option<String>,
}

/// The handler, over the table and the way back to CloudFormation.
#[derive(Debug)]
pub struct Seeder<T> {
    settings: Settings,
    table: T,
    client: Client,
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
        Self { settings, table, client }
    }

    /// Does what the event asks for and says how it went, also when it went wrong or panicked.
    ///
    /// # Errors
    /// CloudFormation could not be told.
    pub async fn handle(&self, event: Value, caller: Caller) -> Result<(), AnswerError> {
        let span = tracing::error_span!(
            "invocation",
            function_request_id = caller.request_id.as_str(),
            request_id = caller.request_id.as_str()
        );
        let mut subsegment = self.settings.tracer.begin(caller.trace.as_deref(), "handler");
        if let Some(subsegment) = &mut subsegment {
            subsegment.annotate("request_id", caller.request_id.as_str());
            subsegment.annotate("service", crate::SERVICE);
            subsegment.announce();
        }
        let handle = async {
            let told = below(subsegment.as_ref(), self.seed_and_tell(&event, &caller)).await.inspect_err(|error| {
                tracing::error!(error = error as &dyn std::error::Error, "custom resource not answered");
            });
            if let Some(subsegment) = subsegment {
                subsegment.end(&told.as_ref().err().map_or_else(Outcome::fine, Blame::blame));
            }
            told
        };
        handle.instrument(span).await
    }

    async fn seed_and_tell(&self, event: &Value, caller: &Caller) -> Result<(), AnswerError> {
        let started = Instant::now();
        let request = Request::parse(event)?;
        let context = self.context(caller);
        let remaining = context.budget.remaining();
        let seeding = Budget::lasting(remaining.saturating_sub(TIME_TO_ANSWER.min(remaining / 2)));
        let outcome = self.outcome(&request, &seeding).await;
        let answer = Answer::new(&request, &self.settings.table, outcome);
        self.tell(&request, &answer, &context).await?;
        let duration_ms = started.elapsed().as_micros() as f64 / 1_000.0;
        match answer.reason.as_str() {
            "" => tracing::info!(duration_ms, "custom resource answered"),
            error => tracing::error!(duration_ms, error, "custom resource failed"),
        }
        Ok(())
    }

    fn context(&self, caller: &Caller) -> RequestContext {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(since_epoch.as_millis()).unwrap_or_default();
        let timeout = self.settings.timeout;
        let limits = Limits { now_ms, deadline_ms: caller.deadline_ms, timeout, caller_waits: None };
        RequestContext {
            request_id: RequestId::parse(&caller.request_id).unwrap_or_else(|| RequestId::of(&Default::default())),
            budget: Budget::start_at(Instant::now(), &limits),
            trace: None,
            traceparent: None,
        }
    }

    /// How it went; a failure as text for CloudFormation's console.
    async fn outcome(&self, request: &Request, budget: &Budget) -> Result<(), String> {
        let action = request.action.as_ref().map_err(ToString::to_string)?;
        // Boxed: the layers of the SDK and of the runtime in one future type are more than the compiler wants to nest.
        match caught(Box::pin(step("seed_fleet", self.act(action, budget)))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(chain(&error)),
            Err(panicked) => {
                tracing::error!(error = &panicked as &dyn std::error::Error, "seeding panicked");
                Err("a bug in seed-fleet; its log says more".into())
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
        let status = self.client.send(&call, context).await?.status;
        if status.is_success() { Ok(()) } else { Err(AnswerError::Refused(status)) }
    }
}
