//! Gateway responses: what API Gateway answers itself, in SAM's words and in OpenAPI's.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html>

use std::collections::BTreeMap;

use super::error::{TemplateError, did_you_mean};
use super::model::GatewayResponse;
use super::properties::Known;
use super::tree::{Entry, Node};

const IN_SAM: Known = Known {
    what: "a gateway response",
    used: &["ResponseParameters", "ResponseTemplates", "StatusCode"],
    without_effect: &[],
};
const PARAMETERS_IN_SAM: Known = Known { what: "ResponseParameters", used: &["Headers"], without_effect: &[] };
const IN_OPEN_API: Known = Known {
    what: "a gateway response",
    used: &["responseParameters", "responseTemplates", "statusCode"],
    without_effect: &[],
};

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>
const TYPES: &[&str] = &[
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
];

/// What a gateway response's header may be mapped from, beside a quoted literal.
const SOURCES: &[&str] =
    &["context.", "stageVariables.", "method.request.header.", "method.request.querystring.", "method.request.path."];

pub(crate) fn of_sam(node: &Node) -> Result<BTreeMap<String, GatewayResponse>, TemplateError> {
    let read = |entry: &Entry| {
        let node = &entry.value;
        IN_SAM.check(node)?;
        let mut headers = BTreeMap::new();
        if let Some(parameters) = node.get("ResponseParameters") {
            PARAMETERS_IN_SAM.check(parameters)?;
            for header in parameters.get("Headers").map_or(Ok(Default::default()), Node::map)? {
                headers.insert(header.key.clone(), header_value(&header.value, SOURCES)?);
            }
        }
        response(entry, headers, node.get("StatusCode"), node.get("ResponseTemplates"))
    };
    node.map()?.iter().map(read).collect()
}

pub(crate) fn of_open_api(node: &Node) -> Result<BTreeMap<String, GatewayResponse>, TemplateError> {
    let read = |entry: &Entry| {
        let node = &entry.value;
        IN_OPEN_API.check(node)?;
        let mut headers = BTreeMap::new();
        for parameter in node.get("responseParameters").map_or(Ok(Default::default()), Node::map)? {
            let Some(name) = parameter.key.strip_prefix("gatewayresponse.header.").filter(|name| !name.is_empty())
            else {
                return Err(parameter.at.error("the lab sets headers only: gatewayresponse.header.NAME"));
            };
            headers.insert(name.to_owned(), header_value(&parameter.value, SOURCES)?);
        }
        response(entry, headers, node.get("statusCode"), node.get("responseTemplates"))
    };
    node.map()?.iter().map(read).collect()
}

fn response(
    entry: &Entry,
    headers: BTreeMap<String, String>,
    status: Option<&Node>,
    templates: Option<&Node>,
) -> Result<(String, GatewayResponse), TemplateError> {
    if !TYPES.contains(&entry.key.as_str()) {
        let hint = did_you_mean(&entry.key, TYPES.iter().copied());
        return Err(entry.at.error(format!("there is no gateway response {}{hint}", entry.key)));
    }
    let status = status.map(|status| status.integer(100..=599)).transpose()?;
    let templates = templates.map_or(Ok(BTreeMap::new()), texts)?;
    Ok((entry.key.clone(), GatewayResponse { status, headers, templates }))
}

/// A mapping expression: a literal in single quotes, or one of `sources` and a name.
pub(crate) fn header_value(node: &Node, sources: &[&str]) -> Result<String, TemplateError> {
    let text = node.text()?;
    let quoted = text.len() >= 2 && text.starts_with('\'') && text.ends_with('\'');
    if quoted || sources.iter().any(|source| text.strip_prefix(source).is_some_and(|name| !name.is_empty())) {
        return Ok(text);
    }
    Err(node.error(format!("\"{text}\" is no mapping: a literal stands in single quotes, as in \"'{text}'\"")))
}

/// A map of strings.
pub(crate) fn texts(node: &Node) -> Result<BTreeMap<String, String>, TemplateError> {
    node.map()?.iter().map(|entry| Ok((entry.key.clone(), entry.value.text()?))).collect()
}
