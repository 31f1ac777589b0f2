//! Intrinsic functions: a node into what it stands for.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::conditions::Conditions;
use super::error::{TemplateError, did_you_mean};
use super::model::Inputs;
use super::parameters::Chosen;
use super::references::References;
use super::tree::{Entry, Node, Value};
use super::{pseudo, sub};

/// No computed string grows beyond this: nested substitutions double in size at every level.
const MAX_STRING: usize = 64 * 1024;
/// Calls within calls, through names and conditions too: each costs stack.
const MAX_CALLS: usize = 48;

/// What a node is resolved against.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    pub(crate) inputs: &'s Inputs,
    pub(crate) parameters: &'s BTreeMap<String, Chosen>,
    pub(crate) mappings: Option<&'s Node>,
    pub(crate) conditions: &'s Conditions<'s>,
    /// The resources; `None` where only parameters may be named.
    pub(crate) references: Option<&'s References<'s>>,
    /// Logical id of the resource being resolved, which then depends on what it names.
    pub(crate) owner: Option<&'s str>,
    /// Whether a rule asks: rules know functions that conditions do not.
    pub(crate) in_rules: bool,
    /// How deep this is called.
    pub(crate) depth: usize,
}

impl<'s> Scope<'s> {
    pub(crate) fn without_resources(&self) -> Self {
        Self { references: None, ..*self }
    }

    pub(crate) fn owned_by(&self, owner: &'s str) -> Self {
        Self { owner: Some(owner), ..*self }
    }

    /// The scope of what `node` calls.
    pub(crate) fn deeper(&self, node: &Node) -> Result<Self, TemplateError> {
        if self.depth >= MAX_CALLS {
            return Err(node.error(format!("names, conditions and functions lead more than {MAX_CALLS} levels deep")));
        }
        Ok(Self { depth: self.depth + 1, ..*self })
    }

    /// The node without intrinsic functions; nothing for `AWS::NoValue`.
    pub(crate) fn resolve(&self, node: &Node) -> Result<Option<Node>, TemplateError> {
        self.deeper(node)?.resolve_here(node)
    }

    fn resolve_here(&self, node: &Node) -> Result<Option<Node>, TemplateError> {
        match &node.value {
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => Ok(Some(node.clone())),
            Value::List(items) => Ok(Some(Node::list_at(&node.at, self.resolve_all(items)?))),
            Value::Map(entries) => match entries.as_slice() {
                [Entry { key, value, .. }] if key == "Ref" || key.starts_with("Fn::") => self.call(key, value, node),
                entries => {
                    let mut resolved = Vec::with_capacity(entries.len());
                    for entry in entries {
                        if entry.key.starts_with("Fn::") {
                            return Err(entry.at.error(format!("{} must stand alone in its map", entry.key)));
                        }
                        if let Some(value) = self.resolve(&entry.value)? {
                            resolved.push(Entry { key: entry.key.clone(), at: entry.at.clone(), value });
                        }
                    }
                    Ok(Some(Node::map_at(&node.at, resolved)))
                }
            },
        }
    }

    /// A node that must come to a scalar.
    pub(crate) fn text(&self, node: &Node) -> Result<String, TemplateError> {
        match self.resolve(node)? {
            Some(resolved) => resolved.text(),
            None => Err(node.error("AWS::NoValue cannot stand here")),
        }
    }

    /// A node that must come to a list of scalars.
    pub(crate) fn texts(&self, node: &Node) -> Result<Vec<String>, TemplateError> {
        match self.resolve(node)? {
            Some(resolved) => resolved.list()?.iter().map(Node::text).collect(),
            None => Err(node.error("AWS::NoValue cannot stand here")),
        }
    }

    /// What `Ref` of `name` is; `user` is the node that says it.
    pub(crate) fn reference(&self, name: &str, user: &Node) -> Result<Option<Node>, TemplateError> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if name.starts_with("AWS::") {
            return pseudo::value(name, self.inputs, user).map(|value| Some(Node::text_at(&user.at, value)));
        }
        match self.parameters.get(name) {
            Some(Chosen::One(text)) => Ok(Some(Node::text_at(&user.at, text))),
            Some(Chosen::Many(items)) => {
                let items = items.iter().map(|item| Node::text_at(&user.at, item)).collect();
                Ok(Some(Node::list_at(&user.at, items)))
            }
            None => self.resources(name, user)?.reference(name, self, user).map(|id| Some(Node::text_at(&user.at, id))),
        }
    }

    /// What `Fn::GetAtt` is.
    pub(crate) fn attribute(&self, id: &str, attribute: &str, user: &Node) -> Result<String, TemplateError> {
        self.resources(id, user)?.attribute(id, attribute, self, user)
    }

    pub(crate) fn holds(&self, condition: &str, user: &Node) -> Result<bool, TemplateError> {
        self.conditions.holds(condition, user, self)
    }

    fn resources(&self, name: &str, user: &Node) -> Result<&'s References<'s>, TemplateError> {
        self.references.ok_or_else(|| {
            let hint = did_you_mean(name, self.parameters.keys().map(String::as_str));
            user.error(format!(
                "\"{name}\" is no parameter, and nothing else can be named in a condition or a rule{hint}"
            ))
        })
    }

    fn resolve_all(&self, items: &[Node]) -> Result<Vec<Node>, TemplateError> {
        items.iter().filter_map(|item| self.resolve(item).transpose()).collect()
    }

    fn call(&self, function: &str, argument: &Node, node: &Node) -> Result<Option<Node>, TemplateError> {
        let text = match function {
            "Ref" => {
                return self.reference(&literal(argument, "Ref takes the name of a parameter or a resource")?, node);
            }
            "Fn::If" => {
                let [condition, then, otherwise] =
                    arguments::<3>(argument, function, "[condition name, value if true, value if false]")?;
                let condition = literal(condition, "Fn::If takes the name of a condition")?;
                return self.resolve(if self.holds(&condition, argument)? { then } else { otherwise });
            }
            "Fn::Select" => return self.select(argument).map(Some),
            "Fn::FindInMap" => return self.find_in_map(argument).map(Some),
            "Fn::Split" => {
                let [delimiter, text] = arguments::<2>(argument, function, "[delimiter, string]")?;
                let delimiter = literal(delimiter, "the delimiter is a string")?;
                if delimiter.is_empty() {
                    return Err(argument.error("Fn::Split: the delimiter is empty"));
                }
                let text = self.text(text)?;
                let parts = text.split(&delimiter).map(|part| Node::text_at(&node.at, part)).collect();
                return Ok(Some(Node::list_at(&node.at, parts)));
            }
            "Fn::Join" => {
                let [delimiter, items] = arguments::<2>(argument, function, "[delimiter, [value, ...]]")?;
                let delimiter = literal(delimiter, "the delimiter is a string")?;
                self.texts(items)?.join(&delimiter)
            }
            "Fn::GetAtt" => {
                let (id, attribute) = self.attribute_name(argument)?;
                self.attribute(&id, &attribute, node)?
            }
            "Fn::Sub" => sub::substitute(argument, self)?,
            "Fn::Base64" => STANDARD.encode(self.text(argument)?),
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                return Err(
                    node.error(format!("{function} belongs in the section Conditions; use Fn::If with its name"))
                );
            }
            other => return Err(node.error(format!("the lab does not know the intrinsic function {other}"))),
        };
        if text.len() > MAX_STRING {
            return Err(node.error(format!("{function} makes a string of more than {MAX_STRING} bytes")));
        }
        Ok(Some(Node::text_at(&node.at, text)))
    }

    fn select(&self, argument: &Node) -> Result<Node, TemplateError> {
        let [index, list] = arguments::<2>(argument, "Fn::Select", "[index, [value, ...]]")?;
        let shown = self.text(index)?;
        let list = self.resolve(list)?.ok_or_else(|| list.error("AWS::NoValue cannot stand here"))?;
        let items = list.list()?;
        shown.parse::<usize>().ok().and_then(|index| items.get(index)).cloned().ok_or_else(|| {
            argument.error(format!("Fn::Select: there is no item {shown:?} in a list of {} (from 0)", items.len()))
        })
    }

    fn find_in_map(&self, argument: &Node) -> Result<Node, TemplateError> {
        let names = arguments::<3>(argument, "Fn::FindInMap", "[map, top-level key, second-level key]")?;
        let mut found = self.mappings.ok_or_else(|| argument.error("the template has no section Mappings"))?;
        for name in names {
            let key = self.text(name)?;
            found = found.get(&key).ok_or_else(|| {
                let known = found.map().unwrap_or_default().iter().map(|entry| entry.key.as_str());
                name.error(format!("Fn::FindInMap: there is no key \"{key}\"{}", did_you_mean(&key, known)))
            })?;
        }
        if let Value::Map(_) = found.value {
            return Err(argument.error("Fn::FindInMap: the mapping is nested deeper than two keys"));
        }
        Ok(Node { at: argument.at.clone(), value: found.value.clone() })
    }

    fn attribute_name(&self, argument: &Node) -> Result<(String, String), TemplateError> {
        if let Value::Text(text) = &argument.value {
            return text
                .split_once('.')
                .map(|(id, attribute)| (id.to_owned(), attribute.to_owned()))
                .ok_or_else(|| argument.error("Fn::GetAtt takes LogicalId.Attribute"));
        }
        let [id, attribute] = arguments::<2>(argument, "Fn::GetAtt", "[logical id, attribute]")?;
        Ok((literal(id, "Fn::GetAtt takes the logical id of a resource")?, self.text(attribute)?))
    }
}

/// The arguments of a function that takes exactly `N`.
pub(crate) fn arguments<'n, const N: usize>(
    node: &'n Node,
    function: &str,
    shape: &str,
) -> Result<[&'n Node; N], TemplateError> {
    let wrong = |found: String| node.error(format!("{function} takes {shape}, not {found}"));
    let Value::List(items) = &node.value else { return Err(wrong(node.kind().to_owned())) };
    let items: Vec<&Node> = items.iter().collect();
    items.try_into().map_err(|items: Vec<_>| wrong(format!("a list of {}", items.len())))
}

fn literal(node: &Node, what: &str) -> Result<String, TemplateError> {
    node.scalar().ok_or_else(|| node.error(format!("{what}, not {}", node.kind())))
}
