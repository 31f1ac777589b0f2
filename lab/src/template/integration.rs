//! What stands behind a route: `aws_proxy` to a function, or `mock`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-integration.html>

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::TemplateError;
use super::model::{Integration, Mock, MockResponse, Stack};
use super::properties::Known;
use super::responses::{header_value, texts};
use super::routes::DeclaredHeaders;
use super::tree::Node;

const PROXY: Known = Known {
    what: "an aws_proxy integration",
    used: &["httpMethod", "timeoutInMillis", "type", "uri"],
    without_effect: &[
        ("cacheKeyParameters", "there is no API cache"),
        ("cacheNamespace", "there is no API cache"),
        ("passthroughBehavior", "a proxy integration passes everything through"),
        ("payloadFormatVersion", "a REST API knows one format"),
        ("responses", "a proxy integration returns what the function says"),
    ],
};
const MOCK: Known = Known {
    what: "a mock integration",
    used: &["passthroughBehavior", "requestTemplates", "responses", "type"],
    without_effect: &[("httpMethod", "nothing is called"), ("timeoutInMillis", "nothing is called")],
};
const RESPONSE: Known = Known {
    what: "an integration response",
    used: &["responseParameters", "responseTemplates", "statusCode"],
    without_effect: &[],
};

/// API Gateway's default limit, and the highest that an account has without asking.
const MAX_TIMEOUT_MS: u64 = 29_000;

pub(crate) fn read(node: &Node, declared: &DeclaredHeaders, stack: &Stack) -> Result<Integration, TemplateError> {
    let kind = node.require("type")?;
    match kind.text()?.to_ascii_lowercase().as_str() {
        "aws_proxy" => proxy(node, stack),
        "mock" => mock(node, declared).map(Integration::Mock),
        other => {
            Err(kind.error(format!("the lab does not know integrations of type {other}, only aws_proxy and mock")))
        }
    }
}

fn proxy(node: &Node, stack: &Stack) -> Result<Integration, TemplateError> {
    PROXY.check(node)?;
    let method = node.require("httpMethod")?;
    if method.text()? != "POST" {
        return Err(method.error("must be POST: it is how Lambda is called, whatever the caller's method"));
    }
    let timeout = node.get("timeoutInMillis").map_or(Ok(MAX_TIMEOUT_MS), |limit| limit.integer(50..=MAX_TIMEOUT_MS))?;
    Ok(Integration::Lambda {
        function: function_behind(node.require("uri")?, stack)?,
        timeout: Duration::from_millis(timeout),
    })
}

/// `arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function ARN}/invocations` back to a logical id.
fn function_behind(node: &Node, stack: &Stack) -> Result<String, TemplateError> {
    let uri = node.text()?;
    let arn = uri
        .strip_prefix("arn:")
        .and_then(|rest| rest.split_once(":apigateway:"))
        .and_then(|(_, rest)| rest.split_once(":lambda:path/2015-03-31/functions/"))
        .filter(|(region, _)| *region == stack.region)
        .and_then(|(_, rest)| rest.strip_suffix("/invocations"));
    let Some(arn) = arn else {
        return Err(node.error(format!(
            "\"{uri}\" is not arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{Function.Arn}}/invocations"
        )));
    };
    let function = stack.functions.values().find(|function| function.arn == arn);
    function
        .map(|function| function.logical_id.clone())
        .ok_or_else(|| node.error(format!("\"{arn}\" is no function of this template")))
}

fn mock(node: &Node, declared: &DeclaredHeaders) -> Result<Mock, TemplateError> {
    MOCK.check(node)?;
    let passthrough = match node.get("passthroughBehavior") {
        Some(behaviour) => {
            let text = behaviour.text()?.to_ascii_uppercase();
            if !["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"].contains(&text.as_str()) {
                return Err(behaviour.error("must be when_no_match, when_no_templates or never"));
            }
            text
        }
        None => "WHEN_NO_MATCH".to_owned(),
    };
    let mut responses = BTreeMap::new();
    let responses_node = node.require("responses")?;
    for entry in responses_node.map()? {
        responses.insert(entry.key.clone(), response(&entry.value, declared)?);
    }
    if responses.is_empty() {
        return Err(responses_node.error("a mock without a response answers 500; add \"default\""));
    }
    Ok(Mock {
        request_templates: node.get("requestTemplates").map_or(Ok(BTreeMap::new()), texts)?,
        passthrough_behavior: passthrough,
        responses,
    })
}

fn response(node: &Node, declared: &DeclaredHeaders) -> Result<MockResponse, TemplateError> {
    RESPONSE.check(node)?;
    let status_node = node.require("statusCode")?;
    let status: u16 = status_node.integer(100..=599)?;
    // API Gateway refuses to import a response that the method does not declare, and a header likewise.
    let Some(allowed) = declared.get(&status.to_string()) else {
        return Err(
            status_node.error(format!("the operation declares no response \"{status}\"; add it under its responses"))
        );
    };
    let mut headers = BTreeMap::new();
    for entry in node.get("responseParameters").map_or(Ok(Default::default()), Node::map)? {
        let Some(name) = entry.key.strip_prefix("method.response.header.").filter(|name| !name.is_empty()) else {
            return Err(entry.at.error("the lab sets response headers only: method.response.header.NAME"));
        };
        if !allowed.contains(&name.to_ascii_lowercase()) {
            return Err(entry.at.error(format!("the operation's response \"{status}\" declares no header {name}")));
        }
        headers.insert(name.to_owned(), header_value(&entry.value, &["context."])?);
    }
    let templates = node.get("responseTemplates").map_or(Ok(BTreeMap::new()), texts)?;
    Ok(MockResponse { status, headers, templates })
}
