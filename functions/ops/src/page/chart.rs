//! Placed, processed and their difference in ten minutes each, as shapes to be drawn.

use jiff::Timestamp;
use shared::payments::counts::{Bin, Counts};
use shared::payments::london;

/// The size of the drawing, in its own units.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 180;
/// The room under the bars for the times, and over them for the numbers.
const FOOT: i64 = 22;
const HEAD: i64 = 16;

/// A chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chart {
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) base: i64,
    pub(super) groups: Vec<Group>,
}

/// Ten minutes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    /// When they begin, in London.
    pub(super) time: String,
    pub(super) placed: i64,
    pub(super) processed: i64,
    pub(super) failed: i64,
    /// What was placed and is not processed, over what was processed and not placed.
    pub(super) difference: String,
    pub(super) middle: i64,
    pub(super) bars: [Bar; 2],
    /// Whether its time is written below: every other one, so that they do not touch.
    pub(super) labelled: bool,
}

/// One bar of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bar {
    pub(super) class: &'static str,
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Chart {
    pub(super) fn of(bins: &[(Bin, Counts)]) -> Self {
        let base = HEIGHT - FOOT;
        let most = bins.iter().map(|(_, counts)| counts.placed.max(counts.complete)).max().unwrap_or(0).max(1);
        let pitch = WIDTH / i64::try_from(bins.len()).unwrap_or(1).max(1);
        let width = pitch / 3;
        let groups = (0..).zip(bins).map(|(index, (bin, counts))| {
            let left = index * pitch + pitch / 6;
            // The smallest number that is not nothing is seen.
            let height = |number: i64| match number {
                ..=0 => 0,
                number => (number * (base - HEAD) / most).max(1),
            };
            let bar = |class, x, number| Bar { class, x, y: base - height(number), width, height: height(number) };
            Group {
                time: time(*bin),
                placed: counts.placed,
                processed: counts.complete,
                failed: counts.failed,
                difference: format!("{:+}", counts.placed - counts.complete),
                middle: left + width,
                bars: [bar("placed", left, counts.placed), bar("processed", left + width, counts.complete)],
                labelled: index % 2 == 1,
            }
        });
        Self { width: WIDTH, height: HEIGHT, base, groups: groups.collect() }
    }
}

/// `HH:MM` in London.
fn time(bin: Bin) -> String {
    let begins = Timestamp::from_second(bin.begins()).unwrap_or_default();
    let at = london::at(begins);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bins(counts: &[(i64, i64)]) -> Vec<(Bin, Counts)> {
        let (newest, _) = Bin::of("2026-07-01T12:34:56Z".parse().expect("an instant"));
        let counts = counts.iter().map(|(placed, complete)| Counts { placed: *placed, complete: *complete, failed: 0 });
        let oldest = newest.back(11);
        (0..).zip(counts).map(|(index, counts)| (oldest.back(-index), counts)).collect()
    }

    #[test]
    fn ten_minutes_have_londons_time_and_their_difference_its_sign() {
        let chart = Chart::of(&bins(&[(5, 3), (0, 2)]));
        let told: Vec<_> = chart.groups.iter().map(|group| (group.time.as_str(), group.difference.as_str())).collect();
        assert_eq!(told, [("11:40", "+2"), ("11:50", "-2")]);
    }

    proptest! {
        #[test]
        fn every_bar_is_inside_and_as_high_as_its_number(
            counts in proptest::collection::vec((0..1_000_000_i64, 0..1_000_000_i64), 1..=12),
        ) {
            let chart = Chart::of(&bins(&counts));
            for (group, (placed, complete)) in chart.groups.iter().zip(&counts) {
                for (bar, number) in group.bars.iter().zip([placed, complete]) {
                    prop_assert!(bar.x >= 0 && bar.x + bar.width <= WIDTH && bar.y >= HEAD);
                    prop_assert_eq!(bar.y + bar.height, chart.base);
                    prop_assert_eq!(bar.height > 0, *number > 0);
                }
            }
        }
    }
}
