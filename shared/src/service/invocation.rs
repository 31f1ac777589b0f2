use super::faulty::Faulty;
use super::{Answer, Call, Routes};
use crate::budget::{Budget, Limits, caller_waits};
use crate::context::{RequestContext, trace_header, traceparent};
use crate::problem::Failure;
use crate::request_id::{RequestId, X_REQUEST_ID};
use crate::settings::Settings;
use crate::telemetry::metrics::{COLD_START, OfService, REQUEST_LATENCY, Recorder};
use crate::telemetry::trace::{Blame, Outcome, below};
use http::{HeaderValue, Method, Response, header};
use lambda_http::RequestExt;
use lambda_http::tower::Service;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;
use tracing::Instrument;

/// What everything of a request hangs under, inside the function's own segment: annotations cannot be added to a
/// segment that Lambda writes.
const SUBSEGMENT: &str = "handler";

/// Gives every request its trace, its id, its budget, its headers, its one log line and its metrics.
#[derive(Debug)]
pub struct Invocations<S> {
    settings: Settings,
    routes: Routes,
    cold: AtomicBool,
    inner: S,
}

impl<S> Invocations<S> {
    pub(super) fn new(settings: Settings, routes: Routes, inner: S) -> Self {
        Self { settings, routes, cold: AtomicBool::new(true), inner }
    }

    /// The function's own limits: what its caller says is left out.
    fn limits(&self, request: &lambda_http::Request) -> Limits {
        let now_ms = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default();
        let deadline_ms = request.lambda_context_ref().map_or(0, |invocation| invocation.deadline);
        Limits { now_ms, deadline_ms, timeout: self.settings.timeout, caller_waits: None }
    }

    fn context(&self, request: &lambda_http::Request) -> RequestContext {
        let invocation = request.lambda_context_ref();
        let caller_waits = caller_waits(request.headers()).filter(|_| self.routes.caller_budget);
        let limits = Limits { caller_waits, ..self.limits(request) };
        RequestContext {
            request_id: RequestId::of(request.headers()),
            budget: Budget::start_at(Instant::now(), &limits),
            trace: invocation.and_then(|invocation| trace_header(invocation.xray_trace_id.as_deref()?)),
            traceparent: traceparent(request.headers()),
        }
    }
}

impl<S> Service<lambda_http::Request> for Invocations<S>
where
    S: Service<Call, Response = Answer, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: lambda_http::Request) -> Self::Future {
        let started = Instant::now();
        let context = self.context(&request);
        let cold_start = self.cold.swap(false, Ordering::Relaxed);
        let invocation = request.lambda_context_ref();
        let span = tracing::error_span!(
            "invocation",
            function_request_id = invocation.map(|invocation| invocation.request_id.as_str()),
            request_id = context.request_id.as_str(),
            // The id alone: it joins this line with the access log's.
            xray_trace_id = context.trace_id(),
            cold_start,
        );
        let request_id = context.request_id.clone();
        let mut faulty = Faulty::current(request.headers(), &request_id, || self.limits(&request).allowance());
        let mut subsegment = self.settings.tracer.begin(context.trace.as_deref(), SUBSEGMENT);
        let method = method_name(request.method());
        let mut call = Call { context, stage: Arc::clone(&self.settings.stage), route: "unknown", request };
        // A path that is no route is the caller's own text: it stays out of the log.
        let route = self.routes.find(call.path()).map_or("unknown", |(route, _)| route);
        call.route = route;
        if let Some(subsegment) = &mut subsegment {
            subsegment.annotate("request_id", request_id.as_str());
            subsegment.annotate("service", self.settings.service);
            subsegment.annotate("stage", &*self.settings.stage);
            subsegment.annotate("cold_start", cold_start);
            subsegment.annotate("method", method);
            subsegment.annotate("route", route);
            // A function that is killed at its time limit ends nothing: without this, what its steps hang under would
            // be missing, and its request could not be found by its id.
            subsegment.announce();
        }
        let common_headers = self.routes.headers.clone();
        let work = span.in_scope(|| self.inner.call(call));
        let metrics = Recorder::default();
        let answering = async move {
            let work = faulty.around(work);
            let Ok(answer) = below(subsegment.as_ref(), metrics.clone().during(work)).await;
            let faults = faulty.injected();
            if let Some(mut subsegment) = subsegment {
                let status = answer.as_ref().map_or_else(|failure| failure.problem.status(), Response::status);
                subsegment.annotate("status", status.as_u16());
                if let Some(faults) = &faults {
                    subsegment.annotate("faults", faults.as_str());
                }
                let fine = |response: &Response<_>| Outcome::of_status(response.status().as_u16());
                subsegment.end(&answer.as_ref().map_or_else(Blame::blame, fine));
            }
            let (mut response, failure) = match answer {
                Ok(response) => (response, None),
                Err(Failure { problem, cause }) => {
                    let detail = problem.detail();
                    (problem.into_response(&request_id), Some((detail, cause)))
                }
            };
            faulty.corrupt(&mut response);
            let headers = response.headers_mut();
            headers.extend(common_headers);
            headers.insert(X_REQUEST_ID, request_id.to_header());
            // What a handler says of an answer that is the same for all is left.
            headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            let status = response.status().as_u16();
            let latency = started.elapsed();
            let duration_ms = latency.as_micros() as f64 / 1_000.0;
            completed(method, route, status, duration_ms, faults.as_deref(), failure);
            metrics.record(REQUEST_LATENCY, OfService, latency);
            metrics.record(COLD_START, OfService, cold_start.into());
            metrics.flush();
            Ok(response)
        };
        Box::pin(answering.instrument(span))
    }
}

/// A method for the log. Any word can be a method; one that HTTP does not know is the caller's own text.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("unknown")
}

type Cause = Option<Box<dyn std::error::Error + Send + Sync>>;

/// The one line of a request.
fn completed(
    method: &str,
    route: &str,
    status: u16,
    duration_ms: f64,
    faults: Option<&str>,
    failure: Option<(String, Cause)>,
) {
    let (detail, cause) = failure.map_or((None, None), |(detail, cause)| (Some(detail), cause));
    let error = cause.as_deref().map(|cause| cause as &(dyn std::error::Error + 'static));
    let detail = detail.as_deref();
    match status {
        500 => tracing::error!(method, route, status, duration_ms, faults, detail, error, "request completed"),
        501.. => tracing::warn!(method, route, status, duration_ms, faults, detail, error, "request completed"),
        _ => tracing::info!(method, route, status, duration_ms, faults, detail, error, "request completed"),
    }
}
