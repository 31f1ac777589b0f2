//! Whether every name exists, also in the branch of an `Fn::If` that is not taken: CloudFormation validates both.

use std::collections::BTreeMap;

use super::error::{TemplateError, did_you_mean};
use super::intrinsics::Scope;
use super::resources::Resource;
use super::tree::{Node, Value};

pub(crate) fn check(
    root: &Node,
    resources: &BTreeMap<String, Resource<'_>>,
    scope: &Scope<'_>,
) -> Result<(), TemplateError> {
    for section in ["Globals", "Resources", "Outputs"] {
        if let Some(section) = root.get(section) {
            visit(section, resources, scope)?;
        }
    }
    Ok(())
}

fn visit(node: &Node, resources: &BTreeMap<String, Resource<'_>>, scope: &Scope<'_>) -> Result<(), TemplateError> {
    match &node.value {
        Value::List(items) => items.iter().try_for_each(|item| visit(item, resources, scope)),
        Value::Map(entries) => entries.iter().try_for_each(|entry| {
            if entry.key == "Ref"
                && entries.len() == 1
                && let Value::Text(name) = &entry.value.value
            {
                let id = name.strip_suffix(".Stage").unwrap_or(name);
                if !name.starts_with("AWS::") && !scope.parameters.contains_key(name) && !resources.contains_key(id) {
                    let known = resources.keys().chain(scope.parameters.keys()).map(String::as_str);
                    let hint = did_you_mean(name, known);
                    return Err(entry.value.error(format!("there is no parameter or resource \"{name}\"{hint}")));
                }
            }
            if entry.key == "Fn::If"
                && let Value::List(items) = &entry.value.value
                && let Some(condition) = items.first().and_then(Node::scalar)
            {
                scope.holds(&condition, &entry.value)?;
            }
            visit(&entry.value, resources, scope)
        }),
        Value::Bool(_) | Value::Number(_) | Value::Text(_) => Ok(()),
    }
}
