//! What the lab's own telemetry says of a run: failed requests with what they name, and a few traces.

use jiff::Timestamp;

use super::evidence::{Failure, LineSeen, SpanSeen, TraceSeen};
use crate::observation::{Observation, Order, RequestFilter, RequestView, SpanView, milliseconds};

/// Failed requests whose log lines are read: enough to say what they have in common.
const READ: usize = 100;

/// Traces shown of each kind.
const SHOWN: usize = 5;

/// Requests asked for: more than are kept.
const ALL: usize = 1_000_000;

/// The moment at which the load began and how fast the scenario went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) began: Timestamp,
    /// Since then, by the machine's clock; requests of later are not the load's.
    pub(super) load_ends_ms: f64,
    pub(super) compress: f64,
}

impl Window {
    fn machine_ms(&self, at_ms: f64) -> f64 {
        at_ms - milliseconds(self.began)
    }

    fn seconds(&self, at_ms: f64) -> f64 {
        self.machine_ms(at_ms) / 1000.0 * self.compress
    }

    fn holds(&self, view: &RequestView) -> bool {
        (0.0..=self.load_ends_ms).contains(&self.machine_ms(view.at_ms))
    }
}

/// The bookings of the load that failed, oldest first.
pub(super) fn failures(observation: &Observation, window: Window) -> Vec<Failure> {
    let mut failed = rides(observation, Order::Newest, window);
    failed.retain(|view| view.status >= 500 || view.status == 429);
    failed.reverse();
    let failure = |(index, view): (usize, RequestView)| Failure {
        at: window.seconds(view.at_ms),
        status: view.status,
        guilty: view.guilty,
        error: view.error,
        lines: (index < READ).then(|| lines(observation, &view.id)),
        id: view.id,
    };
    failed.into_iter().enumerate().map(failure).collect()
}

/// The slowest bookings, and those in the middle of the failed ones: the first of them are often special.
pub(super) fn traces(observation: &Observation, failures: &[Failure], window: Window) -> Vec<TraceSeen> {
    let slowest = rides(observation, Order::Slowest, window).into_iter().map(|view| ("slowest", view.id));
    let middle = failures.len().saturating_sub(SHOWN) / 2;
    let faulty = failures.iter().skip(middle).map(|failure| ("faulty", failure.id.clone()));
    let shown = slowest.take(SHOWN).chain(faulty.take(SHOWN));
    shown.filter_map(|(why, id)| trace(observation, why, &id, window)).collect()
}

fn rides(observation: &Observation, order: Order, window: Window) -> Vec<RequestView> {
    let filter = RequestFilter { route: Some("POST /ride".to_owned()), limit: Some(ALL), order, ..Default::default() };
    let mut requests = observation.requests(&filter).requests;
    requests.retain(|view| window.holds(view));
    requests
}

fn lines(observation: &Observation, id: &str) -> Vec<LineSeen> {
    let lines = observation.request(id).map(|detail| detail.lines).unwrap_or_default();
    let grave = lines.into_iter().filter(|line| matches!(line.level.as_str(), "WARN" | "ERROR"));
    grave.map(|line| LineSeen { service: line.service, level: line.level, text: line.text }).collect()
}

fn trace(observation: &Observation, why: &str, id: &str, window: Window) -> Option<TraceSeen> {
    let detail = observation.request(id)?;
    let span = |span: SpanView| SpanSeen {
        depth: span.depth,
        name: if span.detail.is_empty() { span.name } else { format!("{} {}", span.name, span.detail) },
        service: span.service,
        offset_ms: span.offset_ms,
        duration_ms: span.duration_ms,
        at_fault: span.fault || span.throttle,
        guilty: span.guilty,
    };
    Some(TraceSeen {
        why: why.to_owned(),
        id: detail.request.id,
        at: window.seconds(detail.request.at_ms),
        status: detail.request.status,
        duration_ms: detail.request.duration_ms,
        guilty: detail.request.guilty,
        spans: detail.spans.into_iter().map(span).collect(),
    })
}
