//! What of a table decides about its capacity: keys, indexes, and what it is provisioned with.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::dynamodb::Throughput;

/// A table, from its `CreateTable` request or its description.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    pub(in crate::dynamodb) name: String,
    /// The partition key's attribute.
    pub(in crate::dynamodb) partition_key: String,
    /// `None` where it is on demand.
    pub(super) throughput: Option<Throughput>,
    /// Global indexes: local ones live in the table's partitions, of the table's capacity.
    pub(in crate::dynamodb) indexes: BTreeMap<String, Index>,
}

/// A global secondary index.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::dynamodb) struct Index {
    /// Attributes that an item must have to be in it.
    pub(in crate::dynamodb) keys: Vec<String>,
    pub(super) throughput: Option<Throughput>,
}

impl Shape {
    /// `None` where this describes no table.
    pub(in crate::dynamodb) fn read(table: &Value) -> Option<Self> {
        let mode = table["BillingMode"].as_str().or_else(|| table["BillingModeSummary"]["BillingMode"].as_str());
        let on_demand = mode == Some("PAY_PER_REQUEST");
        let throughput = |of: &Value| if on_demand { None } else { units(&of["ProvisionedThroughput"]) };
        let index = |index: &Value| {
            let keys = keys(&index["KeySchema"]);
            Some((index["IndexName"].as_str()?.to_owned(), Index { keys, throughput: throughput(index) }))
        };
        Some(Self {
            name: table["TableName"].as_str()?.to_owned(),
            partition_key: keys(&table["KeySchema"]).into_iter().next()?,
            throughput: throughput(table),
            indexes: table["GlobalSecondaryIndexes"].as_array().into_iter().flatten().filter_map(index).collect(),
        })
    }
}

fn keys(schema: &Value) -> Vec<String> {
    let names = schema.as_array().into_iter().flatten().filter_map(|key| key["AttributeName"].as_str());
    names.map(str::to_owned).collect()
}

/// A description has zeros where a table is on demand.
fn units(throughput: &Value) -> Option<Throughput> {
    let units = |name: &str| throughput[name].as_u64().and_then(|units| u32::try_from(units).ok());
    let (read, write) = units("ReadCapacityUnits").zip(units("WriteCapacityUnits"))?;
    (read > 0 && write > 0).then_some(Throughput { read, write, burst: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_table_is_read_from_its_request_and_from_its_description() {
        let throughput = |read: u32, write: u32| json!({"ReadCapacityUnits": read, "WriteCapacityUnits": write});
        let keys = json!([{"AttributeName": "RideId", "KeyType": "HASH"}]);
        let by_status =
            json!([{"AttributeName": "Status", "KeyType": "HASH"}, {"AttributeName": "At", "KeyType": "RANGE"}]);
        let index = json!({"IndexName": "ByStatus", "KeySchema": by_status, "ProvisionedThroughput": throughput(3, 4)});
        let mut table = json!({
            "TableName": "rides", "KeySchema": keys, "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": throughput(1, 2), "GlobalSecondaryIndexes": [index],
        });
        let shape = Shape::read(&table).expect("a table");
        assert_eq!(shape.partition_key, "RideId");
        assert_eq!(shape.throughput, Some(Throughput { read: 1, write: 2, burst: None }));
        let index = &shape.indexes["ByStatus"];
        assert_eq!(index.keys, ["Status", "At"]);
        assert_eq!(index.throughput, Some(Throughput { read: 3, write: 4, burst: None }));
        table["BillingMode"] = Value::Null;
        table["BillingModeSummary"] = json!({"BillingMode": "PAY_PER_REQUEST"});
        assert_eq!(Shape::read(&table).expect("a table").throughput, None);
    }
}
