//! Rows that a scenario wants in a table before anything happens.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::{Value, json};

use super::error::RunError;
use crate::assembly::Lab;
use crate::dynamodb::{DynamoDb, DynamoDbError};

/// Stands for a row's number, from 1, in its texts.
const NUMBER: &str = "{n}";

/// Rows in all: more would take longer to put there than a scenario lasts.
const COUNT: RangeInclusive<u32> = 1..=10_000;

/// Kilobytes of an attribute. "The maximum item size in DynamoDB is 400 KB", names included.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items>
const KILOBYTES: RangeInclusive<usize> = 1..=399;

/// Rows that are all alike but for their number. They are put beside what the stack has there itself, take no capacity and
/// count in no metric: they are older than the scenario.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Logical id of the table.
    pub table: String,
    /// How many, 1 to 10000.
    pub count: u32,
    /// Attributes that are texts, the key among them; `{n}` is the row's number, from 1.
    pub texts: BTreeMap<String, String>,
    /// Attributes that are nothing but long: so many kilobytes of 1024 bytes each, 1 to 399.
    #[serde(default)]
    pub large: BTreeMap<String, usize>,
}

impl Rows {
    /// What is wrong with it, if anything is.
    pub(super) fn contradiction(&self) -> Option<String> {
        let of = |why: String| Some(format!("rows of {}: {why}", self.table));
        if !COUNT.contains(&self.count) {
            return of(format!("count must be from {} to {}", COUNT.start(), COUNT.end()));
        }
        if let Some((name, _)) = self.large.iter().find(|(_, kilobytes)| !KILOBYTES.contains(kilobytes)) {
            return of(format!("{name} must have from {} to {} kilobytes", KILOBYTES.start(), KILOBYTES.end()));
        }
        if let Some(name) = self.large.keys().find(|name| self.texts.contains_key(*name)) {
            return of(format!("{name} is a text and large"));
        }
        // They would be one row, written over and over.
        if self.count > 1 && !self.texts.values().any(|text| text.contains(NUMBER)) {
            return of(format!("none of its texts has {NUMBER}, so all rows are the same"));
        }
        None
    }

    /// Puts them there.
    ///
    /// # Errors
    /// The stack has no such table, or the table refuses a row.
    pub(super) async fn place(&self, lab: &Lab) -> Result<(), RunError> {
        let table = lab.table(&self.table).ok_or_else(|| RunError::NoTable(self.table.clone()))?;
        let placed = self.put(&lab.dynamodb, table).await;
        placed.map_err(|source| RunError::Place { table: self.table.clone(), source })
    }

    async fn put(&self, database: &DynamoDb, table: &str) -> Result<(), DynamoDbError> {
        for number in 1..=self.count {
            database.call("PutItem", &json!({"TableName": table, "Item": self.item(number)})).await?;
        }
        Ok(())
    }

    /// One of them, in DynamoDB's JSON.
    fn item(&self, number: u32) -> Value {
        let number = number.to_string();
        let texts = self.texts.iter().map(|(name, text)| (name, text.replace(NUMBER, &number)));
        let large = self.large.iter().map(|(name, kilobytes)| (name, "x".repeat(kilobytes * 1024)));
        texts.chain(large).map(|(name, text)| (name.clone(), json!({"S": text}))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Guard;
    use crate::document;
    use crate::scenario;
    use crate::task::DropTask;

    fn rows(text: &str) -> Rows {
        document::read(text, "rows.yaml").expect("rows")
    }

    #[test]
    fn rows_are_alike_but_for_their_number() {
        let rows = rows(
            "{ table: T, count: 2, texts: { Name: 'Pegasus {n}', Color: Grey, Id: '{n}-{n}' }, large: { Pad: 2 } }",
        );
        assert_eq!(rows.contradiction(), None);
        let item = rows.item(2);
        assert_eq!(item["Name"], json!({"S": "Pegasus 2"}));
        assert_eq!((&item["Color"], &item["Id"]), (&json!({"S": "Grey"}), &json!({"S": "2-2"})));
        assert_eq!(item["Pad"]["S"].as_str().map(str::len), Some(2048));
        assert_eq!(rows.item(1)["Name"], json!({"S": "Pegasus 1"}));
    }

    #[test]
    fn one_row_needs_no_number() {
        assert_eq!(rows("{ table: T, count: 1, texts: { Name: Pegasus } }").contradiction(), None);
    }

    #[test]
    fn rows_that_cannot_be_are_refused_with_the_reason() {
        for (text, why) in [
            ("{ table: T, count: 0, texts: { Name: 'a{n}' } }", "from 1 to 10000"),
            ("{ table: T, count: 10001, texts: { Name: 'a{n}' } }", "from 1 to 10000"),
            ("{ table: T, count: 2, texts: { Name: a } }", "all rows are the same"),
            ("{ table: T, count: 2, texts: { Name: 'a{n}' }, large: { Pad: 0 } }", "Pad must have from 1 to 399"),
            ("{ table: T, count: 2, texts: { Name: 'a{n}' }, large: { Pad: 400 } }", "Pad must have from 1 to 399"),
            ("{ table: T, count: 2, texts: { Name: 'a{n}' }, large: { Name: 1 } }", "Name is a text and large"),
        ] {
            let said = rows(text).contradiction().expect(text);
            assert!(said.contains(why) && said.contains("rows of T"), "{said}");
        }
    }

    async fn unicorns() -> (DynamoDb, DropTask) {
        let (database, engine) = DynamoDb::open(None, "arn", Guard::default()).await.expect("opens");
        let table = json!({
            "TableName": "unicorns", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "Name", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "Name", "KeyType": "HASH"}],
        });
        database.call("CreateTable", &table).await.expect("made");
        (database, engine)
    }

    #[tokio::test]
    async fn the_rows_of_the_page_cost_twenty_units_a_listing() {
        let (scenario, _) = scenario::find("page-that-ate-the-table").expect("a scenario");
        let (database, _engine) = unicorns().await;
        for rows in &scenario.rows {
            rows.put(&database, "unicorns").await.expect("placed");
        }
        let scan = json!({"TableName": "unicorns", "ReturnConsumedCapacity": "TOTAL"});
        let listed = database.call("Scan", &scan).await.expect("listed");
        assert_eq!((&listed["Count"], &listed["LastEvaluatedKey"]), (&json!(8), &Value::Null), "one page of eight");
        assert_eq!(listed["ConsumedCapacity"]["CapacityUnits"].as_f64().map(f64::floor), Some(20.0));
    }

    #[tokio::test]
    async fn a_row_that_the_table_refuses_is_told() {
        let without_key = rows("{ table: T, count: 1, texts: { Color: Grey } }");
        let (database, _engine) = unicorns().await;
        let refused = without_key.put(&database, "unicorns").await.expect_err("no key");
        assert!(refused.to_string().contains("ValidationException"), "{refused}");
    }
}
