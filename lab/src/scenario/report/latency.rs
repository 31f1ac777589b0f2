//! How long riders waited, over time.

use std::fmt::Write;

use super::axis::{self, Time};
use crate::percentile::percentile;
use crate::scenario::evidence::Evidence;

const TOP: f64 = 8.0;
const BOTTOM: f64 = 168.0;

/// Points of a line.
const POINTS: usize = 48;

/// The scale is logarithmic: from a millisecond to more than anybody waits.
const LEVELS: [(f64, &str); 6] =
    [(1.0, "1 ms"), (10.0, "10 ms"), (100.0, "100 ms"), (1_000.0, "1 s"), (10_000.0, "10 s"), (60_000.0, "60 s")];

fn y(ms: f64) -> f64 {
    let (least, most) = (LEVELS[0].0.ln(), LEVELS[LEVELS.len() - 1].0.ln());
    let share = (ms.max(1.0).ln() - least) / (most - least);
    BOTTOM - share.clamp(0.0, 1.0) * (BOTTOM - TOP - 28.0)
}

pub(super) fn chart(evidence: &Evidence) -> String {
    let time = Time::of(evidence);
    let width = time.seconds / POINTS as f64;
    let mut bins: Vec<Vec<f64>> = vec![Vec::new(); POINTS];
    for ride in &evidence.rides {
        bins[((ride.at / width) as usize).min(POINTS - 1)].push(ride.latency_ms);
    }
    let mut drawn: String = LEVELS.iter().map(|(ms, label)| axis::level(y(*ms), label)).collect();
    drawn.push_str(&time.draw(evidence, TOP, BOTTOM));
    for (percent, class, name) in [(50.0, "median", "median"), (99.0, "p99", "p99")] {
        let points = bins.iter_mut().enumerate().filter_map(|(index, bin)| {
            let ms = percentile(bin, percent)?;
            Some(format!("{:.1},{:.1}", time.x((index as f64 + 0.5) * width), y(ms)))
        });
        let points: Vec<String> = points.collect();
        let _ = write!(
            drawn,
            "<polyline class=\"{class}\" points=\"{}\"><title>{name}</title></polyline>",
            points.join(" ")
        );
    }
    drawn.push_str(&time.first_alarm(evidence, TOP, BOTTOM));
    let legend = "<p class=\"legend\"><span><svg viewBox=\"0 0 22 10\" class=\"key\"><line class=\"median\" x2=\"22\" y1=\"5\" y2=\"5\"/></svg> median</span> \
                  <span><svg viewBox=\"0 0 22 10\" class=\"key\"><line class=\"p99\" x2=\"22\" y1=\"5\" y2=\"5\"/></svg> p99</span> \
                  from the moment at which a ride was to be asked for</p>";
    format!("{}{legend}", axis::svg("How long riders waited: median and 99th percentile", BOTTOM + 22.0, &drawn))
}
