//! API Gateway: one REST API, served at the root and under `/{stage}`.
//!
//! The request goes through throttling, the size limit, the route, its authorisation and its integration; whatever the gateway answers itself
//! is customised by the template's gateway responses, and every request leaves one access log line.

mod access;
pub mod auth;
mod context;
mod event;
mod expression;
mod metrics;
mod proxy_response;
mod router;
mod static_answer;
mod throttle;
mod trace;

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use hyper::body::{Body, Incoming};
use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::instruments::Instruments;
use crate::lambda::{Invocation, Lambda, Outcome};
use crate::listen::{self, Answer, BodyError};
use crate::logs::Logs;
use crate::observation;
use crate::template::{Integration, RestApi};
pub use access::{Access, AccessError};
use context::{Context, GatewayError, IntegrationOutcome};
pub use expression::UnknownExpression;
use router::Router;
use static_answer::MockError;
use throttle::TokenBucket;
use trace::Tracing;

/// API Gateway's limit of a request's payload.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub const PAYLOAD_LIMIT: usize = 10 * 1024 * 1024;

/// API Gateway's limit of request line and headers together. The same page.
const HEAD_LIMIT: usize = 10_240;

/// The methods that a REST API can have. <https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html>
const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

const fn error(
    response_type: &'static str,
    status: u16,
    message: &'static str,
    exception: &'static str,
) -> GatewayError {
    GatewayError { response_type, message: Cow::Borrowed(message), exception, status }
}

const BAD_BODY: GatewayError = error("BAD_REQUEST_BODY", 400, "Invalid request body", "BadRequestException");
/// API Gateway is reached by its name: a request without a proper one never gets to a function.
const BAD_HOST: GatewayError = error("DEFAULT_4XX", 400, "Bad Request", "BadRequestException");
const HEAD_TOO_LARGE: GatewayError =
    error("DEFAULT_4XX", 431, "Request Header Fields Too Large", "BadRequestException");
const NO_METHOD: GatewayError =
    error("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", "MissingAuthenticationTokenException");
const TOO_LARGE: GatewayError = error("REQUEST_TOO_LARGE", 413, "Request Too Long", "RequestTooLargeException");
const UNSUPPORTED: GatewayError = error("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type", "BadRequestException");
const THROTTLED: GatewayError = error("THROTTLED", 429, "Too Many Requests", "TooManyRequestsException");
/// A mock without a status.
const MISCONFIGURED: GatewayError =
    error("API_CONFIGURATION_ERROR", 500, "Internal server error", "InternalServerErrorException");
/// Lambda answered 429: a 500 to the caller, unless the gateway response says otherwise.
/// <https://repost.aws/knowledge-center/api-gateway-internal-server-error>
const NOT_INVOKED: GatewayError =
    error("INTEGRATION_FAILURE", 500, "Internal server error", "InternalServerErrorException");
/// A function error or a malformed answer.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html>
const BAD_GATEWAY: GatewayError = error("DEFAULT_5XX", 502, "Internal server error", "InternalServerErrorException");
const TIMED_OUT: GatewayError =
    error("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out", "InternalServerErrorException");

/// Why an API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum GatewaySetUpError {
    /// A mapping template.
    #[error(transparent)]
    Expression(#[from] UnknownExpression),
    /// A method's callers.
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// A REST API in front of the functions.
#[derive(Debug)]
pub struct Gateway {
    api: RestApi,
    account_id: String,
    router: Router,
    access: Access,
    /// One a method of a resource: what `MethodSettings` say for `/*` and `*` is the default of each.
    buckets: Mutex<HashMap<(String, String), TokenBucket>>,
    lambda: Arc<Lambda>,
    logs: Logs,
    instruments: Instruments,
}

impl Gateway {
    /// The gateway of `api`.
    ///
    /// # Errors
    /// When a mapping template or the access log format uses what the lab does not evaluate, or a method asks for
    /// callers that the lab cannot judge.
    pub fn new(
        api: RestApi,
        account_id: &str,
        access: Access,
        lambda: Arc<Lambda>,
        logs: Logs,
        instruments: Instruments,
    ) -> Result<Self, GatewaySetUpError> {
        access.check(&api)?;
        for response in api.gateway_responses.values() {
            response.templates.values().try_for_each(|template| expression::check(template))?;
        }
        for route in &api.routes {
            if let Integration::Mock(mock) = &route.integration {
                mock.request_templates.values().try_for_each(|template| expression::check(template))?;
                let templates = mock.responses.values().flat_map(|response| response.templates.values());
                templates.into_iter().try_for_each(|template| expression::check(template))?;
            }
        }
        api.access_log_format.as_deref().map_or(Ok(()), expression::check)?;
        let router = Router::new(&api.routes);
        let (account_id, buckets) = (account_id.to_owned(), Mutex::default());
        Ok(Self { account_id, router, access, buckets, lambda, logs, instruments, api })
    }

    /// Serves the API until dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let host = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        listen::serve(listener, move |request, peer| {
            let (gateway, host) = (self.clone(), host.clone());
            async move { gateway.answer(request, peer, &host).await }
        })
        .await;
    }

    async fn answer(&self, request: Request<Incoming>, peer: SocketAddr, host: &str) -> Answer {
        let (parts, body) = request.into_parts();
        let tracing = Tracing::start(&self.api, &self.access.region, &parts, &self.instruments.xray);
        let by_function = self.access.is_of_the_stack(&parts.headers);
        let ticket = self.instruments.requests.enter(tracing.trace_id(), tracing.parent(), by_function);
        let mut context = self.context(&parts, peer, host, &tracing);
        let answered = self.respond(&mut context, &tracing, &parts, body).await;
        let mut answer = match answered {
            Ok(answer) => answer,
            Err(failure) => {
                context.error = Some(failure.clone());
                static_answer::gateway_response(&self.api, &context, &parts.headers, &failure)
            }
        };
        for (name, value) in [
            ("x-amzn-requestid", &context.request_id),
            ("x-amz-apigw-id", &context.extended_request_id),
            ("x-amzn-trace-id", &context.trace_header),
        ] {
            static_answer::set(&mut answer, name, value);
        }
        context.status = answer.status().as_u16();
        context.response_length = answer.body().size_hint().exact().unwrap_or_default() as usize;
        if let Some(format) = &self.api.access_log_format {
            self.logs.access(&self.api.name, expression::render(format, "-", |name| context.variable(name)));
        }
        metrics::answered(&context, &self.api, &self.instruments);
        let function = context.integration.function.as_deref().and_then(|id| self.lambda.function(id));
        tracing.finish(&context, &self.api, &self.access.region, function, &parts.headers, &self.instruments.xray);
        let request = observed(context, &tracing, function.map(|function| function.name.clone()));
        self.instruments.requests.leave(&ticket, request);
        answer
    }

    async fn respond(
        &self,
        context: &mut Context,
        tracing: &Tracing,
        parts: &http::request::Parts,
        body: Incoming,
    ) -> Result<Answer, GatewayError> {
        if !host_is_valid(&parts.headers) {
            return Err(BAD_HOST);
        }
        if head_size(parts) > HEAD_LIMIT {
            return Err(HEAD_TOO_LARGE);
        }
        if !METHODS.contains(&context.method.as_str()) {
            // Neither served nor repeated in the access log.
            context.method = "-".to_owned();
            return Err(NO_METHOD);
        }
        let matched = self.router.find(&context.method, &context.path).ok_or(NO_METHOD)?;
        context.resource = matched.resource.to_owned();
        if self.is_throttled(context) {
            return Err(THROTTLED);
        }
        let body = listen::read_body(body, PAYLOAD_LIMIT).await.map_err(|failure| match failure {
            BodyError::TooLong => TOO_LARGE,
            BodyError::Broken => BAD_BODY,
        })?;
        context.caller = self.access.admit(matched.authorization, context, parts, &body, Timestamp::now())?;
        match matched.integration {
            Integration::Mock(mock) => {
                static_answer::mock(mock, context, &parts.headers, &body).map_err(|failure| match failure {
                    MockError::UnsupportedMediaType => UNSUPPORTED,
                    MockError::Failed => MISCONFIGURED,
                })
            }
            Integration::Lambda { function, timeout } => {
                let headers = forwarded_headers(context, &parts.headers);
                let payload = event::of(context, &matched, &headers, parts.uri.query(), &body);
                self.invoke(context, tracing, function, *timeout, payload).await
            }
        }
    }

    fn is_throttled(&self, context: &Context) -> bool {
        let Some(limits) = self.api.throttle else { return false };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let method = (context.resource.clone(), context.method.clone());
        let now = Instant::now();
        !buckets.entry(method).or_insert_with(|| TokenBucket::new(limits, now)).take(now)
    }

    async fn invoke(
        &self,
        context: &mut Context,
        tracing: &Tracing,
        function: &str,
        timeout: Duration,
        payload: Bytes,
    ) -> Result<Answer, GatewayError> {
        let invocation = Invocation::new(payload, &tracing.invocation_header());
        context.integration.request_id = Some(invocation.request_id.clone());
        context.integration.function = Some(function.to_owned());
        context.integration.started = Some(Timestamp::now());
        let started = Instant::now();
        let outcome = tokio::time::timeout(timeout, self.lambda.invoke_timed(function, invocation)).await;
        context.integration.latency_ms = Some(started.elapsed().as_millis());
        let (outcome, timing) = outcome.map_err(|_| TIMED_OUT)?;
        context.integration.cold = timing.init.is_some();
        let mut ended = |status: u16, error: Option<String>| {
            context.integration.lambda_status = Some(status);
            context.integration.error = error;
        };
        match outcome {
            Outcome::Success(payload) => {
                let answer = proxy_response::parse(&payload);
                ended(200, answer.is_none().then(|| "Malformed Lambda proxy response".to_owned()));
                context.integration.function_status = answer.as_ref().map(|answer| answer.status().as_u16());
                answer.ok_or(BAD_GATEWAY)
            }
            Outcome::FunctionError(failure) => {
                // The Invoke API answers 200 and a header; the cause stays in the function's log.
                ended(200, Some(failure.error_type));
                Err(BAD_GATEWAY)
            }
            Outcome::Throttled => {
                ended(429, Some("Rate Exceeded.".to_owned()));
                Err(NOT_INVOKED)
            }
            Outcome::RequestTooLarge => {
                ended(413, Some("RequestTooLargeException".to_owned()));
                Err(TOO_LARGE)
            }
            Outcome::NoSuchFunction => {
                ended(404, Some("ResourceNotFoundException".to_owned()));
                Err(MISCONFIGURED)
            }
        }
    }

    fn context(&self, parts: &http::request::Parts, peer: SocketAddr, host: &str, tracing: &Tracing) -> Context {
        let text = |name: &str| parts.headers.get(name)?.to_str().ok().map(str::to_owned);
        Context {
            request_id: uuid::Uuid::new_v4().to_string(),
            extended_request_id: extended_id(),
            account_id: self.account_id.clone(),
            api_id: self.api.id.clone(),
            stage: self.api.stage.clone(),
            domain: text("host").unwrap_or_else(|| host.to_owned()),
            method: parts.method.as_str().to_owned(),
            path: without_stage(parts.uri.path(), &self.api.stage).to_owned(),
            resource: "-".to_owned(),
            source_ip: peer.ip(),
            user_agent: text("user-agent"),
            trace_header: tracing.header(),
            received: Timestamp::now(),
            started: Instant::now(),
            caller: access::Caller::default(),
            error: None,
            integration: IntegrationOutcome::default(),
            status: 0,
            response_length: 0,
        }
    }
}

/// The request as the index of requests keeps it.
fn observed(context: Context, tracing: &Tracing, function: Option<String>) -> observation::Request {
    let IntegrationOutcome { lambda_status, request_id, error, cold, .. } = context.integration;
    observation::Request {
        id: context.request_id,
        trace_id: tracing.trace_id().to_owned(),
        sampled: tracing.is_sampled(),
        at: context.received,
        duration: context.started.elapsed(),
        method: context.method,
        route: context.resource,
        status: context.status,
        function,
        function_request_id: request_id,
        cold,
        throttled: context.status == 429 || lambda_status == Some(429),
        gateway_error: context.error.map(|error| error.response_type.to_owned()),
        function_error: error,
    }
}

/// Bytes of request line and header values.
fn head_size(parts: &http::request::Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let headers: usize = parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    parts.method.as_str().len() + target + headers
}

/// Whether there is one `Host` and it is a host with at most a port.
fn host_is_valid(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(http::header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let authority = host.to_str().ok().and_then(|host| host.parse::<http::uri::Authority>().ok());
    authority.is_some_and(|authority| {
        let named = url::Host::parse(authority.host()).is_ok();
        let port = authority.as_str().len() == authority.host().len() || authority.port_u16().is_some();
        named && port && !authority.as_str().contains('@')
    })
}

/// The path below `/{stage}`; a path at the root is taken as it is.
fn without_stage<'a>(path: &'a str, stage: &str) -> &'a str {
    match path.strip_prefix('/').and_then(|rest| rest.strip_prefix(stage)) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// What API Gateway adds on the way to the function.
fn forwarded_headers(context: &Context, headers: &HeaderMap) -> HeaderMap {
    let mut forwarded = headers.clone();
    let mut add = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            forwarded.insert(name, value);
        }
    };
    let before = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let chain = before.map_or(String::new(), |before| format!("{before}, "));
    add("x-forwarded-for", &format!("{chain}{}", context.source_ip));
    add("x-forwarded-proto", "https");
    add("x-forwarded-port", "443");
    add("x-amzn-trace-id", &context.trace_header);
    forwarded
}

/// Fifteen characters as in `x-amz-apigw-id`.
fn extended_id() -> String {
    use base64::Engine;
    let random = uuid::Uuid::new_v4();
    format!("{}=", base64::engine::general_purpose::STANDARD_NO_PAD.encode(&random.as_bytes()[..11]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_is_taken_off_only_as_a_whole_part() {
        for (path, expected) in [
            ("/dev/ride", "/ride"),
            ("/dev", "/"),
            ("/dev/", "/"),
            ("/device", "/device"),
            ("/ride", "/ride"),
            ("/", "/"),
        ] {
            assert_eq!(without_stage(path, "dev"), expected);
        }
    }
}
