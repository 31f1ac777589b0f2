use super::words::{is_plain, is_throttle};
use crate::telemetry::trace::{Http, HttpResponse, Outcome};
use aws_smithy_runtime_api::client::interceptors::context::{Error, FinalizerInterceptorContextRef};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse as Response, OrchestratorError};
use serde::Deserialize;
use std::borrow::Cow;

/// In place of a text that may repeat the request.
const UNTOLD: &str = "what AWS said may repeat the request and is left out";

/// The longest name of an error that is believed. AWS's have half of it.
const LONGEST_NAME: usize = 64;

/// What AWS answered to an attempt, or why there is no answer.
pub(super) struct Answer<'a> {
    response: Option<&'a Response>,
    error: Option<&'a OrchestratorError<Error>>,
    told: Told,
}

/// What an error says about itself in DynamoDB's and SSM's protocol.
#[derive(Default, Deserialize)]
struct Told {
    /// The name, with or without a namespace and a `#` in front.
    #[serde(rename = "__type", default)]
    kind: String,
    #[serde(alias = "Message", default)]
    message: String,
}

impl<'a> Answer<'a> {
    pub(super) fn of(context: &'a FinalizerInterceptorContextRef<'_>) -> Self {
        let response = context.response();
        let error = context.output_or_error().and_then(Result::err);
        let body = error.and(response).and_then(|response| response.body().bytes());
        let told = body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
        Self { response, error, told }
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.response.map(|response| response.status().as_u16())
    }

    pub(super) fn request_id(&self) -> Option<&'a str> {
        self.response?.headers().get("x-amzn-requestid")
    }

    pub(super) fn http(&self) -> Option<Http> {
        let length = self.response?.headers().get("content-length").and_then(|length| length.parse().ok());
        let response = HttpResponse { status: self.status()?, content_length: length };
        Some(Http { request: None, response: Some(response) })
    }

    /// What became of it, in a word or two.
    pub(super) fn kind(&self) -> Cow<'static, str> {
        let Some(error) = self.error else { return "ok".into() };
        let name = self.told.kind.rsplit('#').next().unwrap_or_default();
        let is_name = (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match self.status() {
            _ if error.is_timeout_error() => "timed out".into(),
            _ if error.is_connector_error() => "no answer".into(),
            Some(_) if is_name => name.to_owned().into(),
            Some(status) if status >= 300 => status.to_string().into(),
            Some(_) => "an answer that cannot be read".into(),
            None => "failed before it was sent".into(),
        }
    }

    /// The answer in X-Ray's terms. A condition that was not met is an error by its status, though often foreseen.
    pub(super) fn outcome(&self) -> Outcome {
        let Some(error) = self.error else { return Outcome::fine() };
        let kind = self.kind();
        // Without an answer of the service there is nothing to tell apart: what was asked for did not happen.
        let answered = error.is_operation_error() && self.status().is_some_and(|status| status >= 400);
        match self.status().filter(|_| answered) {
            Some(_) if is_throttle(&kind) => Outcome::throttled().because(&kind, &self.told.message, true),
            Some(status) => {
                let message = if is_plain(&kind) { &self.told.message } else { UNTOLD };
                Outcome::of_status(status).because(&kind, message, true)
            }
            None => Outcome::fault().because(&kind, &error.to_string(), false),
        }
    }
}
