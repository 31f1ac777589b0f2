use super::item::{ID, VERSION, breaker_of, to_item, version_of};
use super::{Breaker, Breakers};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use shared::aws::CallError;
use shared::budget::Budget;
use shared::dynamodb::within;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The attribute that tells one write from another: random.
const WRITE: &str = "Write";

/// The breaker's row in the table of counts: it outlives every process, and all of them see the same. It needs
/// `dynamodb:GetItem` and `dynamodb:PutItem` on it.
#[derive(Debug, Clone)]
pub struct BreakerTable {
    client: Client,
    table: String,
    /// The version that was read last, when it was none. It counts as 0, and what is written over it names it.
    odd: Arc<Mutex<Option<AttributeValue>>>,
    /// The attribute that was told of last: a row that nobody changes is read every second.
    told: Arc<Mutex<Option<&'static str>>>,
}

/// Why it is not known what the breaker is.
#[derive(Debug, thiserror::Error)]
pub enum BreakerError {
    /// The table gave no answer that counts.
    #[error("the breaker could not be read")]
    Get(#[source] CallError<Box<SdkError<GetItemError>>>),
    /// The table gave no answer that counts.
    #[error("the breaker could not be written")]
    Put(#[source] CallError<Box<SdkError<PutItemError>>>),
}

impl BreakerTable {
    /// The table of this name.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, odd: Arc::default(), told: Arc::default() }
    }

    fn odd(&self) -> MutexGuard<'_, Option<AttributeValue>> {
        self.odd.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Breakers for BreakerTable {
    type Error = BreakerError;

    async fn load(&self, budget: &Budget) -> Result<(Breaker, u64), BreakerError> {
        let get = self.client.get_item().table_name(&self.table).key("Id", S(ID.into())).consistent_read(true);
        let output = within(budget, async { get.send().await.map_err(Box::new) }).await.map_err(BreakerError::Get)?;
        // None as yet: closed.
        let Some(item) = output.item() else { return Ok(Default::default()) };
        let (breaker, version) = (breaker_of(item), version_of(item));
        *self.odd() = item.get(VERSION).filter(|_| version.is_none()).cloned();
        // Of another version of this code, or of somebody who wrote by hand. What can be read of it counts, its version above
        // all: without it every save would be refused, and the breaker would be dead.
        let unreadable = breaker.err().or(version.is_none().then_some(VERSION));
        let told = std::mem::replace(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner), unreadable);
        if let Some(attribute) = unreadable.filter(|_| unreadable != told) {
            tracing::warn!(attribute, "the breaker's row cannot be read, and the next change writes over it");
        }
        Ok((breaker.unwrap_or_default(), version.unwrap_or_default()))
    }

    async fn save(&self, breaker: &Breaker, version: u64, budget: &Budget) -> Result<bool, BreakerError> {
        let write = S(format!("{:016x}", fastrand::u64(..)));
        let mut item = to_item(breaker, version + 1);
        item.insert(WRITE.into(), write.clone());
        let mut condition = "attribute_not_exists(Version) OR Version = :version".to_owned();
        // Whoever writes first puts a number in its place, so of two one does.
        let odd = self.odd().clone().filter(|_| version == 0);
        let mut values = HashMap::from([(":version".to_owned(), N(version.to_string()))]);
        if let Some(odd) = odd {
            condition += " OR Version = :odd";
            values.insert(":odd".into(), odd);
        }
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match within(budget, async { put.send().await.map_err(Box::new) }).await {
            Ok(_) => return Ok(true),
            Err(error) => error,
        };
        match error.as_service_error() {
            // What is there may be what the first attempt of the SDK wrote, whose answer was lost. A rival that wrote the
            // very same would be taken for it, were it not for the mark.
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                Ok(failed.item().is_some_and(|item| item.get(WRITE) == Some(&write)))
            }
            _ => Err(BreakerError::Put(error)),
        }
    }
}
