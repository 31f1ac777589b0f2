use super::fields::{Complaint, Fields};
use super::pattern::Pattern;
use serde_json::Value;
use std::borrow::Cow;

/// What must hold of an event for a flag to count.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Keys from the event down, such as `requestContext.httpMethod`, split at the dots.
    path: Vec<String>,
    operator: Operator,
}

#[derive(Debug, Clone)]
enum Operator {
    Equals(String),
    Exists,
    StartsWith(String),
    Matches(Pattern),
}

impl Condition {
    /// Reads `{path, value, operator}`; `None` when it is wrong, which is told.
    pub(super) fn read(value: &Value, path: &str, complaints: &mut Vec<Complaint>) -> Option<Self> {
        let Value::Object(members) = value else {
            let message = "must be an object with a path".to_owned();
            complaints.push(Complaint { key: path.to_owned(), message });
            return None;
        };
        let mut fields = Fields::new(path, members, complaints);
        fields.only(&["path", "value", "operator"]);
        let at = match fields.get("path") {
            Some(Value::String(at)) => Some(at.split('.').map(str::to_owned).collect()),
            _ => {
                fields.complain("path", "must be a string");
                None
            }
        };
        // As failure-lambda has it, no operator and a null are both "eq".
        let named = fields.get("operator").filter(|value| !value.is_null());
        let named = named.map_or(Some("eq"), Value::as_str).unwrap_or_default();
        let operator = match (named, fields.get("value")) {
            ("exists", _) => Some(Operator::Exists),
            ("eq", Some(Value::String(text))) => Some(Operator::Equals(text.clone())),
            ("startsWith", Some(Value::String(text))) => Some(Operator::StartsWith(text.clone())),
            ("regex", Some(Value::String(text))) => match Pattern::new(text) {
                Ok(pattern) => Some(Operator::Matches(pattern)),
                Err(why) => {
                    fields.complain("value", why);
                    None
                }
            },
            ("eq" | "startsWith" | "regex", _) => {
                fields.complain("value", "must be a string; only the operator exists needs none");
                None
            }
            _ => {
                fields.complain("operator", "must be one of eq, exists, startsWith, regex");
                None
            }
        };
        Some(Self { path: at?, operator: operator? })
    }

    /// Whether it holds of this event.
    pub fn holds_of(&self, event: &Value) -> bool {
        let mut found = Some(event);
        for key in &self.path {
            found = found.and_then(|value| match value {
                Value::Object(members) => members.get(key),
                Value::Array(items) => key.parse::<usize>().ok().and_then(|index| items.get(index)),
                _ => None,
            });
        }
        let Some(found) = found.filter(|value| !value.is_null()) else { return false };
        match &self.operator {
            Operator::Exists => true,
            Operator::Equals(text) => as_text(found) == *text,
            Operator::StartsWith(text) => as_text(found).starts_with(text),
            Operator::Matches(pattern) => pattern.occurs_in(&as_text(found)),
        }
    }
}

/// A value as JavaScript's `String()` writes it, because that is what failure-lambda compares.
fn as_text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Number(number) => match number.as_f64() {
            // JavaScript knows no difference between 2 and 2.0.
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e21 => {
                format!("{float:.0}").into()
            }
            _ => number.to_string().into(),
        },
        Value::Bool(flag) => flag.to_string().into(),
        Value::Null => "".into(), // so it is inside a list
        Value::Array(items) => items.iter().map(as_text).collect::<Vec<_>>().join(",").into(),
        Value::Object(_) => "[object Object]".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn holds(condition: Value, event: &Value) -> bool {
        let mut complaints = Vec::new();
        let condition = Condition::read(&condition, "match[0]", &mut complaints);
        assert_eq!(complaints, []);
        condition.expect("a condition").holds_of(event)
    }

    #[test]
    fn each_operator_looks_at_the_value_under_the_path() {
        let event = json!({"requestContext": {"http": {"method": "GET"}}, "headers": {"x-debug": ""}, "n": 2.0});
        let method = "requestContext.http.method";
        for (condition, expected) in [
            (json!({"path": method, "value": "GET"}), true),
            (json!({"path": method, "value": "GE"}), false),
            (json!({"path": method, "value": "GE", "operator": "startsWith"}), true),
            (json!({"path": method, "value": "^(GET|HEAD)$", "operator": "regex"}), true),
            (json!({"path": method, "value": "^POST$", "operator": "regex"}), false),
            (json!({"path": "headers.x-debug", "operator": "exists"}), true),
            (json!({"path": "headers.X-Debug", "operator": "exists"}), false),
            (json!({"path": "headers.x-debug.more", "operator": "exists"}), false),
            (json!({"path": "n", "value": "2", "operator": null}), true),
            (json!({"path": "headers", "value": "[object Object]"}), true),
        ] {
            assert_eq!(holds(condition.clone(), &event), expected, "{condition}");
        }
    }

    #[test]
    fn what_is_missing_or_null_meets_no_condition() {
        for event in [json!({}), json!({"a": null}), json!(null), json!([1])] {
            for operator in ["eq", "exists", "startsWith", "regex"] {
                assert!(!holds(json!({"path": "a", "value": "", "operator": operator}), &event), "{event} {operator}");
            }
        }
    }

    #[test]
    fn values_are_compared_as_javascript_writes_them() {
        let event = json!({"list": ["a", null, 1], "yes": true, "big": 1e30, "half": 0.5});
        assert!(holds(json!({"path": "list", "value": "a,,1"}), &event));
        assert!(holds(json!({"path": "list.0", "value": "a"}), &event));
        assert!(holds(json!({"path": "yes", "value": "true"}), &event));
        assert!(holds(json!({"path": "half", "value": "0.5"}), &event));
        assert!(holds(json!({"path": "big", "value": "1", "operator": "startsWith"}), &event));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let keys = |condition: Value| {
            let mut complaints = Vec::new();
            assert!(Condition::read(&condition, "latency.match[1]", &mut complaints).is_none(), "{condition}");
            complaints.into_iter().map(|complaint| complaint.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(json!("x")), ["latency.match[1]"]);
        assert_eq!(keys(json!({"value": "x"})), ["latency.match[1].path"]);
        assert_eq!(keys(json!({"path": "a"})), ["latency.match[1].value"]);
        assert_eq!(keys(json!({"path": "a", "value": 7})), ["latency.match[1].value"]);
        assert_eq!(keys(json!({"path": "a", "value": "(", "operator": "regex"})), ["latency.match[1].value"]);
        assert_eq!(keys(json!({"path": "a", "value": "x", "operator": "like"})), ["latency.match[1].operator"]);
        assert_eq!(keys(json!({"path": "a", "value": "x", "operator": 7})), ["latency.match[1].operator"]);
    }

    proptest! {
        #[test]
        fn a_value_equals_itself_and_begins_with_each_of_its_beginnings(text in "\\PC{0,20}", cut in 0_usize..20) {
            let event = json!({"a": {"b": text}});
            let equals = holds(json!({"path": "a.b", "value": text}), &event);
            let beginning: String = text.chars().take(cut).collect();
            let begins = holds(json!({"path": "a.b", "value": beginning, "operator": "startsWith"}), &event);
            prop_assert!(equals && begins);
        }
    }
}
