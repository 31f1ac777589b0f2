//! One request's `$context`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use http::request::Parts;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::access::Caller;
use super::error::GatewayError;
use super::head::without_stage;
use super::trace::Tracing;
use crate::observation;
use crate::template::RestApi;

/// What is known of a request, filled in as it goes.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) request_id: String,
    pub(super) extended_request_id: String,
    pub(super) account_id: String,
    pub(super) api_id: String,
    pub(super) stage: String,
    pub(super) domain: String,
    pub(super) method: String,
    /// Without the stage.
    pub(super) path: String,
    pub(super) resource: String,
    pub(super) source_ip: IpAddr,
    pub(super) user_agent: Option<String>,
    pub(super) trace_header: String,
    pub(super) received: Timestamp,
    pub(super) started: Instant,
    /// Once it is known.
    pub(super) caller: Caller,
    pub(super) error: Option<GatewayError>,
    pub(super) integration: IntegrationOutcome,
    pub(super) status: u16,
    pub(super) response_length: usize,
}

/// How the integration fared.
#[derive(Debug, Clone, Default)]
pub(super) struct IntegrationOutcome {
    /// Status that Lambda itself returned.
    pub(super) lambda_status: Option<u16>,
    /// Status that the function's code returned.
    pub(super) function_status: Option<u16>,
    /// Lambda's request id.
    pub(super) request_id: Option<String>,
    /// Logical id of the function.
    pub(super) function: Option<String>,
    pub(super) started: Option<Timestamp>,
    /// Whether an execution environment was started for it.
    pub(super) cold: bool,
    pub(super) latency_ms: Option<u128>,
    pub(super) error: Option<String>,
}

impl Context {
    /// What is known of a request that has just come to `host`, the address that the gateway listens on.
    pub(super) fn new(
        api: &RestApi,
        account_id: &str,
        parts: &Parts,
        peer: SocketAddr,
        host: &str,
        tracing: &Tracing,
    ) -> Self {
        let text = |name: &str| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
        Self {
            request_id: uuid::Uuid::new_v4().to_string(),
            extended_request_id: extended_id(),
            account_id: account_id.to_owned(),
            api_id: api.id.clone(),
            stage: api.stage.clone(),
            domain: text("host").unwrap_or_else(|| host.to_owned()),
            method: parts.method.as_str().to_owned(),
            path: without_stage(parts.uri.path(), &api.stage).to_owned(),
            resource: "-".to_owned(),
            source_ip: peer.ip(),
            user_agent: text("user-agent"),
            trace_header: tracing.header(),
            received: Timestamp::now(),
            started: Instant::now(),
            caller: Caller::default(),
            error: None,
            integration: IntegrationOutcome::default(),
            status: 0,
            response_length: 0,
        }
    }

    /// The request as the index of requests keeps it.
    pub(super) fn observed(self, tracing: &Tracing, function: Option<String>) -> observation::Request {
        let IntegrationOutcome { lambda_status, request_id, error, cold, .. } = self.integration;
        observation::Request {
            id: self.request_id,
            trace_id: tracing.trace_id().to_owned(),
            sampled: tracing.is_sampled(),
            at: self.received,
            duration: self.started.elapsed(),
            method: self.method,
            route: self.resource,
            status: self.status,
            function,
            function_request_id: request_id,
            cold,
            throttled: self.status == 429 || lambda_status == Some(429),
            gateway_error: self.error.map(|error| error.response_type.to_owned()),
            function_error: error,
        }
    }

    /// The trace's root id, for `$context.xrayTraceId`.
    fn trace_id(&self) -> Option<String> {
        self.trace_header.split(';').find_map(|part| part.trim().strip_prefix("Root=").map(str::to_owned))
    }

    /// `21/Nov/2026:10:11:12 +0000`, the common log format.
    pub(super) fn request_time(&self) -> String {
        self.received.to_zoned(TimeZone::UTC).strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
    }

    /// A variable's value; `None` where it is unknown or empty.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        let error = self.error.as_ref();
        Some(match name {
            "requestId" => self.request_id.clone(),
            "extendedRequestId" => self.extended_request_id.clone(),
            "accountId" => self.account_id.clone(),
            "apiId" => self.api_id.clone(),
            "stage" => self.stage.clone(),
            "domainName" => self.domain.clone(),
            "httpMethod" => self.method.clone(),
            "path" => format!("/{}{}", self.stage, self.path),
            "resourcePath" => self.resource.clone(),
            "protocol" => "HTTP/1.1".to_owned(),
            "identity.sourceIp" => self.source_ip.to_string(),
            "identity.userAgent" => self.user_agent.clone()?,
            "identity.userArn" | "identity.caller" | "identity.user" | "identity.accountId" => {
                self.caller.identity(name.trim_start_matches("identity."))?
            }
            "requestTime" => self.request_time(),
            "requestTimeEpoch" => self.received.as_millisecond().to_string(),
            "xrayTraceId" => self.trace_id()?,
            "status" => self.status.to_string(),
            "responseLength" => self.response_length.to_string(),
            "responseLatency" => self.started.elapsed().as_millis().to_string(),
            "error.message" => error?.message.to_string(),
            "error.messageString" => serde_json::Value::from(&*error?.message).to_string(),
            "error.responseType" => error?.response_type.to_owned(),
            "integrationLatency" | "integration.latency" => self.integration.latency_ms?.to_string(),
            "integrationStatus" | "integration.integrationStatus" => self.integration.lambda_status?.to_string(),
            "integration.status" => self.integration.function_status?.to_string(),
            "integration.requestId" | "awsEndpointRequestId" => self.integration.request_id.clone()?,
            "integrationErrorMessage" | "integration.error" => self.integration.error.clone()?,
            name => self.caller.claim(name.strip_prefix("authorizer.claims.")?)?,
        })
    }
}

/// Fifteen characters as in `x-amz-apigw-id`.
fn extended_id() -> String {
    use base64::Engine;
    let random = uuid::Uuid::new_v4();
    format!("{}=", base64::engine::general_purpose::STANDARD_NO_PAD.encode(&random.as_bytes()[..11]))
}
