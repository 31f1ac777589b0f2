use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::aws::CallError;
use shared::budget::Budget;
use shared::dynamodb::within;
use shared::ride::Unicorn;
use std::error::Error;
use std::future::Future;

/// Where the fleet is kept.
pub trait FleetTable: Send + Sync {
    /// Puts a unicorn, over an older one of its name.
    fn put(&self, unicorn: &Unicorn, budget: &Budget) -> impl Future<Output = Result<(), WriteError>> + Send;
    /// Removes a unicorn, if it is there.
    fn remove(&self, name: &str, budget: &Budget) -> impl Future<Output = Result<(), WriteError>> + Send;
}

/// Why the fleet could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A unicorn was not put.
    #[error("unicorn {name} could not be put")]
    Put {
        /// Which.
        name: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A unicorn was not removed.
    #[error("unicorn {name} could not be removed")]
    Remove {
        /// Which.
        name: String,
        /// Why.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// The unicorns table. It needs `dynamodb:PutItem` and `dynamodb:DeleteItem` on it.
#[derive(Debug, Clone)]
pub struct UnicornsTable {
    client: Client,
    table: String,
}

impl UnicornsTable {
    /// The table of this name.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl FleetTable for UnicornsTable {
    async fn put(&self, unicorn: &Unicorn, budget: &Budget) -> Result<(), WriteError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let name = unicorn.name.as_str();
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("Name", text(name))
            .item("Color", text(unicorn.color.as_str()))
            .item("DeviceId", text(unicorn.device_id.as_str()));
        let failed = |error: CallError<_>| WriteError::Put { name: name.to_owned(), source: Box::new(error) };
        within(budget, put.send()).await.map(drop).map_err(failed)
    }

    async fn remove(&self, name: &str, budget: &Budget) -> Result<(), WriteError> {
        let key = AttributeValue::S(name.to_owned());
        let delete = self.client.delete_item().table_name(&self.table).key("Name", key);
        let failed = |error: CallError<_>| WriteError::Remove { name: name.to_owned(), source: Box::new(error) };
        within(budget, delete.send()).await.map(drop).map_err(failed)
    }
}
