//! A request in one line.

use std::collections::HashMap;

use serde::Serialize;

use super::guilt;
use super::milliseconds;
use super::requests::{Journey, Request};
use super::services::{GATEWAY, Services};
use super::span::{SpanKind, SpanView};
use crate::percentile::percentile;

/// Slower than this is slow on any route: a second is where a person's flow of thought breaks.
const SLOW_MS: f64 = 1000.0;

/// So many times the median of its route is slow too. (The slowest 5 % would be slow however fast they are.)
const SLOW_MEDIANS: f64 = 3.0;

/// Requests that a median needs to mean something.
const ENOUGH: usize = 20;

/// Requests in an answer without a limit.
const SHOWN: usize = 100;

/// `GET /api/requests`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestList {
    /// How many the filter takes, beyond its limit.
    pub total: usize,
    /// The requests.
    pub requests: Vec<RequestView>,
}

/// A request from outside.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestView {
    /// The gateway's request id.
    pub id: String,
    /// The trace.
    pub trace_id: String,
    /// When it came.
    pub at_ms: f64,
    /// `POST`.
    pub method: String,
    /// `/ride`.
    pub route: String,
    /// Status of the answer.
    pub status: u16,
    /// Until the answer.
    pub duration_ms: f64,
    /// Whether anything on its way failed, even where a retry made it good; X-Ray's `hasfault`.
    pub faulty: bool,
    /// Whether anything on its way was refused for want of capacity.
    pub throttled: bool,
    /// Took more than a second, or more than three medians of its route.
    pub slow: bool,
    /// Whether an execution environment was started for it.
    pub cold: bool,
    /// Whether its trace is recorded.
    pub sampled: bool,
    /// The services it went through, in this order.
    pub services: Vec<String>,
    /// What went wrong, in the words of whoever noticed first.
    pub error: Option<String>,
    /// Where it began.
    pub guilty: Option<String>,
}

/// How requests are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// The latest first.
    #[default]
    Newest,
    /// The longest first.
    Slowest,
}

/// Which requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Only the faulty ones.
    pub faulty: bool,
    /// Only the slow ones.
    pub slow: bool,
    /// Only those with a cold start.
    pub cold: bool,
    /// Only a route: `POST /ride`.
    pub route: Option<String>,
    /// So many at most.
    pub limit: Option<usize>,
    /// In which order.
    pub order: Order,
}

impl RequestFilter {
    /// Applies the filter to requests, newest first.
    pub(super) fn apply(&self, requests: impl Iterator<Item = RequestView>) -> RequestList {
        let route = |view: &RequestView| format!("{} {}", view.method, view.route);
        let taken = |view: &RequestView| {
            (!self.faulty || view.faulty)
                && (!self.slow || view.slow)
                && (!self.cold || view.cold)
                && self.route.as_ref().is_none_or(|wanted| *wanted == route(view))
        };
        let mut requests: Vec<RequestView> = requests.filter(taken).collect();
        if self.order == Order::Slowest {
            requests.sort_by(|a, b| b.duration_ms.total_cmp(&a.duration_ms));
        }
        let total = requests.len();
        requests.truncate(self.limit.unwrap_or(SHOWN));
        RequestList { total, requests }
    }
}

/// From which duration on a request is slow, by method and route.
pub(super) fn slow_bounds<'a>(requests: impl Iterator<Item = &'a Request>) -> HashMap<String, f64> {
    let mut by_route: HashMap<String, Vec<f64>> = HashMap::new();
    for request in requests {
        by_route.entry(route(request)).or_default().push(request.duration.as_secs_f64() * 1000.0);
    }
    by_route
        .into_iter()
        .filter(|(_, durations)| durations.len() >= ENOUGH)
        .filter_map(|(route, mut durations)| Some((route, percentile(&mut durations, 50.0)? * SLOW_MEDIANS)))
        .collect()
}

/// Whether a request took longer than its route's bound, or than any may.
pub(super) fn is_slow(request: &Request, bounds: &HashMap<String, f64>) -> bool {
    let bound = bounds.get(&route(request)).copied().unwrap_or(SLOW_MS).min(SLOW_MS);
    request.duration.as_secs_f64() * 1000.0 > bound
}

/// The summary of a journey. Without spans it is made of what the gateway saw and of the log alone.
pub(super) fn of(
    journey: &Journey,
    spans: &[SpanView],
    slow: &HashMap<String, f64>,
    services: &Services,
    logged_error: impl FnOnce() -> Option<String>,
) -> RequestView {
    let request = &journey.request;
    let duration_ms = request.duration.as_secs_f64() * 1000.0;
    let faulty = journey.all().any(|request| request.status >= 500) || spans.iter().any(|span| span.fault);
    let throttled = journey.all().any(|request| request.throttled) || spans.iter().any(|span| span.throttle);
    let guilty = spans.iter().find(|span| span.guilty);
    let failed = request.status >= 500 || request.status == 429 || faulty;
    let answered_itself = || request.gateway_error.clone().filter(|_| request.status >= 400);
    RequestView {
        id: request.id.clone(),
        trace_id: request.trace_id.clone(),
        at_ms: milliseconds(request.at),
        method: request.method.clone(),
        route: request.route.clone(),
        status: request.status,
        duration_ms,
        faulty,
        throttled,
        slow: is_slow(request, slow),
        cold: journey.all().any(|request| request.cold) || spans.iter().any(|span| span.kind == SpanKind::Init),
        sampled: request.sampled,
        services: services_of(journey, services),
        error: match guilty.and_then(|span| cause(span, spans)) {
            Some(cause) => Some(cause),
            None if failed => logged_error().or_else(answered_itself),
            None => answered_itself(),
        },
        guilty: guilty.map(guilt::text).or_else(|| suspect(journey, services)),
    }
}

/// The cause of a span, or of the nearest caller that has one: a killed function's last span has none itself.
fn cause(span: &SpanView, spans: &[SpanView]) -> Option<String> {
    let mut at = Some(span);
    while let Some(span) = at {
        if span.cause.is_some() {
            return span.cause.clone();
        }
        at = spans.iter().find(|other| Some(&other.id) == span.parent.as_ref());
    }
    None
}

fn route(request: &Request) -> String {
    format!("{} {}", request.method, request.route)
}

/// The functions in the order in which they were called.
fn services_of(journey: &Journey, services: &Services) -> Vec<String> {
    let mut requests: Vec<&Request> = journey.all().collect();
    requests.sort_by_key(|request| request.at);
    let mut names: Vec<String> = Vec::new();
    for function in requests.into_iter().filter_map(|request| request.function.as_deref()) {
        let name = services.name(function);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Without spans: the function behind the last call that failed, since it failed before its caller did.
fn suspect(journey: &Journey, services: &Services) -> Option<String> {
    let failed = |request: &&Request| request.status >= 500 || request.throttled;
    let mut all: Vec<&Request> = journey.all().filter(failed).collect();
    // The deepest came last.
    all.sort_by_key(|request| request.at);
    let function = all.last()?.function.as_deref();
    Some(function.map_or(GATEWAY, |function| services.name(function)).to_owned())
}
