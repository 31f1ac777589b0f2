//! What a request is about: which tables, and whether it reads or writes.

use serde_json::Value;

use super::capacity::Capacity;
use super::throttle::Place;

/// Which capacity an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Read,
    Write,
}

impl Side {
    /// As metrics and throttling reasons name it.
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
        }
    }
}

/// What reads and writes items: it takes capacity, says what, and can be troubled by name. Statements of PartiQL are left out:
/// only their text says which side and which table they are of.
pub(crate) const OPERATIONS: [&str; 10] = [
    "BatchGetItem",
    "BatchWriteItem",
    "DeleteItem",
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "TransactGetItems",
    "TransactWriteItems",
    "UpdateItem",
];

/// The side of an operation that takes capacity.
pub(super) fn side(operation: &str) -> Option<Side> {
    match operation {
        "GetItem" | "BatchGetItem" | "TransactGetItems" | "Query" | "Scan" => Some(Side::Read),
        "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems" => Some(Side::Write),
        _ => None,
    }
}

/// Names of the tables that a request is about.
pub(super) fn tables(request: &Value) -> Vec<String> {
    if let Some(table) = request["TableName"].as_str() {
        return vec![table.to_owned()];
    }
    if let Some(items) = request["RequestItems"].as_object() {
        return items.keys().cloned().collect();
    }
    let actions = request["TransactItems"].as_array().into_iter().flatten();
    let named = actions.filter_map(|item| item.as_object()?.values().next()?["TableName"].as_str());
    let mut tables: Vec<String> = named.map(str::to_owned).collect();
    tables.sort();
    tables.dedup();
    tables
}

/// The table, or the global index that it reads instead.
pub(super) fn place(request: &Value, table: &str, capacity: &Capacity) -> Place {
    let index = request["IndexName"].as_str();
    let known = |index: &&str| capacity.shape(table).is_some_and(|shape| shape.indexes.contains_key(*index));
    Place { table: table.to_owned(), index: index.filter(known).map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_tables_of_batches_and_transactions_are_found() {
        assert_eq!(tables(&json!({"RequestItems": {"a": [], "b": []}})), ["a", "b"]);
        let put = |table: &str| json!({"Put": {"TableName": table}});
        assert_eq!(tables(&json!({"TransactItems": [put("b"), put("a"), put("b")]})), ["a", "b"]);
    }
}
