//! Conditions: named truths, each judged once, on parameters alone.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html>

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::error::{TemplateError, did_you_mean};
use super::intrinsics::{Scope, arguments};
use super::tree::{Entry, Node, Value};

#[derive(Debug)]
pub(crate) struct Conditions<'t> {
    declared: &'t [Entry],
    judged: RefCell<BTreeMap<String, bool>>,
    /// Those being judged, outermost first.
    open: RefCell<Vec<String>>,
}

impl<'t> Conditions<'t> {
    pub(crate) fn new(section: Option<&'t Node>) -> Result<Self, TemplateError> {
        let declared = section.map_or(Ok(Default::default()), Node::map)?;
        Ok(Self { declared, judged: RefCell::default(), open: RefCell::default() })
    }

    /// Judges all of them, so that a broken one is found although nothing uses it.
    pub(crate) fn judge_all(&self, scope: &Scope<'_>) -> Result<(), TemplateError> {
        self.declared.iter().try_for_each(|entry| self.holds(&entry.key, &entry.value, scope).map(|_| ()))
    }

    /// Whether the condition `name` holds; `user` is the node that asks.
    pub(crate) fn holds(&self, name: &str, user: &Node, scope: &Scope<'_>) -> Result<bool, TemplateError> {
        if let Some(known) = self.judged.borrow().get(name) {
            return Ok(*known);
        }
        let Some(entry) = self.declared.iter().find(|entry| entry.key == name) else {
            let hint = did_you_mean(name, self.declared.iter().map(|entry| entry.key.as_str()));
            return Err(user.error(format!("there is no condition \"{name}\"{hint}")));
        };
        {
            let open = self.open.borrow();
            if let Some(first) = open.iter().position(|open| *open == name) {
                let circle = open[first..].join(" -> ");
                return Err(user.error(format!("the conditions {circle} -> {name} are a circle")));
            }
        }
        self.open.borrow_mut().push(name.to_owned());
        let result = judge(&entry.value, &scope.without_resources());
        self.open.borrow_mut().pop();
        let result = result?;
        self.judged.borrow_mut().insert(name.to_owned(), result);
        Ok(result)
    }
}

/// Whether a condition expression holds.
pub(crate) fn judge(node: &Node, scope: &Scope<'_>) -> Result<bool, TemplateError> {
    let scope = &scope.deeper(node)?;
    if let Value::Map(entries) = &node.value
        && let [Entry { key, value, .. }] = entries.as_slice()
    {
        match key.as_str() {
            "Fn::Equals" => {
                let [left, right] = arguments::<2>(value, "Fn::Equals", "[value, value]")?;
                return Ok(comparable(left, scope)? == comparable(right, scope)?);
            }
            "Fn::Not" => {
                let [inner] = arguments::<1>(value, "Fn::Not", "[condition]")?;
                return judge(inner, scope).map(|holds| !holds);
            }
            "Fn::And" => return several(value, scope).map(|all| all.iter().all(|holds| *holds)),
            "Fn::Or" => return several(value, scope).map(|all| all.iter().any(|holds| *holds)),
            "Fn::Contains" if scope.in_rules => {
                let [list, item] = arguments::<2>(value, "Fn::Contains", "[[value, ...], value]")?;
                let item = scope.text(item)?;
                return scope.texts(list).map(|list| list.contains(&item));
            }
            "Condition" => return scope.holds(&value.text()?, value),
            _ => {}
        }
    }
    Err(node.error("must be a condition: Fn::Equals, Fn::And, Fn::Or, Fn::Not, or Condition and a name"))
}

/// All operands are judged, even when the first decides: a broken one is an error in AWS too.
fn several(node: &Node, scope: &Scope<'_>) -> Result<Vec<bool>, TemplateError> {
    let operands = node.list()?;
    if !(2..=10).contains(&operands.len()) {
        return Err(node.error(format!("takes 2 to 10 conditions, not {}", operands.len())));
    }
    operands.iter().map(|operand| judge(operand, scope)).collect()
}

/// CloudFormation compares as strings: `-1` equals `"-1"`.
fn comparable(node: &Node, scope: &Scope<'_>) -> Result<serde_json::Value, TemplateError> {
    match scope.resolve(node)? {
        Some(node) => Ok(node.to_json_of_strings()),
        None => Err(node.error("AWS::NoValue cannot be compared")),
    }
}
