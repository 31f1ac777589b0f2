use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use shared::aws::CallError;
use shared::budget::Budget;
use shared::dynamodb::within;
use shared::idempotency::{Booking, Claim, ClaimId, Claims, Condition, Holder, Payload, Put, Status};
use std::collections::HashMap;

/// The table of idempotency claims. It needs `dynamodb:PutItem` and `dynamodb:GetItem` on it: the second only to
/// answer from it while there is no unicorn to be had.
#[derive(Debug, Clone)]
pub struct ClaimsTable {
    client: Client,
    table: String,
}

/// Why it is not known what became of a claim.
#[derive(Debug, thiserror::Error)]
pub enum ClaimsError {
    /// The table gave no answer that counts.
    #[error("the claim could not be written")]
    Put(#[source] CallError<Box<SdkError<PutItemError>>>),
    /// The table gave no answer that counts.
    #[error("the claim could not be read")]
    Get(#[source] CallError<Box<SdkError<GetItemError>>>),
    /// The row is not one that this code writes.
    #[error("a row of the idempotency table is no claim")]
    NoClaim,
}

impl ClaimsTable {
    /// The table of this name.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

type Item = HashMap<String, AttributeValue>;

impl Claims for ClaimsTable {
    type Error = ClaimsError;

    async fn put(&self, claim: &Claim, condition: &Condition, budget: &Budget) -> Result<Put, ClaimsError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(claim)));
        let put = match condition {
            Condition::Free { now } => put
                .condition_expression("attribute_not_exists(Id) OR ExpiresAt <= :now")
                .expression_attribute_values(":now", N(now.to_string())),
            Condition::HeldBy(holder) => put
                .condition_expression("#holder = :holder AND #status = :in_progress")
                .expression_attribute_names("#holder", "Holder")
                .expression_attribute_names("#status", "Status") // both names are, or may become, reserved words
                .expression_attribute_values(":holder", S(holder.as_str().to_owned()))
                .expression_attribute_values(":in_progress", S(IN_PROGRESS.to_owned())),
            Condition::SameRide => put
                .condition_expression("RideId = :ride AND ExpiresAt <= :expires")
                .expression_attribute_values(":expires", N(claim.expires_at.to_string()))
                .expression_attribute_values(":ride", S(claim.booking.ride().ride_id.to_string())),
        };
        // Saves the read that would tell what is in the way.
        let put = put.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match within(budget, async { put.send().await.map_err(Box::new) }).await {
            Ok(_) => return Ok(Put::Done),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                let there = failed.item().filter(|item| !item.is_empty());
                let there = there.map(|item| from_item(item).map(Box::new).ok_or(ClaimsError::NoClaim)).transpose()?;
                Ok(Put::InTheWay(there))
            }
            _ => Err(ClaimsError::Put(error)),
        }
    }

    async fn get(&self, id: &ClaimId, budget: &Budget) -> Result<Option<Claim>, ClaimsError> {
        let get = self.client.get_item().table_name(&self.table).key("Id", S(id.as_str().to_owned()));
        let get = get.consistent_read(true).send();
        let output = within(budget, async { get.await.map_err(Box::new) }).await.map_err(ClaimsError::Get)?;
        output.item().map(|item| from_item(item).ok_or(ClaimsError::NoClaim)).transpose()
    }
}

const IN_PROGRESS: &str = "InProgress";
const COMPLETED: &str = "Completed";

fn to_item(claim: &Claim) -> Item {
    let Claim { id, payload, booking, holder, status, expires_at } = claim;
    let (status, until) = match status {
        Status::InProgress { until } => (IN_PROGRESS, Some(until)),
        Status::Completed => (COMPLETED, None),
    };
    let texts = [
        ("Id", id.as_str()),
        ("PayloadHash", payload.as_str()),
        ("RideId", &booking.ride().ride_id.to_string()),
        ("Response", booking.answer()),
        ("Holder", holder.as_str()),
        ("Status", status),
    ];
    let numbers = [("InProgressUntil", until), ("ExpiresAt", Some(expires_at))];
    let texts = texts.into_iter().map(|(name, text)| (name.to_owned(), S(text.to_owned())));
    let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), N(number?.to_string()))));
    texts.chain(numbers).collect()
}

fn from_item(item: &Item) -> Option<Claim> {
    let text = |name: &str| item.get(name)?.as_s().ok().cloned();
    let number = |name: &str| item.get(name)?.as_n().ok()?.parse().ok();
    let status = match text("Status")?.as_str() {
        IN_PROGRESS => Status::InProgress { until: number("InProgressUntil")? },
        COMPLETED => Status::Completed,
        _ => return None,
    };
    Some(Claim {
        id: ClaimId::from_hash(text("Id")?),
        payload: Payload::from_hash(text("PayloadHash")?),
        booking: Booking::from_answer(text("Response")?)?,
        holder: Holder::from_text(text("Holder")?),
        status,
        expires_at: number("ExpiresAt")?,
    })
}
