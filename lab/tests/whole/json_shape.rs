//! Shapes of JSON: which members an object has, and what kind of value each is.
//!
//! `"number"`, `"text"`, `"bool"` and `"object"` are kinds, with `?` where the value may be null. A list of one is a list of such, a
//! list of several a list of just those. A member whose name ends with `?` may be absent, and one that is not named must not be there.

use serde_json::{Value, json};

/// What is wrong with a value, and where; `at` is what it is called.
pub(crate) fn misfit(value: &Value, shape: &Value, at: &str) -> Option<String> {
    let wrong = || Some(format!("{at} should be {shape}, not {value}"));
    match (shape, value) {
        (Value::String(kind), _) => {
            let (kind, or_null) = kind.strip_suffix('?').map_or((kind.as_str(), false), |kind| (kind, true));
            let fits = match kind {
                "number" => value.is_number(),
                "text" => value.is_string(),
                "bool" => value.is_boolean(),
                "object" => value.is_object(),
                _ => false,
            };
            if fits || (or_null && value.is_null()) { None } else { wrong() }
        }
        (Value::Array(of), Value::Array(items)) => match of.as_slice() {
            [shape] => {
                items.iter().enumerate().find_map(|(at_item, item)| misfit(item, shape, &format!("{at}[{at_item}]")))
            }
            shapes if shapes.len() == items.len() => {
                shapes.iter().zip(items).find_map(|(shape, item)| misfit(item, shape, at))
            }
            _ => wrong(),
        },
        (Value::Object(shapes), Value::Object(members)) => {
            let known = |name: &str| shapes.get(name).or_else(|| shapes.get(&format!("{name}?")));
            if let Some(unknown) = members.keys().find(|name| known(name).is_none()) {
                return Some(format!("{at} has {unknown}, which nobody knows of"));
            }
            shapes.iter().find_map(|(name, shape)| {
                let plain = name.strip_suffix('?');
                match members.get(plain.unwrap_or(name)) {
                    Some(member) => misfit(member, shape, &format!("{at}.{name}")),
                    None if plain.is_some() => None,
                    None => Some(format!("{at} has no {name}")),
                }
            })
        }
        _ => wrong(),
    }
}

#[test]
fn a_shape_is_held_to_the_letter() {
    let shape = json!({"a": "number", "b?": ["text?"], "c": [["number", "number"]]});
    let fits = |value: Value| misfit(&value, &shape, "$");
    assert_eq!(fits(json!({"a": 1, "c": [[1, 2.5]]})), None);
    assert_eq!(fits(json!({"a": 1, "b": ["x", null], "c": []})), None);
    for wrong in [
        json!({"c": []}),
        json!({"a": "1", "c": []}),
        json!({"a": 1, "b": [1], "c": []}),
        json!({"a": 1, "c": [[1]]}),
        json!({"a": 1, "c": [], "d": 1}),
        json!({"a": null, "c": []}),
    ] {
        assert!(fits(wrong.clone()).is_some(), "{wrong}");
    }
}
