//! One request over all services.

use std::fmt::Write;

use super::axis::{self, WIDTH};
use super::text::{escape, status};
use crate::scenario::evidence::TraceSeen;

const ROW: f64 = 17.0;
const NAMES: f64 = 330.0;

/// Characters of a name that fit beside the bars.
const FITS: usize = 52;

pub(super) fn chart(trace: &TraceSeen) -> String {
    let ends = trace.spans.iter().map(|span| span.offset_ms + span.duration_ms);
    let length = ends.fold(trace.duration_ms, f64::max).max(1.0);
    let x = |ms: f64| NAMES + (ms / length).clamp(0.0, 1.0) * (WIDTH - NAMES - 60.0);
    let mut drawn = String::new();
    for (index, span) in trace.spans.iter().enumerate() {
        let top = index as f64 * ROW;
        let (from, to) = (x(span.offset_ms), x(span.offset_ms + span.duration_ms));
        let mark = if span.guilty {
            "GUILTY "
        } else if span.at_fault {
            "✖ "
        } else {
            ""
        };
        let indent = "\u{a0}\u{a0}".repeat(span.depth.min(8));
        let name: String = format!("{indent}{mark}{}: {}", span.service, span.name).chars().take(FITS).collect();
        let class = if span.at_fault { "bad" } else { "good" };
        let _ = write!(
            drawn,
            "<text class=\"span\" x=\"0\" y=\"{:.1}\">{}<title>{}: {}</title></text>\
             <rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"10\"/>\
             <text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{:.0} ms</text>",
            top + 12.0,
            escape(&name),
            escape(&span.service),
            escape(&span.name),
            top + 3.0,
            (to - from).max(1.5),
            to + 4.0,
            top + 12.0,
            span.duration_ms
        );
    }
    let guilty = trace.guilty.as_ref().map(|guilty| format!(", guilty: {guilty}")).unwrap_or_default();
    let title = format!(
        "{}: second {:.1}, {} after {:.0} ms{guilty}",
        trace.why,
        trace.at,
        status(trace.status),
        trace.duration_ms
    );
    let height = trace.spans.len() as f64 * ROW + 4.0;
    format!(
        "<details><summary>{} <code>{}</code></summary>{}</details>\n",
        escape(&title),
        escape(&trace.id),
        axis::svg(&title, height, &drawn)
    )
}
