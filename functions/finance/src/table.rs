//! The finance table: charges, their number, attempts and the scenario, each under an id of its own kind.

mod items;

use crate::ledger::{Charge, Charged, Charges, Directs, Entry, Ledger, Scenes, TableError, Tries};
use crate::scenario::Behaviour;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use aws_sdk_dynamodb::types::{KeysAndAttributes, Put, ReturnValue, TransactWriteItem, Update};
use items::{SHARDS, shard_of};
use shared::aws::CallError;
use shared::budget::Budget;
use shared::dynamodb::{Refusal, within};
use shared::idempotency::ClaimId;
use std::collections::HashMap;
use std::time::Duration;

/// How often a charge is tried while others are at the same counter.
const TURNS: u32 = 8;

/// The table. It needs `GetItem`, `PutItem`, `UpdateItem` and `BatchGetItem` on it.
#[derive(Debug, Clone)]
pub struct FinanceTable {
    client: Client,
    table: String,
}

impl FinanceTable {
    /// The table of this name.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The charge, created only, and its counter, in one: so the number of charges is exact.
    async fn create(&self, charge: &Charge, budget: &Budget) -> Result<Created, TableError> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(items::charge(charge)))
            .condition_expression("attribute_not_exists(Id)")
            .build();
        let count = Update::builder()
            .table_name(&self.table)
            .key("Id", S(items::total(shard_of(&charge.id))))
            .update_expression("ADD Charges :one")
            .expression_attribute_values(":one", N("1".into()))
            .build();
        let (put, count) =
            (put.map_err(|error| failed(CHARGED, error))?, count.map_err(|error| failed(CHARGED, error))?);
        let call = self.client.transact_write_items();
        let call = call.transact_items(TransactWriteItem::builder().put(put).build());
        let call = call.transact_items(TransactWriteItem::builder().update(count).build());
        match within(budget, async { call.send().await.map_err(Transaction::from) }).await {
            Ok(_) => Ok(Created::Done),
            Err(CallError::Failed { source: Transaction::Cancelled { exists: true }, .. }) => Ok(Created::Exists),
            Err(CallError::Failed { source: Transaction::Cancelled { exists: false }, .. }) => Ok(Created::Crowded),
            Err(error) => Err(failed(CHARGED, error)),
        }
    }

    /// Counts the repetition of a charge, if it is one.
    async fn repeat(&self, charge: &Charge, budget: &Budget) -> Result<Charged, TableError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("Id", S(items::charge_id(&charge.id)))
            .update_expression("ADD Requests :one")
            .condition_expression("PayloadHash = :payload")
            .expression_attribute_values(":one", N("1".into()))
            .expression_attribute_values(":payload", S(charge.payload.as_str().to_owned()))
            .return_values(ReturnValue::AllNew);
        match within(budget, async { update.send().await.map_err(Box::new) }).await {
            Ok(output) => {
                let answer = output.attributes().and_then(|item| items::text(item, "Answer"));
                answer.map(Charged::Before).ok_or_else(|| failed(CHARGED, "the charge in the table has no answer"))
            }
            // Only this says that the order is another. A transaction that is under way at the charge says nothing of it.
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Charged::Other)
            }
            Err(error) => Err(failed(CHARGED, error)),
        }
    }

    async fn get(&self, id: String, budget: &Budget) -> Result<Option<HashMap<String, AttributeValue>>, TableError> {
        let get = self.client.get_item().table_name(&self.table).key("Id", S(id)).consistent_read(true);
        let output = within(budget, async { get.send().await.map_err(Box::new) }).await;
        Ok(output.map_err(|error| failed(READ, error))?.item)
    }
}

enum Created {
    Done,
    Exists,
    /// Another transaction was at the same counter.
    Crowded,
}

const CHARGED: &str = "charged in";
const READ: &str = "read";
const WRITTEN: &str = "written";

fn failed(doing: &'static str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> TableError {
    TableError { doing, cause: cause.into() }
}

/// Why a transaction was not done.
#[derive(Debug, thiserror::Error)]
enum Transaction {
    #[error("the transaction was cancelled")]
    Cancelled { exists: bool },
    #[error(transparent)]
    Failed(Box<SdkError<TransactWriteItemsError>>),
}

impl From<SdkError<TransactWriteItemsError>> for Transaction {
    fn from(error: SdkError<TransactWriteItemsError>) -> Self {
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
            return Self::Failed(Box::new(error));
        };
        let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
        let exists = codes().any(|code| code == "ConditionalCheckFailed");
        // Anything but these two is trouble: too little capacity, an item that is too large.
        let everyday = exists || codes().any(|code| code == "TransactionConflict");
        if everyday { Self::Cancelled { exists } } else { Self::Failed(Box::new(error)) }
    }
}

impl Refusal for Transaction {
    fn is_an_answer(&self) -> bool {
        matches!(self, Self::Cancelled { .. })
    }
}

impl Charges for FinanceTable {
    async fn charge(&self, charge: &Charge, budget: &Budget) -> Result<Charged, TableError> {
        // A repetition is everyday where attempts fail after the charge, and a cancelled transaction is one of the account's
        // `UserErrors`: there would be an alarm for it.
        if self.get(items::charge_id(&charge.id), budget).await?.is_some() {
            return self.repeat(charge, budget).await;
        }
        for turn in 1..=TURNS {
            match self.create(charge, budget).await? {
                Created::Done => return Ok(Charged::New),
                Created::Exists => return self.repeat(charge, budget).await,
                // Full jitter; whoever is in the way is done in a few milliseconds.
                Created::Crowded => {
                    let pause = Duration::from_millis(fastrand::u64(1..=20 * u64::from(turn)));
                    tokio::time::sleep(pause.min(budget.remaining())).await;
                }
            }
        }
        Err(failed(CHARGED, "too many charges met at one counter"))
    }
}

impl Tries for FinanceTable {
    async fn count(&self, id: &ClaimId, budget: &Budget) -> Result<u32, TableError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("Id", S(items::tries(id)))
            .update_expression("ADD Tries :one")
            .expression_attribute_values(":one", N("1".into()))
            .return_values(ReturnValue::UpdatedOld);
        let output = within(budget, async { update.send().await.map_err(Box::new) }).await;
        let output = output.map_err(|error| failed(WRITTEN, error))?;
        Ok(output.attributes().and_then(|item| items::number(item, "Tries")).unwrap_or(0))
    }
}

impl Scenes for FinanceTable {
    async fn behaviour(&self, budget: &Budget) -> Result<Behaviour, TableError> {
        let item = self.get(items::SCENARIO.to_owned(), budget).await?;
        Ok(item.map(|item| items::to_behaviour(&item)).unwrap_or_default())
    }
}

impl Directs for FinanceTable {
    async fn set(&self, behaviour: &Behaviour, budget: &Budget) -> Result<(), TableError> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(items::of_behaviour(behaviour)));
        let output = within(budget, async { put.send().await.map_err(Box::new) }).await;
        output.map(drop).map_err(|error| failed(WRITTEN, error))
    }
}

impl Ledger for FinanceTable {
    async fn entry(&self, id: &ClaimId, budget: &Budget) -> Result<Option<Entry>, TableError> {
        let item = self.get(items::charge_id(id), budget).await?;
        item.map(|item| items::to_entry(&item).ok_or_else(|| failed(READ, "a row is no charge"))).transpose()
    }

    async fn total(&self, budget: &Budget) -> Result<u64, TableError> {
        let mut keys = KeysAndAttributes::builder().consistent_read(true);
        for shard in 0..SHARDS {
            keys = keys.keys(HashMap::from([("Id".to_owned(), S(items::total(shard)))]));
        }
        let keys = keys.build().map_err(|error| failed(READ, error))?;
        let call = self.client.batch_get_item().request_items(&self.table, keys);
        let output = within(budget, async { call.send().await.map_err(Box::new) }).await;
        let output = output.map_err(|error| failed(READ, error))?;
        // A sum without a part of it would be a wrong number.
        if output.unprocessed_keys().is_some_and(|keys| !keys.is_empty()) {
            return Err(failed(READ, "DynamoDB left out some of the counters"));
        }
        let items = output.responses().and_then(|tables| tables.values().next()).map(Vec::as_slice).unwrap_or_default();
        Ok(items.iter().filter_map(|item| items::number::<u64>(item, "Charges")).sum())
    }
}
