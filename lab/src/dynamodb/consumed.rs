//! What a call has cost: the engine is asked for it, and the caller does not notice.

use serde_json::Value;

use super::request::side;
use super::throttle::Place;

/// What the caller asked for, where the engine was asked for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wanted {
    figures: Figures,
    /// Whether the item that a condition failed on was asked for on the caller's behalf.
    item_added: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Figures {
    /// Nothing was changed.
    #[default]
    AsAnswered,
    None,
    Total,
}

/// Lets a request ask for everything that it can have cost, and says what it asked for itself.
pub(super) fn asking(operation: &str, request: &mut Value) -> Wanted {
    if side(operation).is_none() || !request.is_object() {
        return Wanted::default();
    }
    let figures = match request.get("ReturnConsumedCapacity") {
        None | Some(Value::Null) => Figures::None,
        Some(asked) if asked == "NONE" => Figures::None,
        Some(asked) if asked == "TOTAL" => Figures::Total,
        // Everything, or what the engine shall refuse.
        Some(_) => Figures::AsAnswered,
    };
    if figures != Figures::AsAnswered {
        request["ReturnConsumedCapacity"] = "INDEXES".into();
    }
    // A condition that fails costs what the item costs that is there.
    let single = matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem");
    let returned = request.get("ReturnValuesOnConditionCheckFailure").unwrap_or(&Value::Null);
    let item_added = single && request["ConditionExpression"].is_string() && (returned.is_null() || returned == "NONE");
    if item_added {
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
    }
    Wanted { figures, item_added }
}

impl Wanted {
    /// Takes from an answer what the caller has not asked for. Whether there was anything.
    pub(super) fn reduce(self, answer: &mut Value) -> bool {
        let Some(answer) = answer.as_object_mut() else { return false };
        let mut changed = self.item_added && answer.shift_remove("Item").is_some();
        match self.figures {
            Figures::AsAnswered => {}
            Figures::None => changed |= answer.shift_remove("ConsumedCapacity").is_some(),
            Figures::Total => {
                let figures = match answer.get_mut("ConsumedCapacity") {
                    Some(Value::Array(figures)) => figures.as_mut_slice(),
                    Some(figure) => std::slice::from_mut(figure),
                    None => &mut [],
                };
                for figure in figures.iter_mut().filter_map(Value::as_object_mut) {
                    for part in ["Table", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
                        changed |= figure.shift_remove(part).is_some();
                    }
                }
            }
        }
        changed
    }
}

/// Units by table and global index, from an answer that has them in full. Local indexes are of the table's capacity.
pub(super) fn consumed(answer: &Value) -> Vec<(Place, f64)> {
    let figures = match &answer["ConsumedCapacity"] {
        Value::Array(figures) => figures.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    let mut units = Vec::new();
    for figure in figures {
        let Some(table) = figure["TableName"].as_str() else { continue };
        let parts = |name: &str| figure[name].as_object().into_iter().flatten();
        let of = |part: &Value| part["CapacityUnits"].as_f64().unwrap_or_default();
        let place = |index: Option<&String>| Place { table: table.to_owned(), index: index.cloned() };
        let local: f64 = parts("LocalSecondaryIndexes").map(|(_, part)| of(part)).sum();
        units.push((place(None), of(&figure["Table"]) + local));
        units.extend(parts("GlobalSecondaryIndexes").map(|(name, part)| (place(Some(name)), of(part))));
    }
    units.retain(|(_, units)| *units > 0.0);
    units
}

/// Units of a write whose condition failed on an item: one a kilobyte, begun ones whole, and at least one. It "still consumes
/// write capacity".
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate>
pub(super) fn write_units(item: &Value) -> f64 {
    size(item).div_ceil(1024).max(1) as f64
}

/// Bytes of an item or a typed value: names, texts and numbers as they are written. Numbers take fewer in DynamoDB, whose
/// exact rule is "approximately (length of attribute name) + (1 byte per two significant digits) + (1 byte)".
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| typed(name, value)).sum(),
        Value::Array(elements) => elements.iter().map(size).sum(),
        Value::String(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// A type's letter is no name.
fn typed(name: &str, value: &Value) -> usize {
    let is_type = matches!(name, "S" | "N" | "B" | "BOOL" | "NULL" | "M" | "L" | "SS" | "NS" | "BS");
    size(value) + if is_type { 0 } else { name.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn figures() -> Value {
        let units = |units: f64| json!({"CapacityUnits": units});
        json!({"Attributes": {}, "ConsumedCapacity": {
            "TableName": "rides", "CapacityUnits": 6.0, "Table": units(2.0),
            "GlobalSecondaryIndexes": {"ByStatus": units(3.0)}, "LocalSecondaryIndexes": {"ByTime": units(1.0)},
        }})
    }

    /// What a caller sees who asked like this.
    fn seen(asked: Option<&str>) -> Value {
        let mut request = json!({"TableName": "rides"});
        if let Some(asked) = asked {
            request["ReturnConsumedCapacity"] = asked.into();
        }
        let wanted = asking("PutItem", &mut request);
        assert_eq!(request["ReturnConsumedCapacity"], "INDEXES");
        let mut answer = figures();
        wanted.reduce(&mut answer);
        answer
    }

    #[test]
    fn a_caller_gets_the_figures_that_it_asked_for() {
        let without = json!({"Attributes": {}});
        assert_eq!(seen(None), without);
        assert_eq!(seen(Some("NONE")), without);
        let total = json!({"TableName": "rides", "CapacityUnits": 6.0});
        assert_eq!(seen(Some("TOTAL")), json!({"Attributes": {}, "ConsumedCapacity": total}));
        assert_eq!(seen(Some("INDEXES")), figures());
    }

    #[test]
    fn a_caller_sees_the_item_of_a_failed_condition_only_when_it_asked() {
        for (asked, seen) in [(None, false), (Some("NONE"), false), (Some("ALL_OLD"), true)] {
            let mut request = json!({"TableName": "rides", "ConditionExpression": "attribute_not_exists(RideId)"});
            if let Some(asked) = asked {
                request["ReturnValuesOnConditionCheckFailure"] = asked.into();
            }
            let wanted = asking("PutItem", &mut request);
            assert_eq!(request["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
            let mut answer = json!({"__type": "x#ConditionalCheckFailedException", "Item": {}});
            wanted.reduce(&mut answer);
            assert_eq!(answer.get("Item").is_some(), seen, "{asked:?}");
        }
    }

    #[test]
    fn a_request_that_costs_nothing_or_is_wrong_stays_as_it_is() {
        for (operation, asked) in [("DescribeTable", Value::Null), ("PutItem", "ALL".into()), ("PutItem", 1.into())] {
            let request = json!({"TableName": "t", "ReturnConsumedCapacity": asked});
            let mut sent = request.clone();
            assert_eq!(asking(operation, &mut sent), Wanted::default());
            assert_eq!(sent, request);
        }
    }

    #[test]
    fn local_indexes_are_of_the_table_and_global_ones_are_not() {
        let place = |index: Option<&str>| Place { table: "rides".to_owned(), index: index.map(str::to_owned) };
        assert_eq!(consumed(&figures()), [(place(None), 3.0), (place(Some("ByStatus")), 3.0)]);
    }

    #[test]
    fn a_write_costs_one_unit_a_kilobyte_begun() {
        assert_eq!(write_units(&Value::Null), 1.0);
        assert_eq!(write_units(&json!({"a": {"S": "x".repeat(1023)}})), 1.0);
        assert_eq!(write_units(&json!({"a": {"S": "x".repeat(1024)}})), 2.0);
    }
}
