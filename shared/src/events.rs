//! What a function does for every invocation by an event that is no HTTP request: an id, a budget, a trace and metrics.

#[cfg(feature = "events")]
mod runtime;

#[cfg(feature = "events")]
pub use runtime::run;

use crate::budget::{Budget, Limits};
use crate::context::{RequestContext, trace_header};
use crate::request_id::RequestId;
use crate::settings::Settings;
use crate::telemetry::metrics::Recorder;
use crate::telemetry::trace::{Outcome, Subsegment, below};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use tracing::Instrument;

/// What Lambda says about an invocation.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Lambda's id of it.
    pub request_id: String,
    /// Its deadline, in milliseconds since the Unix epoch.
    pub deadline_ms: u64,
    /// The X-Ray trace header of it.
    pub xray_trace_id: Option<String>,
}

/// The invocations of a process.
#[derive(Debug)]
pub struct Events {
    settings: Settings,
    cold: AtomicBool,
}

/// One invocation, before its work is done.
#[derive(Debug)]
pub struct Invocation {
    context: RequestContext,
    span: tracing::Span,
    subsegment: Option<Subsegment>,
}

impl Events {
    /// None as yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, cold: AtomicBool::new(true) }
    }

    /// Begins one: its time runs from here.
    pub fn begin(&self, caller: &Caller) -> Invocation {
        let cold_start = self.cold.swap(false, Ordering::Relaxed);
        let context = self.context(caller);
        let span = tracing::error_span!(
            "invocation",
            function_request_id = caller.request_id.as_str(),
            request_id = context.request_id.as_str(),
            xray_trace_id = context.trace_id(),
            cold_start,
        );
        let mut subsegment = self.settings.tracer.begin(context.trace.as_deref(), "handler");
        if let Some(subsegment) = &mut subsegment {
            subsegment.annotate("request_id", context.request_id.as_str());
            subsegment.annotate("service", self.settings.service);
            subsegment.annotate("stage", &*self.settings.stage);
            subsegment.annotate("cold_start", cold_start);
            // A function that is killed at its time limit ends nothing.
            subsegment.announce();
        }
        Invocation { context, span, subsegment }
    }

    fn context(&self, caller: &Caller) -> RequestContext {
        let now_ms = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default();
        let timeout = self.settings.timeout;
        let limits = Limits { now_ms, deadline_ms: caller.deadline_ms, timeout, caller_waits: None };
        RequestContext {
            request_id: RequestId::parse(&caller.request_id).unwrap_or_else(|| RequestId::of(&Default::default())),
            budget: Budget::start_at(Instant::now(), &limits),
            trace: caller.xray_trace_id.as_deref().and_then(trace_header),
            traceparent: None,
        }
    }
}

impl Invocation {
    /// What it knows about itself.
    pub fn context(&self) -> &RequestContext {
        &self.context
    }

    /// Does its work, in its place of the log and of the trace. What the work measures is written when it is done.
    /// `judge` says how it went and is asked only when the trace is sampled.
    pub async fn run<T>(self, work: impl Future<Output = T>, judge: impl FnOnce(&T) -> Outcome) -> T {
        let Self { span, subsegment, .. } = self;
        let work = Box::pin(work); // kept once, not in each of the layers below
        let whole = async {
            let metrics = Recorder::default();
            let result = below(subsegment.as_ref(), metrics.clone().during(work)).await;
            if let Some(subsegment) = subsegment {
                subsegment.end(&judge(&result));
            }
            metrics.flush();
            result
        };
        whole.instrument(span).await
    }
}
