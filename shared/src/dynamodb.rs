//! The DynamoDB client of a function, and its calls within a time budget.

mod table;

use crate::aws::{self, CallError, Calls, ClientLimits, Service, sdk_config};
use crate::budget::Budget;
use crate::config::{ConfigError, Environment};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Config;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_types::body::SdkBody;
use std::error::Error;
use std::future::Future;
use std::time::Duration;

const DYNAMODB: Service = Service { name: "DynamoDB", variable: "DYNAMODB", dependency: "dynamodb" };

/// Builds the one client of a process.
///
/// Reads `DYNAMODB_ATTEMPTS`, `DYNAMODB_ATTEMPT_TIMEOUT_MS`, `CONNECT_TIMEOUT_MS` and what AWS sets.
///
/// # Errors
/// A variable is missing or wrong.
pub fn client(environment: &Environment) -> Result<Client, ConfigError> {
    let config = sdk_config(environment, DYNAMODB.variable, &ClientLimits::read(environment, &DYNAMODB)?)?;
    let calls = Calls::of(DYNAMODB.name, &config, table::of);
    Ok(Client::from_conf(Config::from(&config).to_builder().interceptor(calls).build()))
}

/// An error of a call.
pub trait Refusal: Error + 'static {
    /// Whether the table did as it was asked and the answer is no, rather than that something went wrong.
    fn is_an_answer(&self) -> bool;
}

impl<E: ProvideErrorMetadata + Error + 'static, R: std::fmt::Debug + 'static> Refusal for SdkError<E, R> {
    fn is_an_answer(&self) -> bool {
        // A transaction is cancelled by a condition that is not met or by another one at the same item, and a write of one
        // item is refused while a transaction is at it: all are everyday.
        let everyday =
            ["ConditionalCheckFailedException", "TransactionCanceledException", "TransactionConflictException"];
        self.code().is_some_and(|code| everyday.contains(&code))
    }
}

impl<E: Refusal> Refusal for Box<E> {
    fn is_an_answer(&self) -> bool {
        (**self).is_an_answer()
    }
}

/// Waits for a call for as long as the budget allows, retries included.
///
/// # Errors
/// The call failed or took too long.
pub async fn within<T, E: Refusal>(
    budget: &Budget,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, CallError<E>> {
    within_attempts(budget, call).await.0
}

/// As [`within`]; also says how many attempts the SDK began.
pub async fn within_attempts<T, E: Refusal>(
    budget: &Budget,
    call: impl Future<Output = Result<T, E>>,
) -> (Result<T, CallError<E>>, u32) {
    aws::within(&DYNAMODB, budget, call, E::is_an_answer).await
}

/// The longest that a start should wait for the connection to DynamoDB.
pub const WARM_UP: Duration = Duration::from_millis(500);

/// Opens the connection before the first request needs it: best effort, for no longer than this.
///
/// The request is turned into `GET /`, which DynamoDB's endpoints answer with their health: it needs no permission,
/// costs no capacity, and counts in no metric. Its answer is no answer to the operation, so it always "fails".
pub async fn warm(client: &Client, limit: Duration) {
    let once = Config::builder().retry_config(RetryConfig::disabled());
    let health = client.describe_endpoints().customize().config_override(once).mutate_request(|request| {
        // Both are legal for every request; a refusal would only leave the request as it was.
        let _ = request.set_method("GET");
        *request.body_mut() = SdkBody::empty();
    });
    let _ = tokio::time::timeout(limit, health.send()).await;
}
