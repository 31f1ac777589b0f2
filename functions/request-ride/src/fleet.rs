use crate::Services;
use http::{HeaderMap, Method, StatusCode};
use shared::context::RequestContext;
use shared::http::{Call, CallError};
use shared::params::{Store, Unknown};
use shared::problem::{Failure, FieldError, Problem};
use shared::ride::Unicorn;
use std::future::Future;

/// Asks for a unicorn.
pub trait Fleet: Send + Sync {
    /// A unicorn of the fleet.
    fn unicorn(&self, context: &RequestContext) -> impl Future<Output = Result<Unicorn, FleetError>> + Send;
}

/// Why there is no unicorn.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// Nobody knows where the fleet service is.
    #[error("the fleet service cannot be found")]
    Unknown(#[from] Unknown),
    /// It gave no answer.
    #[error("the fleet service gave no answer")]
    NoAnswer(#[from] CallError),
    /// The gateway did not let this function through. It is ours to repair, yet a role takes some seconds to come into
    /// force: trying again later may help, trying again at once does not.
    #[error("the fleet service did not let this function in: its role, its signature or its clock is wrong ({0})")]
    Forbidden(String),
    /// It answered with something else than 200.
    #[error("the fleet service answered {0}")]
    Status(StatusCode),
    /// It answered 200 with something that is not JSON.
    #[error("the fleet service answered without JSON")]
    NotJson,
    /// It answered with JSON that is no unicorn. Upstream passed this on to the rider.
    #[error("the fleet service answered with something that is no unicorn{}", first(.0))]
    NotAUnicorn(Vec<FieldError>),
}

fn first(errors: &[FieldError]) -> String {
    errors.first().map(|error| format!(" ({} {})", error.pointer, error.detail)).unwrap_or_default()
}

impl From<FleetError> for Failure {
    fn from(error: FleetError) -> Self {
        let detail = match &error {
            FleetError::NoAnswer(CallError::OutOfTime) => "There was not enough time left to find a unicorn.",
            FleetError::Unknown(_)
            | FleetError::NoAnswer(_)
            | FleetError::Forbidden(_)
            | FleetError::Status(_)
            | FleetError::NotJson
            | FleetError::NotAUnicorn(_) => "No unicorn is available right now.",
        };
        Self::caused_by(Problem::Unavailable { detail, retry_after_s: 1 }, error)
    }
}

impl<S: Store> Fleet for Services<S> {
    async fn unicorn(&self, context: &RequestContext) -> Result<Unicorn, FleetError> {
        let url = self.fleet.address.get(&context.budget).await?;
        let attempt_timeout = self.fleet.attempt_timeout;
        let (dependency, method) = ("request-unicorn", Method::GET);
        let (body, headers) = (Vec::new(), HeaderMap::new());
        let call = Call { dependency, method, url: &url, body, headers, json: false, attempt_timeout };
        let answer = self.client.send(&call, context).await?;
        if let Some(why) = answer.forbidden() {
            return Err(FleetError::Forbidden(why.to_owned()));
        }
        if answer.status != StatusCode::OK {
            return Err(FleetError::Status(answer.status));
        }
        if !answer.is_json {
            return Err(FleetError::NotJson);
        }
        Unicorn::parse(&answer.body).map_err(FleetError::NotAUnicorn)
    }
}
