//! `Fn::Sub`: `${Name}`, `${Resource.Attribute}`, variables of its own, and `${!Literal}`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html>

use super::error::TemplateError;
use super::intrinsics::{Scope, arguments};
use super::tree::{Node, Value};

pub(crate) fn substitute(argument: &Node, scope: &Scope<'_>) -> Result<String, TemplateError> {
    let (text, variables) = match &argument.value {
        Value::List(_) => {
            let [text, variables] = arguments::<2>(argument, "Fn::Sub", "a string, or [string, {variable: value}]")?;
            variables.map()?;
            (text, Some(variables))
        }
        _ => (argument, None),
    };
    let Value::Text(text) = &text.value else {
        return Err(argument.error(format!("Fn::Sub takes a string, or [string, map], not {}", text.kind())));
    };
    let mut out = String::with_capacity(text.len());
    for part in parts(text).map_err(|message| argument.error(message))? {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Literal(text) => out.push_str(&format!("${{{text}}}")),
            Part::Name(name) => out.push_str(&value(name, variables, argument, scope)?),
        }
    }
    Ok(out)
}

pub(crate) enum Part<'a> {
    Text(&'a str),
    /// `${!Literal}`, which stays as `${Literal}`.
    Literal(&'a str),
    Name(&'a str),
}

pub(crate) fn parts(text: &str) -> Result<Vec<Part<'_>>, &'static str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        parts.push(Part::Text(&rest[..start]));
        let length = rest[start..].find('}').ok_or("Fn::Sub: a ${ is not closed by }")?;
        let name = rest[start + 2..start + length].trim();
        parts.push(name.strip_prefix('!').map_or(Part::Name(name), Part::Literal));
        rest = &rest[start + length + 1..];
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

fn value(name: &str, variables: Option<&Node>, user: &Node, scope: &Scope<'_>) -> Result<String, TemplateError> {
    if let Some(variable) = variables.and_then(|variables| variables.get(name)) {
        return scope.text(variable);
    }
    // `${Api.Stage}` is SAM's reference to a generated resource, not an attribute.
    if let Some((id, attribute)) = name.split_once('.')
        && attribute != "Stage"
    {
        return scope.attribute(id, attribute, user);
    }
    match scope.reference(name, user)? {
        Some(node) if node.scalar().is_some() => node.text(),
        Some(_) => Err(user.error(format!("Fn::Sub: ${{{name}}} is a list; join it first"))),
        None => Err(user.error("Fn::Sub: ${AWS::NoValue} has no value")),
    }
}
