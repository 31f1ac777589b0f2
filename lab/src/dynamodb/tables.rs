//! Tables: made, waited for, read by the lab itself.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::capacity::Shape;
use super::{DynamoDb, DynamoDbError, streams};
use crate::template::Table;

/// How long a new table may take to become active.
const ACTIVE_LIMIT: Duration = Duration::from_secs(10);

impl DynamoDb {
    /// Creates a table, or accepts the one that the data directory already holds.
    ///
    /// # Errors
    /// When the engine refuses it or the existing table has other keys.
    pub async fn create_table(&self, table: &Table) -> Result<(), DynamoDbError> {
        let mut request = table.create_request.clone();
        if request.get("StreamSpecification").is_some() {
            request["StreamSpecification"] = streams::specification(true);
        }
        match self.call("CreateTable", &request).await {
            Err(DynamoDbError::Refused { kind, .. }) if kind == "ResourceInUseException" => {
                let described = self.call("DescribeTable", &json!({"TableName": table.name})).await?;
                if described["Table"]["KeySchema"] != table.create_request["KeySchema"] {
                    return Err(DynamoDbError::OtherKeys { table: table.name.clone() });
                }
            }
            created => drop(created?),
        }
        if let Some(shape) = Shape::read(&table.create_request) {
            self.capacity.register(shape, Instant::now());
        }
        self.wait_until_active(&table.name).await?;
        self.align_stream(table).await?;
        if let Some(attribute) = &table.ttl_attribute {
            let specification = json!({"Enabled": true, "AttributeName": attribute});
            let request = json!({"TableName": table.name, "TimeToLiveSpecification": specification});
            match self.call("UpdateTimeToLive", &request).await {
                // Already enabled: the data directory is used again.
                Err(DynamoDbError::Refused { kind, .. }) if kind == "ValidationException" => {}
                other => drop(other?),
            }
        }
        Ok(())
    }

    async fn wait_until_active(&self, table: &str) -> Result<(), DynamoDbError> {
        let active = async {
            loop {
                let described = self.call("DescribeTable", &json!({"TableName": table})).await?;
                if described["Table"]["TableStatus"] == "ACTIVE" {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(ACTIVE_LIMIT, active)
            .await
            .unwrap_or_else(|_| Err(DynamoDbError::Silent { operation: format!("DescribeTable of {table}") }))
    }

    /// Every item of a table, in DynamoDB's JSON.
    ///
    /// # Errors
    /// When the engine refuses or does not answer.
    pub async fn items(&self, table: &str) -> Result<Vec<Value>, DynamoDbError> {
        let mut items = Vec::new();
        let mut request = json!({"TableName": table});
        loop {
            let mut page = self.call("Scan", &request).await?;
            if let Some(Value::Array(found)) = page.get_mut("Items").map(Value::take) {
                items.extend(found);
            }
            match page.get("LastEvaluatedKey") {
                Some(key) if key.is_object() => request["ExclusiveStartKey"] = key.clone(),
                _ => return Ok(items),
            }
        }
    }
}
