//! `AWS::Lambda::Permission`: who may invoke a function, and whether a route is allowed to.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-permission.html>

use super::error::TemplateError;
use super::model::{Inputs, Permission, Stack};
use super::properties::Known;
use super::pseudo::arn;
use super::stack::Resolved;
use super::tree::Node;
use super::wildcard;

const PROPERTIES: Known = Known {
    what: "AWS::Lambda::Permission",
    used: &["Action", "FunctionName", "Principal", "SourceArn"],
    without_effect: &[("SourceAccount", "there is one account")],
};

const GATEWAY: &str = "apigateway.amazonaws.com";
/// What `ANY` stands for.
const METHODS: &[&str] = &["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

pub(crate) fn read(item: &Resolved<'_>, stack: &Stack) -> Result<Permission, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    node.require("Action")?.one_of(&["lambda:InvokeFunction"])?;
    Ok(Permission {
        function: function_of(node.require("FunctionName")?, stack)?,
        principal: node.require("Principal")?.text()?,
        source_arn: node.get("SourceArn").map(Node::text).transpose()?,
    })
}

/// Logical id of the function that a name or an ARN means.
pub(crate) fn function_of(node: &Node, stack: &Stack) -> Result<String, TemplateError> {
    let text = node.text()?;
    stack
        .functions
        .values()
        .find(|function| function.arn == text || function.name == text)
        .map(|function| function.logical_id.clone())
        .ok_or_else(|| node.error(format!("\"{text}\" is no function of this template")))
}

/// A method of an API's resource, as API Gateway says who it is when it invokes a function.
pub(crate) struct Caller<'a> {
    pub(crate) api_id: &'a str,
    pub(crate) stage: &'a str,
    pub(crate) path: &'a str,
    pub(crate) method: &'a str,
    /// Methods of the same path that have a route of their own, which `ANY` then does not stand for.
    pub(crate) siblings: &'a [String],
}

impl Caller<'_> {
    /// The first method for which no permission lets the caller in: API Gateway would answer it with 500.
    ///
    /// The source is `{api}/{stage}/{method}/{path}`, a `*` standing for a path parameter:
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
    pub(crate) fn refused(&self, function: &str, stack: &Stack, inputs: &Inputs) -> Option<String> {
        let methods: Vec<&str> = match self.method {
            "ANY" => METHODS.iter().copied().filter(|method| !self.siblings.iter().any(|own| own == method)).collect(),
            method => vec![method],
        };
        let path: Vec<&str> = self
            .path
            .trim_start_matches('/')
            .split('/')
            .map(|part| if part.starts_with('{') { "*" } else { part })
            .collect();
        methods
            .into_iter()
            .find(|method| {
                let source = format!("{}/{}/{method}/{}", self.api_id, self.stage, path.join("/"));
                let source = arn(inputs, "execute-api", &source);
                !stack.permissions.values().any(|permission| {
                    permission.function == function
                        && permission.principal == GATEWAY
                        && permission
                            .source_arn
                            .as_ref()
                            .is_none_or(|pattern| wildcard::matches(pattern.as_bytes(), source.as_bytes()))
                })
            })
            .map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_pattern_matches_as_iam_matches() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(wildcard::matches(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}")
        };
        check("a/dev/*/ride", "a/dev/POST/ride", true);
        check("a/dev/*/ride", "a/dev/POST/rides", false);
        check("a/*", "a/dev/POST/ride", true);
        check("a/dev/?ET/", "a/dev/GET/", true);
        check("a/dev/POST/*", "a/dev/POST/*", true);
        check("*b*b", "abab", true);
        check("", "a", false);
    }
}
