use crate::Services;
use http::{HeaderMap, Method, StatusCode};
use serde::Deserialize;
use shared::context::RequestContext;
use shared::http::{Call, CallError};
use shared::params::{Store, Unknown};
use shared::problem::{Failure, Problem};
use shared::ride::Record;
use std::future::Future;

/// Stores rides.
pub trait Records: Send + Sync {
    /// Stores a ride. `Ok` means that it is stored, and nothing else does.
    fn record(&self, record: &Record, context: &RequestContext)
    -> impl Future<Output = Result<(), RecordError>> + Send;
}

/// Why a ride is not known to be stored. It may be stored nevertheless: a new ride then has a new id.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Nobody knows where the record service is.
    #[error("the record service cannot be found")]
    Unknown(#[from] Unknown),
    /// It gave no answer.
    #[error("the record service gave no answer")]
    NoAnswer(#[from] CallError),
    /// The gateway did not let this function through. It is ours to repair, yet a role takes some seconds to come into
    /// force: trying again later may help, trying again at once does not.
    #[error("the record service did not let this function in: its role, its signature or its clock is wrong ({0})")]
    Forbidden(String),
    /// It does not accept what this service sends.
    #[error("the record service refused the ride with {0}")]
    Refused(StatusCode),
    /// It answered with something else than 201.
    #[error("the record service answered {0}")]
    Status(StatusCode),
    /// It answered 201 without saying that the ride is stored.
    #[error("the record service answered 201 without \"success\": true")]
    Unconfirmed,
    /// The ride cannot be written as JSON.
    #[error("the ride cannot be serialised")]
    Unwritable(#[from] serde_json::Error),
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        let unavailable = |detail| Problem::Unavailable { detail, retry_after_s: 1 };
        let problem = match &error {
            RecordError::NoAnswer(CallError::OutOfTime) => {
                unavailable("There was not enough time left to store the ride.")
            }
            // "By this request": under a key, an earlier one may have stored it.
            RecordError::Unknown(_) | RecordError::Forbidden(_) => {
                unavailable("The ride was not stored by this request.")
            }
            // The record service may have stored the ride and only its answer be lost.
            RecordError::NoAnswer(_) | RecordError::Status(_) | RecordError::Unconfirmed => unavailable(
                "It is not known whether the ride was stored. Repeating the request with the same Idempotency-Key \
                 books no second ride; without a key it may.",
            ),
            // Two services that disagree on what a ride is, or two rides with one id: trying again cannot help.
            RecordError::Refused(_) | RecordError::Unwritable(_) => Problem::Internal,
        };
        Self::caused_by(problem, error)
    }
}

#[derive(Deserialize)]
struct Confirmation {
    success: bool,
}

impl<S: Store> Records for Services<S> {
    async fn record(&self, record: &Record, context: &RequestContext) -> Result<(), RecordError> {
        let url = self.records.address.get(&context.budget).await?;
        let body = serde_json::to_vec(record)?;
        let attempt_timeout = self.records.attempt_timeout;
        let (dependency, method) = ("put-ride-record", Method::POST);
        let headers = HeaderMap::new();
        let call = Call { dependency, method, url: &url, body, headers, json: true, attempt_timeout };
        let answer = self.client.send(&call, context).await?;
        if let Some(why) = answer.forbidden() {
            return Err(RecordError::Forbidden(why.to_owned()));
        }
        match answer.status.as_u16() {
            201 => {}
            400 | 409 | 413 | 415 | 422 => return Err(RecordError::Refused(answer.status)),
            _ => return Err(RecordError::Status(answer.status)),
        }
        let confirmed = answer.is_json
            && serde_json::from_slice(&answer.body).is_ok_and(|confirmation: Confirmation| confirmation.success);
        confirmed.then_some(()).ok_or(RecordError::Unconfirmed)
    }
}
