//! When which fault and which alarm was on.

use std::fmt::Write;

use super::axis::{self, LEFT, Time};
use super::text::escape;
use crate::scenario::evidence::Evidence;

const ROW: f64 = 30.0;

pub(super) fn chart(evidence: &Evidence) -> String {
    let time = Time::of(evidence);
    let mut drawn = String::new();
    let mut top = 4.0;
    for fault in &evidence.faults {
        drawn.push_str(&label(top, &format!("✖ {}, {:.0} to {:.0} s", fault.what, fault.from, fault.to)));
        drawn.push_str(&bar(time, "bad", top, fault.from, Some(fault.to), &fault.what));
        top += ROW;
    }
    for alarm in &evidence.alarms {
        let first = alarm.on[0];
        let from = first.0;
        let time_on = match first.1 {
            Some(off) => format!("{from:.0} to {off:.0} s"),
            None => format!("from {from:.0} s, still on at the end"),
        };
        let later = alarm.clears_after.map(|after| format!(", off {:.0} min later", after / 60.0)).unwrap_or_default();
        let urgency = if alarm.urgency == "none" { "part" } else { alarm.urgency.as_str() };
        drawn.push_str(&label(top, &format!("▲ {} ({urgency}), {time_on}{later}", alarm.name)));
        for (on, off) in &alarm.on {
            drawn.push_str(&bar(time, "alarm", top, *on, *off, &alarm.reason));
        }
        top += ROW;
    }
    if evidence.alarms.is_empty() {
        drawn.push_str(&label(top, "no alarm fired"));
        top += ROW / 2.0;
    }
    drawn.push_str(&time.draw(&Evidence { faults: Vec::new(), ..evidence.clone() }, 0.0, top + 4.0));
    axis::svg("Faults and alarms over time", top + 26.0, &drawn)
}

fn label(top: f64, text: &str) -> String {
    format!("<text class=\"row\" x=\"{LEFT}\" y=\"{:.1}\">{}</text>", top + 11.0, escape(text))
}

fn bar(time: Time, class: &str, top: f64, from: f64, to: Option<f64>, why: &str) -> String {
    let (x, end) = (time.x(from), time.x(to.unwrap_or(time.seconds)));
    let mut bar = String::new();
    let _ = write!(
        bar,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"9\"><title>{}</title></rect>",
        top + 15.0,
        (end - x).max(2.0),
        escape(why)
    );
    bar
}
