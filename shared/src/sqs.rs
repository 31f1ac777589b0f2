//! The SQS client of a function, and its calls within a time budget.

use crate::aws::{self, CallError, Calls, ClientLimits, Service, sdk_config};
use crate::budget::Budget;
use crate::config::{ConfigError, Environment};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Config;
use std::error::Error;
use std::future::Future;

const SQS: Service = Service { name: "SQS", variable: "SQS", dependency: "sqs" };

/// Builds the one client of a process.
///
/// Reads `SQS_ATTEMPTS`, `SQS_ATTEMPT_TIMEOUT_MS`, `CONNECT_TIMEOUT_MS` and what AWS sets.
///
/// # Errors
/// A variable is missing or wrong.
pub fn client(environment: &Environment) -> Result<Client, ConfigError> {
    let config = sdk_config(environment, SQS.variable, &ClientLimits::read(environment, &SQS)?)?;
    let calls = Calls::of(SQS.name, &config, |_| None);
    Ok(Client::from_conf(Config::from(&config).to_builder().interceptor(calls).build()))
}

/// Waits for a call for as long as the budget allows, retries included.
///
/// # Errors
/// The call failed or took too long.
pub async fn within<T, E: Error + 'static>(
    budget: &Budget,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, CallError<E>> {
    aws::within(&SQS, budget, call, |_| false).await.0
}
