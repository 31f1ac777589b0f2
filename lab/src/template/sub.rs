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
    let mut rest = text.as_str();
    while let Some(start) = rest.find("${") {
        out.push_str(&rest[..start]);
        let Some(length) = rest[start..].find('}') else {
            return Err(argument.error("Fn::Sub: a ${ is not closed by }"));
        };
        let name = rest[start + 2..start + length].trim();
        rest = &rest[start + length + 1..];
        if let Some(literal) = name.strip_prefix('!') {
            out.push_str("${");
            out.push_str(literal);
            out.push('}');
        } else {
            out.push_str(&value(name, variables, argument, scope)?);
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn value(name: &str, variables: Option<&Node>, user: &Node, scope: &Scope<'_>) -> Result<String, TemplateError> {
    if let Some(variable) = variables.and_then(|variables| variables.get(name)) {
        return scope.text(variable);
    }
    // `${Api.Stage}` is SAM's reference to a generated resource, not an attribute.
    if let Some((id, attribute)) = name.split_once('.')
        && !(attribute == "Stage")
    {
        return scope.attribute(id, attribute, user);
    }
    match scope.reference(name, user)? {
        Some(node) if node.scalar().is_some() => node.text(),
        Some(_) => Err(user.error(format!("Fn::Sub: ${{{name}}} is a list; join it first"))),
        None => Err(user.error("Fn::Sub: ${AWS::NoValue} has no value")),
    }
}
