//! Answers that no function makes: gateway responses and mock integrations.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::context::Context;
use super::error::GatewayError;
use super::expression;
use crate::listen::{self, Answer};
use crate::template::{GatewayResponse, Mock, RestApi};

/// The gateway's own answer, customised as the template says: by its type, else by `DEFAULT_4XX` or `DEFAULT_5XX`.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>
pub(super) fn gateway_response(api: &RestApi, context: &Context, request: &HeaderMap, error: &GatewayError) -> Answer {
    let fallback = if error.status < 500 { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
    let custom = api.gateway_responses.get(error.response_type).or_else(|| api.gateway_responses.get(fallback));
    let status = custom.and_then(|custom| custom.status).unwrap_or(error.status);
    let template = custom.and_then(template_of).unwrap_or(match error.response_type {
        // The one answer with a capital M.
        // <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html>
        "ACCESS_DENIED" => r#"{"Message":$context.error.messageString}"#,
        _ => r#"{"message":$context.error.messageString}"#,
    });
    let body = expression::render(template, "", |name| context.variable(name));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = listen::answer(status, "application/json", body);
    set(&mut answer, "x-amzn-errortype", error.exception);
    for (name, mapping) in custom.map(|custom| &custom.headers).into_iter().flatten() {
        let value = expression::header(mapping, |name| context.variable(name), |name| header_of(request, name));
        if let Some(value) = value {
            set(&mut answer, name, &value);
        }
    }
    answer
}

/// The template for JSON; every customised response of a template has one.
fn template_of(custom: &GatewayResponse) -> Option<&str> {
    custom.templates.get("application/json").or_else(|| custom.templates.values().next()).map(String::as_str)
}

/// Why a mock does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MockError {
    /// The content type has no template and may not pass: 415 before any customisation.
    UnsupportedMediaType,
    /// No status came out of the request template, or none that has a response.
    Failed,
}

/// A mock integration's answer.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html>
pub(super) fn mock(mock: &Mock, context: &Context, request: &HeaderMap, body: &[u8]) -> Result<Answer, MockError> {
    let content_type = header_of(request, "content-type").unwrap_or_else(|| "application/json".to_owned());
    let content_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let chosen = match mock.request_templates.get(&content_type) {
        Some(template) => expression::render(template, "", |name| context.variable(name)),
        None => match mock.passthrough_behavior.to_ascii_uppercase().as_str() {
            "WHEN_NO_MATCH" => String::from_utf8_lossy(body).into_owned(),
            "WHEN_NO_TEMPLATES" if mock.request_templates.is_empty() => String::from_utf8_lossy(body).into_owned(),
            _ => return Err(MockError::UnsupportedMediaType),
        },
    };
    let status = serde_json::from_str::<serde_json::Value>(&chosen)
        .ok()
        .and_then(|request| request.get("statusCode")?.as_u64())
        .ok_or(MockError::Failed)?;
    let response =
        mock.responses.get(&status.to_string()).or_else(|| mock.responses.get("default")).ok_or(MockError::Failed)?;
    let template = response.templates.get("application/json").map_or("", String::as_str);
    let body = expression::render(template, "", |name| context.variable(name));
    let status = StatusCode::from_u16(response.status).map_err(|_| MockError::Failed)?;
    let mut answer = listen::answer(status, "application/json", body);
    for (name, mapping) in &response.headers {
        let value = expression::header(mapping, |name| context.variable(name), |name| header_of(request, name));
        if let Some(value) = value {
            set(&mut answer, name, &value);
        }
    }
    Ok(answer)
}

pub(super) fn set(answer: &mut Answer, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
        answer.headers_mut().insert(name, value);
    }
}

fn header_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
