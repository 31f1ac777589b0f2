//! A batch of which capacity lets only a part through: the rest comes back as unprocessed, and the caller sends it again.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html#Programming.Errors.BatchOperations>

use serde_json::{Map, Value};

/// The member of an answer that holds what was not done; `None` where the operation is no batch.
pub(super) fn unprocessed(operation: &str) -> Option<&'static str> {
    match operation {
        "BatchGetItem" => Some("UnprocessedKeys"),
        "BatchWriteItem" => Some("UnprocessedItems"),
        _ => None,
    }
}

/// Parts the items of a batch: what goes on, and what is held back, each in the form of `RequestItems`. `goes_on` has an answer
/// for every item of the tables that are `known`, in the order of the request; what is not known goes on.
pub(super) fn part(items: &Value, known: impl Fn(&str) -> bool, goes_on: &[bool]) -> (Value, Value) {
    let mut goes_on = goes_on.iter().copied();
    let (mut going, mut held) = (Map::new(), Map::new());
    for (table, wanted) in items.as_object().into_iter().flatten() {
        let list = wanted.as_array().or_else(|| wanted["Keys"].as_array());
        let mut next = || !known(table) || goes_on.next().unwrap_or(true);
        let (yes, no): (Vec<Value>, Vec<Value>) = list.into_iter().flatten().cloned().partition(|_| next());
        for (half, part) in [(&mut going, yes), (&mut held, no)] {
            if part.is_empty() {
                continue;
            }
            let mut whole = wanted.clone();
            match whole.get_mut("Keys") {
                Some(keys) => *keys = part.into(),
                None => whole = part.into(),
            }
            half.insert(table.clone(), whole);
        }
    }
    (going.into(), held.into())
}

/// Adds what was held back to an answer.
pub(super) fn add(answer: &mut Value, member: &str, held: &Value) {
    for (table, wanted) in held.as_object().into_iter().flatten() {
        if !answer[member].is_object() {
            answer[member] = Map::new().into();
        }
        let there = &mut answer[member][table];
        match (there.as_array_mut(), wanted.as_array()) {
            (Some(there), Some(wanted)) => there.extend(wanted.iter().cloned()),
            _ => match (there["Keys"].as_array_mut(), wanted["Keys"].as_array()) {
                (Some(there), Some(wanted)) => there.extend(wanted.iter().cloned()),
                _ => *there = wanted.clone(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_batch_is_parted_item_by_item() {
        let put = |id: u32| json!({"PutRequest": {"Item": {"Id": {"N": id.to_string()}}}});
        let items = json!({"a": [put(1), put(2)], "unknown": [put(3)], "b": [put(4)]});
        let (going, held) = part(&items, |table| table != "unknown", &[true, false, false]);
        assert_eq!(going, json!({"a": [put(1)], "unknown": [put(3)]}));
        assert_eq!(held, json!({"a": [put(2)], "b": [put(4)]}));
    }

    #[test]
    fn the_keys_of_a_reading_batch_keep_what_is_said_of_them() {
        let key = |id: &str| json!({"Id": {"S": id}});
        let items = json!({"a": {"Keys": [key("1"), key("2")], "ConsistentRead": true}});
        let (going, held) = part(&items, |_| true, &[false, true]);
        assert_eq!(going, json!({"a": {"Keys": [key("2")], "ConsistentRead": true}}));
        assert_eq!(held, json!({"a": {"Keys": [key("1")], "ConsistentRead": true}}));
    }

    #[test]
    fn what_was_held_back_joins_what_the_engine_left() {
        let mut answer = json!({"UnprocessedItems": {"a": [1]}});
        add(&mut answer, "UnprocessedItems", &json!({"a": [2], "b": [3]}));
        assert_eq!(answer, json!({"UnprocessedItems": {"a": [1, 2], "b": [3]}}));
        let mut answer = json!({"UnprocessedKeys": {"a": {"Keys": [1]}}});
        add(&mut answer, "UnprocessedKeys", &json!({"a": {"Keys": [2]}}));
        assert_eq!(answer, json!({"UnprocessedKeys": {"a": {"Keys": [1, 2]}}}));
    }
}
