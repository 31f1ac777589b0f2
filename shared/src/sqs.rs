//! The SQS client of a function, and its calls within a time budget.

use crate::aws::{Calls, ClientLimits, counted, sdk_config};
use crate::budget::Budget;
use crate::config::{ConfigError, Environment};
use crate::telemetry::metrics::Recorder;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Config, StalledStreamProtectionConfig};
use std::error::Error;
use std::future::Future;
use std::time::Instant;

/// The name of this dependency in metrics.
const DEPENDENCY: &str = "sqs";

/// Why a call got no answer that counts.
#[derive(Debug, thiserror::Error)]
pub enum CallError<E: Error + 'static> {
    /// The time budget ended first.
    #[error("SQS did not answer within the time budget")]
    OutOfTime,
    /// The call failed, after the SDK's own retries.
    #[error("SQS call failed")]
    Failed(#[source] E),
}

/// Builds the one client of a process.
///
/// Reads `SQS_ATTEMPTS`, `SQS_ATTEMPT_TIMEOUT_MS`, `CONNECT_TIMEOUT_MS` and what AWS sets.
///
/// # Errors
/// A variable is missing or wrong.
pub fn client(environment: &Environment) -> Result<Client, ConfigError> {
    let limits = ClientLimits {
        attempts: environment.number("SQS_ATTEMPTS", 1..=10)?,
        attempt_timeout: environment.milliseconds("SQS_ATTEMPT_TIMEOUT_MS")?,
        connect_timeout: environment.milliseconds("CONNECT_TIMEOUT_MS")?,
    };
    let config = Config::from(&sdk_config(environment, "SQS", &limits)?)
        .to_builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled()) // every attempt has a total limit
        .interceptor(Calls::of("SQS", environment.optional("AWS_REGION").unwrap_or_default(), |_| None))
        .build();
    Ok(Client::from_conf(config))
}

/// Waits for a call for as long as the budget allows, retries included.
///
/// # Errors
/// The call failed or took too long.
pub async fn within<T, E: Error + 'static>(
    budget: &Budget,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, CallError<E>> {
    let started = Instant::now();
    // Boxed: the layers of the SDK and of the runtime in one future type are more than the compiler wants to nest.
    let call = Box::pin(call);
    let (result, attempts) = counted(tokio::time::timeout(budget.remaining(), call)).await;
    let result = match result {
        Ok(result) => result.map_err(CallError::Failed),
        Err(_) => Err(CallError::OutOfTime),
    };
    Recorder::current().call(DEPENDENCY, started.elapsed(), result.is_err(), attempts.saturating_sub(1));
    result
}
