use super::counted;
use crate::budget::Budget;
use crate::telemetry::metrics::Recorder;
use aws_smithy_runtime_api::client::result::SdkError;
use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::time::Instant;

/// A service of AWS's, by its names.
#[derive(Debug)]
pub(crate) struct Service {
    /// As AWS writes it: `DynamoDB`.
    pub(crate) name: &'static str,
    /// In environment variables: `DYNAMODB`.
    pub(crate) variable: &'static str,
    /// As a dependency, in metrics: `dynamodb`.
    pub(crate) dependency: &'static str,
}

/// Why a call got no answer that counts.
#[derive(Debug, thiserror::Error)]
pub enum CallError<E: Error + 'static> {
    /// The time budget ended first.
    #[error("{service} did not answer within the time budget")]
    OutOfTime {
        /// AWS's name of the service.
        service: &'static str,
    },
    /// The call failed, after the SDK's own retries.
    #[error("{service} call failed")]
    Failed {
        /// AWS's name of the service.
        service: &'static str,
        /// What the SDK says.
        source: E,
    },
}

impl<E: Error + 'static, R: Debug + 'static> CallError<Box<SdkError<E, R>>> {
    /// What the service said, if it was the service that refused the call.
    pub fn as_service_error(&self) -> Option<&E> {
        match self {
            Self::Failed { source, .. } => source.as_service_error(),
            Self::OutOfTime { .. } => None,
        }
    }
}

/// Waits for a call for as long as the budget allows, retries included, and measures it. Also says how many attempts the SDK
/// began.
///
/// `is_an_answer` tells errors that are answers of a service that is well: in metrics they are no failures of it.
pub(crate) async fn within<T, E: Error + 'static>(
    service: &Service,
    budget: &Budget,
    call: impl Future<Output = Result<T, E>>,
    is_an_answer: impl FnOnce(&E) -> bool,
) -> (Result<T, CallError<E>>, u32) {
    let started = Instant::now();
    // Boxed: the layers of the SDK and of the runtime in one future type are more than the compiler wants to nest.
    let call = Box::pin(call);
    let (answered, attempts) = counted(tokio::time::timeout(budget.remaining(), call)).await;
    let (result, failed) = match answered {
        Ok(Ok(output)) => (Ok(output), false),
        Ok(Err(source)) => {
            let failed = !is_an_answer(&source);
            (Err(CallError::Failed { service: service.name, source }), failed)
        }
        Err(_) => (Err(CallError::OutOfTime { service: service.name }), true),
    };
    Recorder::current().call(service.dependency, started.elapsed(), failed, attempts.saturating_sub(1));
    (result, attempts)
}
