use crate::Rides;
use crate::item::{from_item, to_item};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use shared::aws::CallError;
use shared::budget::Budget;
use shared::dynamodb::within_attempts;
use shared::ride::Record;

/// What became of a ride.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is new and stored, by this call; an earlier attempt of it may have done so and its answer been lost.
    Created,
    /// It was stored before, just so.
    SameAsBefore,
    /// Another ride has its id.
    OtherThanBefore,
}

/// Why a ride is not known to be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The table gave no answer that counts.
    #[error("the ride was not stored")]
    Call(#[source] CallError<Box<SdkError<PutItemError>>>),
    /// The table refused the ride because of an older one and did not say which.
    #[error("the table did not return the ride that is in the way")]
    NothingOld,
}

/// The rides table. It needs `dynamodb:PutItem` on it, and nothing else.
#[derive(Debug, Clone)]
pub struct RidesTable {
    client: Client,
    table: String,
}

impl RidesTable {
    /// The table of this name.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl Rides for RidesTable {
    async fn create(&self, record: &Record, budget: &Budget) -> Result<Put, StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(record)))
            .condition_expression("attribute_not_exists(RideId)")
            // Saves the read (and the permission to read) that would tell a repetition from a conflict.
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = async { put.send().await.map_err(Box::new) };
        let (result, attempts) = within_attempts(budget, put).await;
        let error = match result {
            Ok(_) => return Ok(Put::Created),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                let old = failed.item().ok_or(StoreError::NothingOld)?;
                let same = from_item(old).as_ref() == Some(record);
                Ok(match (same, attempts) {
                    // What a later attempt finds is what the first one wrote.
                    (true, 2..) => Put::Created,
                    (true, _) => Put::SameAsBefore,
                    (false, _) => Put::OtherThanBefore,
                })
            }
            _ => Err(StoreError::Call(error)),
        }
    }
}
