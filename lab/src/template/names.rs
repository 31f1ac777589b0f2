//! Whether every name exists, also in the branch of an `Fn::If` that is not taken: CloudFormation validates both.

use std::collections::BTreeMap;

use super::error::{TemplateError, did_you_mean};
use super::intrinsics::Scope;
use super::resources::Resource;
use super::sub::{Part, parts};
use super::tree::{Node, Value};

pub(crate) fn check(
    root: &Node,
    resources: &BTreeMap<String, Resource<'_>>,
    scope: &Scope<'_>,
) -> Result<(), TemplateError> {
    let names = Names { resources, scope };
    ["Globals", "Resources", "Outputs"]
        .into_iter()
        .filter_map(|section| root.get(section))
        .try_for_each(|section| names.visit(section))
}

struct Names<'n> {
    resources: &'n BTreeMap<String, Resource<'n>>,
    scope: &'n Scope<'n>,
}

impl Names<'_> {
    fn visit(&self, node: &Node) -> Result<(), TemplateError> {
        match &node.value {
            Value::Map(entries) => {
                if let [entry] = entries.as_slice() {
                    self.call(&entry.key, &entry.value)?;
                }
                entries.iter().try_for_each(|entry| self.visit(&entry.value))
            }
            Value::List(items) => items.iter().try_for_each(|item| self.visit(item)),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => Ok(()),
        }
    }

    /// Arguments of a wrong shape are left to the function itself, which says what it takes.
    fn call(&self, function: &str, argument: &Node) -> Result<(), TemplateError> {
        let first = match &argument.value {
            Value::List(items) if function != "Ref" => items.first(),
            _ => Some(argument),
        };
        let Some((first, text)) = first.and_then(|first| Some((first, first.scalar()?))) else { return Ok(()) };
        match function {
            "Ref" => self.exists(&text, first),
            "Fn::GetAtt" => self.exists(text.split('.').next().unwrap_or(&text), first),
            "Fn::If" => self.scope.holds(&text, first).map(|_| ()),
            "Fn::Sub" => {
                let variables = argument.list().ok().and_then(|items| items.get(1));
                for part in parts(&text).map_err(|message| first.error(message))? {
                    if let Part::Name(name) = part
                        && variables.and_then(|variables| variables.get(name)).is_none()
                    {
                        self.exists(name.split('.').next().unwrap_or(name), first)?;
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn exists(&self, name: &str, user: &Node) -> Result<(), TemplateError> {
        let id = name.strip_suffix(".Stage").unwrap_or(name);
        if name.starts_with("AWS::") || self.scope.parameters.contains_key(name) || self.resources.contains_key(id) {
            return Ok(());
        }
        let known = self.resources.keys().chain(self.scope.parameters.keys()).map(String::as_str);
        Err(user.error(format!("there is no parameter or resource \"{name}\"{}", did_you_mean(name, known))))
    }
}
