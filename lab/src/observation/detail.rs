//! One request with everything that is known of it.

use serde::Serialize;

use super::line::LineKind;
use super::lines::LineView;
use super::requests::Journey;
use super::services::Services;
use super::span::{self, SpanKind, SpanView};
use super::summary::RequestView;
use crate::xray::Trace;

/// `GET /api/requests/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RequestDetail {
    /// The request.
    pub request: RequestView,
    /// Its waterfall.
    pub spans: Vec<SpanView>,
    /// Its log lines, metrics left out.
    pub lines: Vec<LineView>,
    /// What is not here, and why.
    pub missing: Vec<String>,
}

pub(super) fn of(
    journey: &Journey,
    request: RequestView,
    trace: Option<&Trace>,
    mut lines: Vec<LineView>,
    services: &Services,
) -> RequestDetail {
    lines.retain(|line| line.kind != LineKind::Metric);
    let spans = trace.map(|trace| span::of(trace, journey, services)).unwrap_or_default();
    let missing = missing(journey, trace, &spans, &lines, services);
    RequestDetail { request, spans, lines, missing }
}

/// How many documents name a caller that is not there. A gateway's is whoever sent the request; what a queue, a pipe or a schedule
/// invoked names none.
fn orphans(trace: &Trace) -> usize {
    let from_outside = |document| span::kind(document) == SpanKind::Gateway;
    let placed = trace.placed();
    let alone = placed.iter().filter(|one| one.parent.is_none() && one.document.parent_id.is_some());
    alone.filter(|one| !from_outside(one.document)).count()
}

fn missing(
    journey: &Journey,
    trace: Option<&Trace>,
    spans: &[SpanView],
    lines: &[LineView],
    services: &Services,
) -> Vec<String> {
    let mut missing = Vec::new();
    if !journey.request.sampled {
        missing.push(
            "This request was not sampled, so that it has no spans: what is shown comes from the access log and the \
             functions' lines. A request with the header \"X-Amzn-Trace-Id: Root=1-...;Sampled=1\" is always traced, and \
             AWS::XRay::SamplingRule in the template says which share of the others is."
                .to_owned(),
        );
    } else if spans.is_empty() {
        missing.push(
            "Its spans are not here: the stage is not traced, or the trace has made room for newer ones.".to_owned(),
        );
    }
    let orphans = trace.map_or(0, orphans);
    if orphans > 0 {
        missing.push(match orphans {
            1 => "One span has a caller that has not arrived.".to_owned(),
            many => format!("{many} spans have a caller that has not arrived."),
        });
    }
    for span in spans.iter().filter(|span| span.in_progress) {
        missing.push(format!("The end of {} in {} has not arrived.", span.name, span.service));
    }
    for request in journey.all() {
        let (Some(function), Some(id)) = (&request.function, &request.function_request_id) else { continue };
        let said = |line: &LineView| line.kind == LineKind::Function && line.text.contains(id.as_str());
        if !request.throttled && !lines.iter().any(said) {
            missing.push(format!(
                "{} has logged nothing in invocation {id}: its lines are gone, its log level is higher, or it died first.",
                services.name(function)
            ));
        }
    }
    missing
}
