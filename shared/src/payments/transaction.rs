use super::{Change, NotAPayment, Payment, Tables};
use crate::aws::CallError;
use crate::budget::Budget;
use crate::dynamodb::within;
use crate::retry::Schedule;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use std::time::Duration;

/// Tries again where another transaction was at the same counter: that is no failure, and over in milliseconds.
pub const CROWDED: Schedule =
    Schedule { attempts: 12, base: Duration::from_millis(10), cap: Duration::from_millis(300) };

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It is made.
    Done,
    /// Its condition is not met: this is the row, if there is one. Nothing changed.
    Refused(Option<Box<Payment>>),
}

/// Why it is not known that a change was made. It may have been.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// The tables gave no answer that counts.
    #[error("the payment could not be changed")]
    Call(#[source] CallError<Box<SdkError<TransactWriteItemsError>>>),
    /// Others were at the same items all the time.
    #[error("the payment could not be changed: its tables are too crowded")]
    Crowded,
    /// The row is none of ours.
    #[error(transparent)]
    NotAPayment(#[from] NotAPayment),
    /// The request could not be built.
    #[error("the change cannot be written")]
    Unwritable(#[from] BuildError),
}

/// Makes a change, whole or not at all. It needs the permissions of `TransactWriteItems`: `dynamodb:UpdateItem` on both
/// tables, and `dynamodb:PutItem` on the payments to place one.
///
/// # Errors
/// It is not known that the change was made.
pub async fn apply(
    client: &Client,
    tables: &Tables,
    change: &Change,
    budget: &Budget,
) -> Result<Changed, TransactionError> {
    let mut pauses = CROWDED.pauses(fastrand::Rng::new());
    loop {
        // The SDK makes up one `ClientRequestToken` a call: its own retries are one transaction.
        let call = client.transact_write_items().set_transact_items(Some(change.items(tables)?));
        let error = match within(budget, async { call.send().await.map_err(Box::new) }).await {
            Ok(_) => return Ok(Changed::Done),
            Err(error) => error,
        };
        match cancelled(&error).map(judge) {
            Some(Cancelled::Refused(item)) => {
                let there = item.map(Payment::from_item).transpose()?;
                return Ok(Changed::Refused(there.map(Box::new)));
            }
            Some(Cancelled::Crowded) => {
                let pause = pauses.next().filter(|pause| *pause < budget.remaining());
                tokio::time::sleep(pause.ok_or(TransactionError::Crowded)?).await;
            }
            Some(Cancelled::Otherwise) | None => return Err(TransactionError::Call(error)),
        }
    }
}

/// Why a transaction was cancelled.
enum Cancelled<'a> {
    Refused(Option<&'a super::Item>),
    Crowded,
    Otherwise,
}

type Error = CallError<Box<SdkError<TransactWriteItemsError>>>;

fn cancelled(error: &Error) -> Option<&[CancellationReason]> {
    let Some(TransactWriteItemsError::TransactionCanceledException(error)) = error.as_service_error() else {
        return None;
    };
    Some(error.cancellation_reasons())
}

/// One reason an item, in the order of the items; the row is the first.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn judge(reasons: &[CancellationReason]) -> Cancelled<'_> {
    let has = |codes: &[&str]| reasons.iter().any(|reason| reason.code().is_some_and(|code| codes.contains(&code)));
    let refused = reasons.first().filter(|reason| reason.code() == Some("ConditionalCheckFailed"));
    match refused {
        Some(row) => Cancelled::Refused(row.item().filter(|item| !item.is_empty())),
        None if has(&["ValidationError", "ItemCollectionSizeLimitExceeded"]) => Cancelled::Otherwise,
        None if has(&["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]) => Cancelled::Crowded,
        None => Cancelled::Otherwise,
    }
}
