//! What the console shows: requests with their spans and log lines, groups of errors, and the map of services.
//!
//! Built when asked for, from what the rooms keep: the traces, the index of requests and the log lines.
//! Times are the machine's, in milliseconds since 1970; durations are in milliseconds.

mod calls;
mod detail;
mod errors;
mod fields;
mod fingerprint;
mod guilt;
mod line;
mod lines;
mod map;
mod requests;
mod services;
mod span;
mod summary;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use detail::RequestDetail;
pub use errors::{ErrorGroup, ErrorGroups, Example};
pub use line::LineKind;
pub use lines::{LineFilter, LineView, Lines};
pub use map::{Edge, Node, ServiceMap};
pub use requests::{Journey, Request, Requests, Ticket};
pub use span::{SpanKind, SpanView};
pub use summary::{Order, RequestFilter, RequestList, RequestView};

use crate::instruments::Instruments;
use crate::logs::Logs;
use crate::template::Stack;
use crate::xray::Traces;
use calls::CallIndex;
use lines::LineIndex;
use services::Services;

/// Everything that is observed of a stack. Clones share it.
#[derive(Debug, Clone)]
pub struct Observation {
    traces: Traces,
    requests: Requests,
    lines: LineIndex,
    services: Services,
    calls: CallIndex,
    /// Summaries of requests that are over, with what they were made of: a console asks for thousands every other second.
    settled: Arc<Mutex<HashMap<String, Settled>>>,
}

/// A summary and the trace's revision that it was made of.
type Settled = (Option<(usize, usize)>, usize, RequestView);

/// How long after a request's answer its last lines and spans may arrive.
const SETTLING: jiff::SignedDuration = jiff::SignedDuration::from_secs(5);

impl Observation {
    /// Observes a stack from now on: lines that were printed before are not seen.
    pub fn new(stack: &Stack, instruments: &Instruments, logs: &Logs) -> Self {
        let services = Services::of(stack.functions.values());
        let lines = LineIndex::default();
        let (index, names) = (lines.clone(), services.clone());
        logs.tap(move |line| index.push(line, &names));
        let (traces, requests) = (instruments.xray.traces.clone(), instruments.requests.clone());
        Self { traces, requests, lines, services, calls: CallIndex::default(), settled: Arc::default() }
    }

    /// `GET /api/requests`.
    pub fn requests(&self, filter: &RequestFilter) -> RequestList {
        let mut journeys = Vec::new();
        self.requests.each(|journey| {
            journeys.push(journey);
            true
        });
        let slow = summary::slow_bounds(journeys.iter().map(|journey| &journey.request));
        let views = journeys.iter().map(|journey| self.view(journey, &slow));
        filter.apply(views)
    }

    /// `GET /api/requests/{id}`, by the gateway's request id, the trace's id, Lambda's request id, or the id that a function
    /// gave the request (`X-Request-ID`). `None` when there is no such request, or none any more.
    pub fn request(&self, id: &str) -> Option<RequestDetail> {
        let journey = self.journey(id)?;
        let mut route = Vec::new();
        self.requests.each(|other| {
            route.push(other.request);
            true
        });
        let slow = summary::slow_bounds(route.iter());
        let trace = self.traces.get(&journey.request.trace_id);
        let lines = self.lines.of_journey(&journey);
        Some(detail::of(&journey, self.view(&journey, &slow), trace.as_ref(), lines, &self.services))
    }

    /// `GET /api/logs`. `None` when the filter names a request that is not known and has no line.
    pub fn logs(&self, filter: &LineFilter) -> Option<Lines> {
        let Some(id) = &filter.request else { return Some(self.lines.select(filter, None)) };
        let journey = self.journey(id);
        let names = journey.as_ref().map_or_else(|| vec![id.clone()], lines::names_of);
        let found = self.lines.select(filter, Some(&names));
        (journey.is_some() || self.lines.knows(id)).then_some(found)
    }

    /// `GET /api/errors`.
    pub fn errors(&self) -> ErrorGroups {
        self.lines.errors()
    }

    /// `GET /api/map`, of the last so many minutes. Made of recorded traces only, like X-Ray's own.
    pub fn map(&self, minutes: u32, now: Timestamp) -> ServiceMap {
        map::of(&self.traces, &self.calls, &self.services, minutes, now)
    }

    fn journey(&self, id: &str) -> Option<Journey> {
        self.requests.find(id).or_else(|| self.lines.other_names(id).iter().find_map(|name| self.requests.find(name)))
    }

    fn view(&self, journey: &Journey, slow: &HashMap<String, f64>) -> RequestView {
        let request = &journey.request;
        let revision = self.traces.revision(&request.trace_id);
        let calls = journey.calls.len();
        if let Some((made_of, with, view)) = self.settled().get(&request.id)
            && (*made_of, *with) == (revision, calls)
        {
            return RequestView { slow: summary::is_slow(request, slow), ..view.clone() };
        }
        let trace = self.traces.get(&request.trace_id).filter(|_| request.sampled);
        let spans = trace.map(|trace| span::of(&trace, journey, &self.services)).unwrap_or_default();
        let view = summary::of(journey, &spans, slow, &self.services, || self.lines.error_of(journey));
        if Timestamp::now().duration_since(request.at) > SETTLING + request.duration.try_into().unwrap_or_default() {
            let mut settled = self.settled();
            if settled.len() >= 2 * requests::KEPT {
                settled.clear();
            }
            settled.insert(request.id.clone(), (revision, calls, view.clone()));
        }
        view
    }

    fn settled(&self) -> std::sync::MutexGuard<'_, HashMap<String, Settled>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment in milliseconds since 1970, to the microsecond.
pub(crate) fn milliseconds(moment: Timestamp) -> f64 {
    moment.as_microsecond() as f64 / 1000.0
}

#[cfg(test)]
mod tests;
