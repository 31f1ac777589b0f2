//! What a request is about: which tables, reading or writing, and what it takes of them.

use serde_json::Value;

use super::capacity::{Capacity, Demand, Shape};
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

/// What a request takes at least, item by item in the order of the request.
///
/// A read takes one unit for each 4 KB begun, half as much when it need not be consistent, twice as much in a transaction; a
/// write one for each KB begun, twice as much in a transaction.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>
pub(super) fn demands(operation: &str, request: &Value, capacity: &Capacity) -> Vec<Vec<Demand>> {
    let consistent = |of: &Value| if of["ConsistentRead"] == true { 1.0 } else { 0.5 };
    let whole = request["TableName"].as_str().and_then(|table| capacity.shape(table));
    match (operation, whole) {
        ("PutItem", Some(shape)) => vec![write(&shape, Written::Put(&request["Item"]), 1.0)],
        ("UpdateItem" | "DeleteItem", Some(shape)) => vec![write(&shape, Written::At(&request["Key"]), 1.0)],
        ("GetItem", Some(shape)) => vec![read(&shape, &request["Key"], consistent(request))],
        ("Query" | "Scan", Some(shape)) => {
            let place = place(request, &shape.name, capacity);
            vec![vec![Demand { place, side: Side::Read, units: consistent(request), key: None }]]
        }
        ("BatchGetItem", _) => in_batch(request, capacity, |shape, wanted| {
            let keys = wanted["Keys"].as_array().into_iter().flatten();
            keys.map(|key| read(shape, key, consistent(wanted))).collect()
        }),
        ("BatchWriteItem", _) => in_batch(request, capacity, |shape, wanted| {
            let item = |wanted: &Value| match wanted.get("PutRequest") {
                Some(put) => write(shape, Written::Put(&put["Item"]), 1.0),
                None => write(shape, Written::At(&wanted["DeleteRequest"]["Key"]), 1.0),
            };
            wanted.as_array().into_iter().flatten().map(item).collect()
        }),
        ("TransactGetItems" | "TransactWriteItems", _) => {
            let items = request["TransactItems"].as_array().into_iter().flatten();
            items.map(|item| in_transaction(item, capacity)).collect()
        }
        _ => Vec::new(),
    }
}

fn in_batch(
    request: &Value,
    capacity: &Capacity,
    of_table: impl Fn(&Shape, &Value) -> Vec<Vec<Demand>>,
) -> Vec<Vec<Demand>> {
    let tables = request["RequestItems"].as_object().into_iter().flatten();
    let known = tables.filter_map(|(table, wanted)| Some((capacity.shape(table)?, wanted)));
    known.flat_map(|(shape, wanted)| of_table(&shape, wanted)).collect()
}

fn in_transaction(item: &Value, capacity: &Capacity) -> Vec<Demand> {
    let action = item.as_object().and_then(|item| item.iter().next());
    let shape = |wanted: &Value| wanted["TableName"].as_str().and_then(|table| capacity.shape(table));
    let known = action.and_then(|(action, wanted)| Some((action.as_str(), wanted, shape(wanted)?)));
    match known {
        Some(("Get", wanted, shape)) => read(&shape, &wanted["Key"], 2.0),
        Some(("Put", wanted, shape)) => write(&shape, Written::Put(&wanted["Item"]), 2.0),
        Some(("ConditionCheck", wanted, shape)) => write(&shape, Written::Checked(&wanted["Key"]), 2.0),
        Some((_, wanted, shape)) => write(&shape, Written::At(&wanted["Key"]), 2.0),
        None => Vec::new(),
    }
}

/// What is known of a written item.
enum Written<'a> {
    /// All of it.
    Put(&'a Value),
    /// Where it is.
    At(&'a Value),
    /// Where it is, and that it stays as it is.
    Checked(&'a Value),
}

impl Written<'_> {
    /// An object that has the key's attributes.
    fn key(&self) -> &Value {
        match self {
            Self::Put(key) | Self::At(key) | Self::Checked(key) => key,
        }
    }

    /// Whether an index of these attributes may have to follow. Of an update or a deletion nobody knows before, so it is taken
    /// for granted, and given back afterwards.
    fn touches(&self, index: &[String]) -> bool {
        match self {
            Self::Put(item) => index.iter().all(|key| item.get(key).is_some()),
            Self::At(_) => true,
            Self::Checked(_) => false,
        }
    }
}

fn read(shape: &Shape, key: &Value, units: f64) -> Vec<Demand> {
    let place = Place { table: shape.name.clone(), index: None };
    vec![Demand { place, side: Side::Read, units, key: partition(shape, key) }]
}

/// A write takes of the table, and of every index that has the item.
fn write(shape: &Shape, written: Written<'_>, units: f64) -> Vec<Demand> {
    let place = |index: Option<&String>| Place { table: shape.name.clone(), index: index.cloned() };
    let table = Demand { place: place(None), side: Side::Write, units, key: partition(shape, written.key()) };
    let touched = shape.indexes.iter().filter(|(_, index)| written.touches(&index.keys));
    // An index costs the same in a transaction as outside one.
    let indexes =
        touched.map(|(name, _)| Demand { place: place(Some(name)), side: Side::Write, units: 1.0, key: None });
    std::iter::once(table).chain(indexes).collect()
}

fn partition(shape: &Shape, key: &Value) -> Option<String> {
    key.get(&shape.partition_key).map(Value::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Instant;

    fn capacity() -> Capacity {
        let capacity = Capacity::default();
        let key = |name: &str| json!([{"AttributeName": name, "KeyType": "HASH"}]);
        let rides = json!({
            "TableName": "rides", "KeySchema": key("RideId"), "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [{"IndexName": "ByStatus", "KeySchema": key("Status")}],
        });
        let keys = json!({"TableName": "keys", "KeySchema": key("Id"), "BillingMode": "PAY_PER_REQUEST"});
        for table in [rides, keys] {
            capacity.register(Shape::read(&table).expect("a table"), Instant::now());
        }
        capacity
    }

    /// `place units` of each demand, by item.
    fn asked(operation: &str, request: Value) -> Vec<Vec<String>> {
        let shown = |demand: &Demand| {
            let index = demand.place.index.as_ref().map(|index| format!("/{index}")).unwrap_or_default();
            format!("{}{index} {}", demand.place.table, demand.units)
        };
        demands(operation, &request, &capacity()).iter().map(|item| item.iter().map(shown).collect()).collect()
    }

    #[test]
    fn a_write_takes_of_the_table_and_of_the_indexes_that_it_touches() {
        let put = |item: Value| asked("PutItem", json!({"TableName": "rides", "Item": item}));
        assert_eq!(put(json!({"RideId": {"S": "1"}})), [["rides 1"]]);
        let with_status = json!({"RideId": {"S": "1"}, "Status": {"S": "x"}});
        assert_eq!(put(with_status), [["rides 1", "rides/ByStatus 1"]]);
        let delete = json!({"TableName": "rides", "Key": {"RideId": {"S": "1"}}});
        assert_eq!(asked("DeleteItem", delete), [["rides 1", "rides/ByStatus 1"]]);
    }

    #[test]
    fn a_read_takes_half_a_unit_unless_it_is_consistent() {
        let get = |consistent: bool| {
            let key = json!({"RideId": {"S": "1"}});
            asked("GetItem", json!({"TableName": "rides", "Key": key, "ConsistentRead": consistent}))
        };
        assert_eq!((get(false), get(true)), (vec![vec!["rides 0.5".to_owned()]], vec![vec!["rides 1".to_owned()]]));
        let by_index = json!({"TableName": "rides", "IndexName": "ByStatus"});
        assert_eq!(asked("Query", by_index), [["rides/ByStatus 0.5"]]);
        let local = json!({"TableName": "rides", "IndexName": "Local"});
        assert_eq!(asked("Scan", local), [["rides 0.5"]], "a local index is of the table's capacity");
    }

    #[test]
    fn batches_and_transactions_take_item_by_item() {
        let key = |name: &str| json!({name: {"S": "1"}});
        let writes = json!({"RequestItems": {
            "rides": [{"PutRequest": {"Item": key("RideId")}}, {"DeleteRequest": {"Key": key("RideId")}}],
            "keys": [{"PutRequest": {"Item": key("Id")}}],
        }});
        let expected = vec![vec!["rides 1"], vec!["rides 1", "rides/ByStatus 1"], vec!["keys 1"]];
        assert_eq!(asked("BatchWriteItem", writes), expected);
        let reads = json!({"RequestItems": {"keys": {"Keys": [key("Id"), key("Id")], "ConsistentRead": true}}});
        assert_eq!(asked("BatchGetItem", reads), [["keys 1"], ["keys 1"]]);
        let actions = json!({"TransactItems": [
            {"Put": {"TableName": "rides", "Item": key("RideId")}},
            {"ConditionCheck": {"TableName": "rides", "Key": key("RideId")}},
            {"Update": {"TableName": "keys", "Key": key("Id")}},
        ]});
        assert_eq!(asked("TransactWriteItems", actions), [["rides 2"], ["rides 2"], ["keys 2"]]);
        let gets = json!({"TransactItems": [{"Get": {"TableName": "keys", "Key": key("Id")}}]});
        assert_eq!(asked("TransactGetItems", gets), [["keys 2"]]);
    }

    #[test]
    fn the_tables_of_batches_and_transactions_are_found() {
        assert_eq!(tables(&json!({"RequestItems": {"a": [], "b": []}})), ["a", "b"]);
        let put = |table: &str| json!({"Put": {"TableName": table}});
        assert_eq!(tables(&json!({"TransactItems": [put("b"), put("a"), put("b")]})), ["a", "b"]);
    }
}
