//! How many riders were told what, over time.

use std::fmt::Write;

use super::axis::{self, Time};
use crate::scenario::evidence::Evidence;

const TOP: f64 = 8.0;
const BOTTOM: f64 = 168.0;

/// Bars over the whole time.
const BARS: usize = 72;

/// Kinds of answers with their class and name, from the bottom of a bar upwards.
const KINDS: [(&str, &str); 4] = [("good", "201"), ("odd", "4xx"), ("bad", "5xx"), ("gone", "no answer")];

fn kind(status: u16) -> usize {
    match status {
        0 => 3,
        500.. => 2,
        400..=499 => 1,
        _ => 0,
    }
}

pub(super) fn chart(evidence: &Evidence) -> String {
    let time = Time::of(evidence);
    let width = time.seconds / BARS as f64;
    let mut bars = [[0_u32; KINDS.len()]; BARS];
    for ride in &evidence.rides {
        let bar = ((ride.at / width) as usize).min(BARS - 1);
        bars[bar][kind(ride.status)] += 1;
    }
    let highest = bars.iter().map(|bar| bar.iter().sum::<u32>()).max().unwrap_or(1).max(1);
    let y = |count: u32| BOTTOM - f64::from(count) / f64::from(highest) * (BOTTOM - TOP - 28.0);
    let mut drawn = axis::level(y(highest), &highest.to_string());
    drawn.push_str(&time.draw(evidence, TOP, BOTTOM));
    for (index, bar) in bars.iter().enumerate() {
        let (from, to) = (index as f64 * width, (index + 1) as f64 * width);
        let mut below = 0;
        for ((class, name), count) in KINDS.iter().zip(bar).filter(|(_, count)| **count > 0) {
            let _ = write!(
                drawn,
                "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{from:.0} to {to:.0} s: {count} x {name}</title></rect>",
                time.x(from) + 0.5,
                y(below + count),
                time.x(to) - time.x(from) - 1.0,
                y(below) - y(below + count)
            );
            below += count;
        }
    }
    drawn.push_str(&time.first_alarm(evidence, TOP, BOTTOM));
    let seen = KINDS.iter().enumerate().filter(|(index, _)| bars.iter().any(|bar| bar[*index] > 0));
    let legend: String = seen
        .map(|(_, (class, name))| format!("<span><svg viewBox=\"0 0 14 10\" class=\"key\"><rect class=\"{class}\" width=\"14\" height=\"10\"/></svg> {name}</span> "))
        .collect();
    let name = format!("Riders by answer, in steps of {width:.0} seconds");
    format!("{}<p class=\"legend\">riders in {width:.0} s: {legend}</p>", axis::svg(&name, BOTTOM + 22.0, &drawn))
}
