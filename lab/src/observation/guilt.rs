//! Which span a failure began at.

use std::collections::HashMap;

use super::span::{SpanKind, SpanView};

/// The deepest span at fault that has none at fault below it; of several, the earliest. What a later attempt made good is
/// passed over, unless there is nothing else. What was under way when its caller failed is at fault too: it is what a killed
/// function was waiting for.
pub(super) fn index(spans: &[SpanView]) -> Option<usize> {
    let parents = parents(spans);
    let mut at_fault = vec![false; spans.len()];
    let mut fault_below = vec![false; spans.len()];
    let mut healed = vec![false; spans.len()];
    for (index, span) in spans.iter().enumerate() {
        // Callers stand before what they call.
        let caller = |holds: &[bool]| parents[index].is_some_and(|parent| holds[parent]);
        at_fault[index] = span.is_at_fault() || (span.in_progress && caller(&at_fault));
        healed[index] = caller(&healed) || is_made_good(spans, index);
        let mut above = parents[index].filter(|_| at_fault[index]);
        while let Some(parent) = above {
            fault_below[parent] = true;
            above = parents[parent];
        }
    }
    let at_fault = |index: &usize| at_fault[*index] && !fault_below[*index];
    let candidates: Vec<usize> = (0..spans.len()).filter(at_fault).collect();
    let unhealed: Vec<usize> = candidates.iter().copied().filter(|index| !healed[*index]).collect();
    let candidates = if unhealed.is_empty() { candidates } else { unhealed };
    candidates.into_iter().min_by(|a, b| {
        let (a, b) = (&spans[*a], &spans[*b]);
        b.depth.cmp(&a.depth).then(a.offset_ms.total_cmp(&b.offset_ms))
    })
}

/// Whether a later attempt at the same, beside it, did not fail.
fn is_made_good(spans: &[SpanView], index: usize) -> bool {
    let span = &spans[index];
    span.is_at_fault()
        && span.parent.is_some()
        && spans[index + 1..].iter().any(|other| {
            let attempt =
                |span: &SpanView| (span.parent.clone(), span.name.clone(), span.detail_of_attempt().to_owned());
            attempt(other) == attempt(span)
                && other.offset_ms >= span.offset_ms
                && !other.is_at_fault()
                && !other.error
                && !other.in_progress
        })
}

fn parents(spans: &[SpanView]) -> Vec<Option<usize>> {
    let by_id: HashMap<&str, usize> = spans.iter().enumerate().map(|(index, span)| (span.id.as_str(), index)).collect();
    spans.iter().map(|span| by_id.get(span.parent.as_deref()?).copied()).collect()
}

/// What is told of the guilty span: `put-ride-record > DynamoDB PutItem wild-rydes-dev-rides`.
pub(super) fn text(span: &SpanView) -> String {
    let what = match span.kind {
        SpanKind::Lambda | SpanKind::Function => return format!("{} > Lambda", span.service),
        // The route without the status.
        SpanKind::Gateway => span.detail_of_attempt().to_owned(),
        SpanKind::Aws => format!("{} {}", span.name, span.detail_of_attempt()),
        SpanKind::Remote | SpanKind::Step | SpanKind::Init => span.name.clone(),
    };
    format!("{} > {}", span.service, what.trim_end())
}

impl SpanView {
    /// The detail without how it went: the status of an HTTP call, the retries of an SDK call.
    fn detail_of_attempt(&self) -> &str {
        match self.kind {
            SpanKind::Gateway | SpanKind::Remote => {
                let status = |text: &str| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
                self.detail.rsplit_once(' ').filter(|(_, last)| status(last)).map_or(&self.detail, |(first, _)| first)
            }
            _ => self.detail.split(", ").next().unwrap_or_default(),
        }
    }
}
