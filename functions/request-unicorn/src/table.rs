use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::scan::ScanError as Failed;
use aws_sdk_dynamodb::types::AttributeValue;
use shared::aws::CallError;
use shared::budget::Budget;
use shared::dynamodb::within;
use shared::ride::{Label, Unicorn};
use std::collections::HashMap;
use std::future::Future;

/// Where the fleet is kept.
pub trait FleetTable: Send + Sync + 'static {
    /// The whole fleet.
    fn scan(&self, budget: &Budget) -> impl Future<Output = Result<Vec<Unicorn>, ScanError>> + Send;
}

/// Why the fleet could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The table gave no answer that counts.
    #[error("the unicorns table could not be read")]
    Call(#[from] CallError<Box<SdkError<Failed>>>),
}

/// The unicorns table. It needs `dynamodb:Scan` on it, and nothing else.
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
    async fn scan(&self, budget: &Budget) -> Result<Vec<Unicorn>, ScanError> {
        let mut unicorns = Vec::new();
        let mut next: Option<HashMap<String, AttributeValue>> = None;
        loop {
            let page = self.client.scan().table_name(&self.table).set_exclusive_start_key(next.take());
            let page = within(budget, async { page.send().await.map_err(Box::new) }).await?;
            for row in page.items() {
                match unicorn(row) {
                    Some(unicorn) => unicorns.push(unicorn),
                    None => tracing::warn!("a row of the unicorns table is no unicorn"),
                }
            }
            // A page may be empty and still not be the last: only the key counts.
            next = page.last_evaluated_key.filter(|key| !key.is_empty());
            if next.is_none() {
                return Ok(unicorns);
            }
        }
    }
}

fn unicorn(row: &HashMap<String, AttributeValue>) -> Option<Unicorn> {
    let label = |key: &str| Label::try_from(row.get(key)?.as_s().ok()?.clone()).ok();
    Some(Unicorn { name: label("Name")?, color: label("Color")?, device_id: label("DeviceId")? })
}
