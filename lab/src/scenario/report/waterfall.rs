//! One request over all services.

use std::fmt::Write;

use super::axis::{self, WIDTH};
use super::text::{escape, status};
use crate::scenario::evidence::TraceSeen;

const ROW: f64 = 17.0;
const NAMES: f64 = 430.0;

/// How far each caller moves what it calls.
const INDENT: f64 = 5.0;

/// About as wide as a character is.
const CHARACTER: f64 = 5.9;

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
        let indent = span.depth.min(10) as f64 * INDENT;
        let name = cut(&format!("{mark}{}: {}", span.service, span.name), NAMES - 8.0 - indent);
        let class = if span.at_fault { "bad" } else { "good" };
        let _ = write!(
            drawn,
            "<text class=\"span\" x=\"{indent:.0}\" y=\"{:.1}\">{}<title>{}: {}</title></text>\
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

/// As much of a name as fits, and a sign that there is more.
fn cut(name: &str, width: f64) -> String {
    let fits = (width / CHARACTER) as usize;
    if name.chars().count() <= fits {
        return name.to_owned();
    }
    let kept: String = name.chars().take(fits.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guilty_call_s_name_fits_however_deep_it_is() {
        let guilty = "GUILTY put-ride-record: DynamoDB PutItem wild-rydes-dev-rides";
        assert_eq!(cut(guilty, NAMES - 8.0 - 10.0 * INDENT), guilty);
        assert_eq!(cut("abcdef", CHARACTER * 4.5), "abc…");
    }
}
