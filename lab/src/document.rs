//! Files that people write for the lab: YAML into typed values, and mistakes into messages that name file and line.

use serde::de::DeserializeOwned;
use serde_json::{Number, Value as Json};

use crate::template::TemplateError;
use crate::template::tree::{Node, Value};
use crate::template::yaml;

/// Reads a YAML document into a typed value. The type says what is known: it should refuse unknown fields.
///
/// # Errors
/// Text that is no YAML, or not of the type. The message names the file, and the line where one is to blame.
pub(crate) fn read<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, TemplateError> {
    let root = yaml::read(text).map_err(|error| error.in_file(file))?;
    serde_json::from_value(json(&root)).map_err(|error| {
        let message = error.to_string();
        let blamed = quoted(&message).and_then(|name| find(&root, name)).unwrap_or(&root.at);
        blamed.error(message.clone()).in_file(file)
    })
}

/// The document as JSON.
fn json(node: &Node) -> Json {
    match &node.value {
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(text) => number(text).map_or_else(|| Json::String(text.clone()), Json::Number),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), json(&entry.value))).collect(),
    }
}

fn number(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}

/// What serde quotes: a field's name, a variant's, or a value.
fn quoted(message: &str) -> Option<&str> {
    message.split(['`', '"']).nth(1)
}

/// Where a key or a text stands first.
fn find<'a>(node: &'a Node, name: &str) -> Option<&'a crate::template::tree::Place> {
    match &node.value {
        Value::Text(text) | Value::Number(text) => (text == name).then_some(&node.at),
        Value::Bool(_) => None,
        Value::List(items) => items.iter().find_map(|item| find(item, name)),
        Value::Map(entries) => {
            entries.iter().find_map(|entry| if entry.key == name { Some(&entry.at) } else { find(&entry.value, name) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        name: String,
        rate: f64,
        #[serde(default)]
        on: bool,
    }

    #[test]
    fn a_document_becomes_its_type() {
        let read: Example = read("name: a\nrate: 2\non: true\n", "x.yaml").expect("a document");
        assert_eq!(read, Example { name: "a".to_owned(), rate: 2.0, on: true });
    }

    #[test]
    fn a_mistake_names_file_line_and_key() {
        let wrong = |text: &str| read::<Example>(text, "x.yaml").expect_err("a mistake").to_string();
        let unknown = wrong("name: a\nrate: 2\nrats: 3\n");
        assert!(unknown.starts_with("x.yaml:3:1: rats: unknown field `rats`"), "{unknown}");
        let kind = wrong("name: a\nrate: fast\n");
        assert!(kind.starts_with("x.yaml:2:7: rate: invalid type"), "{kind}");
        let missing = wrong("name: a\n");
        assert!(missing.starts_with("x.yaml:1:1: missing field `rate`"), "{missing}");
        assert!(wrong("name: [\n").starts_with("x.yaml:"));
    }
}
