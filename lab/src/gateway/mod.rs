//! API Gateway: one REST API, served at the root and under `/{stage}`.
//!
//! The request goes through throttling, the size limit, the route, its authorisation and its integration; whatever the gateway answers itself
//! is customised by the template's gateway responses, and every request leaves one access log line.

mod access;
pub mod auth;
mod context;
mod error;
mod event;
mod expression;
mod head;
mod integration;
mod metrics;
mod proxy_response;
mod router;
mod static_answer;
mod throttle;
mod trace;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::Request;
use hyper::body::{Body, Incoming};
use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::instruments::Instruments;
use crate::lambda::Lambda;
use crate::listen::{self, Answer, BodyError};
use crate::logs::Logs;
use crate::template::{Integration, RestApi};
pub use access::{Access, AccessError};
use context::Context;
use error::{
    BAD_BODY, BAD_HOST, GatewayError, HEAD_TOO_LARGE, MISCONFIGURED, NO_METHOD, THROTTLED, TOO_LARGE, UNSUPPORTED,
};
pub use expression::UnknownExpression;
use router::Router;
use static_answer::MockError;
use throttle::TokenBucket;
use trace::Tracing;

/// API Gateway's limit of a request's payload.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html>
pub const PAYLOAD_LIMIT: usize = 10 * 1024 * 1024;

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
        let mut context = Context::new(&self.api, &self.account_id, &parts, peer, host, &tracing);
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
        tracing.finish(
            &context,
            &self.api,
            &self.access.region,
            function.as_deref(),
            &parts.headers,
            &self.instruments.xray,
        );
        let request = context.observed(&tracing, function.map(|function| function.name.clone()));
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
        if !head::host_is_valid(&parts.headers) {
            return Err(BAD_HOST);
        }
        if head::size(parts) > head::LIMIT {
            return Err(HEAD_TOO_LARGE);
        }
        if !head::METHODS.contains(&context.method.as_str()) {
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
                let headers = event::forwarded_headers(context, &parts.headers);
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
}
