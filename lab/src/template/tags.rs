//! Short forms: `!Ref X` is `{Ref: X}`, every other tag is `Fn::` and its name.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use saphyr_parser::Tag;

use super::error::{TemplateError, did_you_mean};
use super::tree::{Entry, Node, Value};

/// Every short form CloudFormation has. Those that the lab cannot resolve are refused by the resolver, by name.
const SHORT_FORMS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// What a tag makes of the node it stands on.
#[derive(Debug)]
pub(crate) enum Meaning {
    /// `!!str` and its kind: a string, whatever it looks like.
    Text,
    /// `!!map`, `!!seq`: says what is plain anyhow.
    Nothing,
    Function(String),
}

pub(crate) fn meaning(tag: &Tag) -> Result<Meaning, String> {
    if tag.is_yaml_core_schema() {
        return match tag.suffix.as_str() {
            "str" => Ok(Meaning::Text),
            "map" | "seq" | "int" | "float" | "bool" => Ok(Meaning::Nothing),
            other => Err(format!("CloudFormation does not read the YAML tag !!{other}")),
        };
    }
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("", "!") | ("!", "") => Ok(Meaning::Text),
        ("!", name @ ("Ref" | "Condition")) => Ok(Meaning::Function(name.to_owned())),
        ("!", name) if SHORT_FORMS.contains(&name) => Ok(Meaning::Function(format!("Fn::{name}"))),
        ("!", name) => Err(format!("unknown tag !{name}{}", did_you_mean(name, SHORT_FORMS.iter().copied()))),
        (handle, suffix) => Err(format!("unknown tag {handle}{suffix}")),
    }
}

/// The long form of `function` over `argument`.
pub(crate) fn long_form(function: String, mut argument: Node) -> Result<Node, TemplateError> {
    let at = argument.at.clone();
    // `!GetAtt A.B` splits at the first dot: an attribute may hold dots, a logical id may not.
    if function == "Fn::GetAtt"
        && let Value::Text(text) = &argument.value
    {
        let Some((resource, attribute)) = text.split_once('.') else {
            return Err(at.error(format!("!GetAtt {text}: write it as !GetAtt LogicalId.Attribute")));
        };
        let parts = vec![Node::text_at(&at, resource), Node::text_at(&at, attribute)];
        argument = Node::list_at(&at, parts);
    }
    Ok(Node::map_at(&at, vec![Entry { key: function, at: at.clone(), value: argument }]))
}
