//! What the charts have in common: their size, the axis of time, and the marks of faults and alarms on it.

use std::fmt::Write;

use super::text::escape;
use crate::scenario::evidence::Evidence;

pub(super) const WIDTH: f64 = 720.0;
pub(super) const LEFT: f64 = 52.0;
const RIGHT: f64 = 24.0;

/// Steps between marks of time, in seconds: the first that leaves at most eight of them.
const STEPS: [f64; 12] = [5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0];

/// The axis of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time {
    pub(super) seconds: f64,
}

impl Time {
    pub(super) fn of(evidence: &Evidence) -> Self {
        Self { seconds: evidence.seconds.max(1.0) }
    }

    pub(super) fn x(self, second: f64) -> f64 {
        LEFT + (second / self.seconds).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    /// Marks below the chart, and what the faults cover in it.
    pub(super) fn draw(self, evidence: &Evidence, top: f64, bottom: f64) -> String {
        let mut drawn = String::new();
        for fault in &evidence.faults {
            let (from, to) = (self.x(fault.from), self.x(fault.to));
            let _ = write!(
                drawn,
                "<rect class=\"fault\" x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>\
                 <text class=\"mark\" x=\"{:.1}\" y=\"{:.1}\">fault</text>",
                (to - from).max(1.0),
                bottom - top,
                escape(&fault.what),
                from + 3.0,
                top + 11.0
            );
        }
        let step = STEPS.into_iter().find(|step| self.seconds / step <= 8.0).unwrap_or(self.seconds / 8.0);
        let mut second = 0.0;
        while second <= self.seconds {
            let x = self.x(second);
            let _ = write!(
                drawn,
                "<line class=\"tick\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{bottom:.1}\" y2=\"{:.1}\"/>\
                 <text class=\"label\" text-anchor=\"middle\" x=\"{x:.1}\" y=\"{:.1}\">{second:.0} s</text>",
                bottom + 4.0,
                bottom + 16.0
            );
            second += step;
        }
        let _ = write!(
            drawn,
            "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{bottom:.1}\" y2=\"{bottom:.1}\"/>",
            WIDTH - RIGHT
        );
        drawn
    }

    /// A line where the first paging alarm goes on, and its name.
    pub(super) fn first_alarm(self, evidence: &Evidence, top: f64, bottom: f64) -> String {
        let first = evidence.alarms.iter().find(|alarm| alarm.urgency != "none");
        first.map_or_else(String::new, |alarm| {
            let x = self.x(alarm.on[0].0);
            format!(
                "<line class=\"alarm-mark\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{bottom:.1}\"/>\
                 <text class=\"mark\" x=\"{:.1}\" y=\"{:.1}\">▲ {}</text>",
                x + 3.0,
                top + 23.0,
                escape(&alarm.name)
            )
        })
    }
}

/// A drawing with a name for those who do not see it.
pub(super) fn svg(name: &str, height: f64, content: &str) -> String {
    format!("<svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {WIDTH} {height:.0}\">{content}</svg>", escape(name))
}

/// A mark on the axis of figures.
pub(super) fn level(y: f64, label: &str) -> String {
    format!(
        "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
         <text class=\"label\" text-anchor=\"end\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
        WIDTH - RIGHT,
        LEFT - 6.0,
        y + 4.0
    )
}

/// Patterns that tell kinds of bars apart without their colours; once a page.
pub(super) fn patterns() -> &'static str {
    "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" style=\"position:absolute\"><defs>\
     <pattern id=\"stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
     <rect width=\"6\" height=\"6\" class=\"bad-ground\"/><rect width=\"2\" height=\"6\" class=\"bad-stripe\"/></pattern>\
     <pattern id=\"dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
     <rect width=\"6\" height=\"6\" class=\"odd-ground\"/><circle cx=\"3\" cy=\"3\" r=\"1.4\" class=\"odd-dot\"/></pattern>\
     <pattern id=\"cross\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
     <rect width=\"6\" height=\"6\" class=\"gone-ground\"/><path d=\"M0 0L6 6M6 0L0 6\" class=\"gone-line\"/></pattern>\
     </defs></svg>"
}
