//! The `Parameters` section: what may be chosen, and what was.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>

use std::collections::BTreeMap;
use std::fmt;

use super::error::{TemplateError, did_you_mean};
use super::properties::Known;
use super::tree::{Node, Place};

const DECLARATION: Known = Known {
    what: "a parameter",
    used: &[
        "Type",
        "Default",
        "AllowedValues",
        "AllowedPattern",
        "MinLength",
        "MaxLength",
        "MinValue",
        "MaxValue",
        "NoEcho",
        "ConstraintDescription",
        "Description",
    ],
    without_effect: &[],
};

/// A declared parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// Type.
    pub kind: ParameterType,
    /// Value where none is given.
    pub default: Option<String>,
    /// The only values allowed, where stated.
    pub allowed_values: Vec<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Whether its value is a secret that is not to be printed.
    pub no_echo: bool,
    constraint: Option<String>,
    pattern: Option<regex_lite::Regex>,
    length: (Option<usize>, Option<usize>),
    range: (Option<f64>, Option<f64>),
    at: Place,
}

/// The type of a parameter. AWS-specific and SSM types need an account to look into, and are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// `String`.
    String,
    /// `Number`: an integer or a float, handed on as it was written.
    Number,
    /// `CommaDelimitedList`: strings, trimmed.
    CommaDelimitedList,
    /// `List<Number>`.
    NumberList,
}

impl fmt::Display for ParameterType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "String",
            Self::Number => "Number",
            Self::CommaDelimitedList => "CommaDelimitedList",
            Self::NumberList => "List<Number>",
        })
    }
}

/// A chosen value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Chosen {
    One(String),
    Many(Vec<String>),
}

impl Parameter {
    pub(crate) fn declare(name: &str, node: &Node) -> Result<Self, TemplateError> {
        DECLARATION.check(node)?;
        let kind_node = node.require("Type")?;
        let kind = match kind_node.text()?.as_str() {
            "String" => ParameterType::String,
            "Number" => ParameterType::Number,
            "CommaDelimitedList" => ParameterType::CommaDelimitedList,
            "List<Number>" => ParameterType::NumberList,
            other => {
                return Err(kind_node.error(format!(
                    "the lab knows no parameter type {other}: there is no account to look into; use String, Number, CommaDelimitedList or List<Number>"
                )));
            }
        };
        let text = |key: &str| node.get(key).map(Node::text).transpose();
        let pattern = node.get("AllowedPattern").map(compile).transpose()?;
        let count = |key: &str| node.get(key).map(|limit| limit.integer(0..=4096)).transpose();
        let limit = |key: &str| node.get(key).map(decimal).transpose();
        let parameter = Self {
            name: name.to_owned(),
            kind,
            default: text("Default")?,
            allowed_values: match node.get("AllowedValues") {
                Some(values) => values.list()?.iter().map(Node::text).collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            description: text("Description")?,
            no_echo: node.get("NoEcho").map(Node::boolean).transpose()?.unwrap_or(false),
            constraint: text("ConstraintDescription")?,
            pattern,
            length: (count("MinLength")?, count("MaxLength")?),
            range: (limit("MinValue")?, limit("MaxValue")?),
            at: node.at.clone(),
        };
        if let Some(default) = &parameter.default {
            parameter.choose(default)?;
        }
        Ok(parameter)
    }

    /// The value of `text`, or why it is not allowed.
    pub(crate) fn choose(&self, text: &str) -> Result<Chosen, TemplateError> {
        let is_list = matches!(self.kind, ParameterType::CommaDelimitedList | ParameterType::NumberList);
        if !is_list {
            self.judge(text)?;
            return Ok(Chosen::One(text.to_owned()));
        }
        let items: Vec<String> = text.split(',').map(|item| item.trim().to_owned()).collect();
        items.iter().try_for_each(|item| self.judge(item))?;
        Ok(Chosen::Many(items))
    }

    fn judge(&self, value: &str) -> Result<(), TemplateError> {
        if value.len() > 4096 {
            return Err(self.refuse(value, "is longer than CloudFormation's 4096 bytes"));
        }
        if matches!(self.kind, ParameterType::Number | ParameterType::NumberList) {
            let Some(number) = value.parse::<f64>().ok().filter(|number| number.is_finite()) else {
                return Err(self.refuse(value, "is not a number"));
            };
            let (least, most) = self.range;
            if let Some(least) = least.filter(|least| number < *least) {
                return Err(self.refuse(value, &format!("is less than MinValue {least}")));
            }
            if let Some(most) = most.filter(|most| number > *most) {
                return Err(self.refuse(value, &format!("is more than MaxValue {most}")));
            }
        }
        let length = value.chars().count();
        if let Some(least) = self.length.0.filter(|least| length < *least) {
            return Err(self.refuse(value, &format!("is shorter than MinLength {least}")));
        }
        if let Some(most) = self.length.1.filter(|most| length > *most) {
            return Err(self.refuse(value, &format!("is longer than MaxLength {most}")));
        }
        if !self.allowed_values.is_empty() && !self.allowed_values.iter().any(|allowed| allowed == value) {
            return Err(self.refuse(value, &format!("is none of {}", self.allowed_values.join(", "))));
        }
        if let Some(pattern) = self.pattern.as_ref().filter(|pattern| !pattern.is_match(value)) {
            return Err(self.refuse(value, &format!("does not match {}", shown(pattern))));
        }
        Ok(())
    }

    fn refuse(&self, value: &str, why: &str) -> TemplateError {
        let value = if self.no_echo { "****".to_owned() } else { format!("{value:?}") };
        let constraint = self.constraint.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        self.at.error(format!("{value} {why}{constraint}"))
    }
}

/// Every parameter's value, defaults included.
pub(crate) fn choose(
    declared: &[Parameter],
    overrides: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Chosen>, TemplateError> {
    for name in overrides.keys() {
        if !declared.iter().any(|parameter| parameter.name == *name) {
            let hint = did_you_mean(name, declared.iter().map(|parameter| parameter.name.as_str()));
            return Err(TemplateError::whole(format!("declares no parameter \"{name}\"{hint}")));
        }
    }
    declared
        .iter()
        .map(|parameter| {
            let text = overrides.get(&parameter.name).or(parameter.default.as_ref()).ok_or_else(|| {
                let name = &parameter.name;
                parameter.at.error(format!("has no value and no default; give it with --parameter {name}=VALUE"))
            })?;
            Ok((parameter.name.clone(), parameter.choose(text)?))
        })
        .collect()
}

/// The whole value must match, as in CloudFormation, whose patterns are Java's `matches`.
fn compile(node: &Node) -> Result<regex_lite::Regex, TemplateError> {
    regex_lite::Regex::new(&format!("^(?:{})$", node.text()?))
        .map_err(|error| node.error(format!("the lab cannot read this pattern: {error}")))
}

fn shown(pattern: &regex_lite::Regex) -> &str {
    let text = pattern.as_str();
    text.strip_prefix("^(?:").and_then(|text| text.strip_suffix(")$")).unwrap_or(text)
}

fn decimal(node: &Node) -> Result<f64, TemplateError> {
    node.text()?.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| node.error("must be a number"))
}
