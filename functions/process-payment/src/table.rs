use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use shared::aws::CallError;
use shared::budget::Budget;
use shared::dynamodb::within;
use shared::payments::{CROWDED, Change, Changed, NotAPayment, Payment, Tables, TransactionError, apply};
use shared::ride::RideId;
use std::error::Error;
use std::future::Future;

/// Where payments are kept.
pub trait Payments: Send + Sync + 'static {
    /// Why it is not known what became of a payment.
    type Error: Error + Send + Sync + 'static;

    /// The row of a ride's payment, as it is at this moment.
    fn read(&self, ride: RideId, budget: &Budget) -> impl Future<Output = Result<Option<Payment>, Self::Error>> + Send;

    /// Replaces a row that is still this one. `false` says that it is another by now. No count changes with it.
    fn swap(
        &self,
        before: &Payment,
        after: &Payment,
        budget: &Budget,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Makes a change that counts.
    fn apply(&self, change: &Change, budget: &Budget) -> impl Future<Output = Result<Changed, Self::Error>> + Send;

    /// Whether this is about a row that is there and that nobody can read: to try again does not help.
    fn is_unreadable(error: &Self::Error) -> bool;
}

/// Why it is not known what became of a payment.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The table gave no answer that counts.
    #[error("the payment could not be read")]
    Read(#[source] CallError<Box<SdkError<GetItemError>>>),
    /// The table gave no answer that counts.
    #[error("the payment could not be taken or given back")]
    Swap(#[source] CallError<Box<SdkError<PutItemError>>>),
    /// The row is none of ours.
    #[error(transparent)]
    NotAPayment(#[from] NotAPayment),
    /// A change that counts was not made, as far as is known.
    #[error(transparent)]
    Change(#[from] TransactionError),
}

/// The two tables of payments. It needs `dynamodb:GetItem`, `dynamodb:PutItem` and `dynamodb:UpdateItem` on the payments, and
/// `dynamodb:UpdateItem` on their counts.
#[derive(Debug, Clone)]
pub struct PaymentsTable {
    client: Client,
    tables: Tables,
}

impl PaymentsTable {
    /// The tables of these names.
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables }
    }
}

impl Payments for PaymentsTable {
    type Error = TableError;

    async fn read(&self, ride: RideId, budget: &Budget) -> Result<Option<Payment>, TableError> {
        let get = self.client.get_item().table_name(&self.tables.payments).key("RideId", S(ride.to_string()));
        let get = get.consistent_read(true); // what was just placed must be seen
        let output = within(budget, async { get.send().await.map_err(Box::new) }).await.map_err(TableError::Read)?;
        Ok(output.item().map(Payment::from_item).transpose()?)
    }

    async fn swap(&self, before: &Payment, after: &Payment, budget: &Budget) -> Result<bool, TableError> {
        let put = || {
            self.client
                .put_item()
                .table_name(&self.tables.payments)
                .set_item(Some(after.to_item()))
                // Each transition moves the one or the other, so these three are as good as a version.
                .condition_expression("#status = :status AND StatusSince = :since AND Attempts = :attempts")
                .expression_attribute_names("#status", "Status") // a reserved word
                .expression_attribute_values(":status", S(before.status.to_string()))
                .expression_attribute_values(":since", S(before.status_since.to_string()))
                .expression_attribute_values(":attempts", N(before.attempts.to_string()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        };
        let mut pauses = CROWDED.pauses(fastrand::Rng::new());
        loop {
            let error = match within(budget, async { put().send().await.map_err(Box::new) }).await {
                Ok(_) => return Ok(true),
                Err(error) => error,
            };
            match error.as_service_error() {
                // What is there may be what the first attempt of the SDK wrote, whose answer was lost.
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    return Ok(failed.item().is_some_and(|item| Payment::from_item(item).as_ref() == Ok(after)));
                }
                // A transaction is at this row at this moment. The SDK does not try again by itself.
                Some(PutItemError::TransactionConflictException(_)) => {
                    let pause = pauses.next().filter(|pause| *pause < budget.remaining());
                    tokio::time::sleep(pause.ok_or(TableError::Swap(error))?).await;
                }
                _ => return Err(TableError::Swap(error)),
            }
        }
    }

    fn is_unreadable(error: &TableError) -> bool {
        matches!(error, TableError::NotAPayment(_) | TableError::Change(TransactionError::NotAPayment(_)))
    }

    async fn apply(&self, change: &Change, budget: &Budget) -> Result<Changed, TableError> {
        Ok(apply(&self.client, &self.tables, change, budget).await?)
    }
}
