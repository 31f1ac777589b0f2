//! Burn rates of a 99.9 % SLO over days, with alarms built as the template builds them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;

use super::super::data::Data;
use super::super::engine::Alarms;
use super::super::state::State;
use super::literal::{alarm, alarms, composite, expression, minute, query, shown, start};
use crate::template::{Alarm, MetricName, MissingData, Statistic};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;
const REQUESTS: f64 = 1000.0;

/// Sums of requests and failures up to each minute, so that a sum over days is one subtraction.
struct Traffic(BTreeMap<&'static str, Vec<f64>>);

impl Traffic {
    /// A thousand requests a minute, and a share of failures by minute. Errors that occur are counted in whole.
    fn new(minutes: i64, share: impl Fn(i64) -> f64) -> Self {
        let sums = |of: &dyn Fn(i64) -> f64| {
            let mut sum = 0.0;
            let sums = (0..minutes).map(|minute| {
                sum += of(minute);
                sum
            });
            std::iter::once(0.0).chain(sums.collect::<Vec<_>>()).collect()
        };
        Self(BTreeMap::from([("Count", sums(&|_| REQUESTS)), ("5XXError", sums(&|minute| REQUESTS * share(minute)))]))
    }
}

impl Data for Traffic {
    fn window(
        &self,
        metric: &MetricName,
        _: Statistic,
        _: Option<&str>,
        from: Timestamp,
        to: Timestamp,
    ) -> Option<f64> {
        let sums = self.0.get(metric.name.as_str())?;
        let place = |at: Timestamp| {
            usize::try_from((at.as_second() - start().as_second()) / 60).unwrap_or(0).min(sums.len() - 1)
        };
        let (from, to) = (place(from), place(to));
        (from < to).then(|| sums[to] - sums[from])
    }
}

/// `IF(n>0,100*e/n,0)` above `percent`, over `count` periods of `hours`, of which `m` are to breach.
fn rate(name: &str, minutes: i64, (m, n): (u32, u32), percent: f64) -> Alarm {
    let minutes = u64::try_from(minutes).expect("positive");
    let metrics = vec![query("e", "5XXError", Statistic::Sum, minutes), query("n", "Count", Statistic::Sum, minutes)];
    Alarm {
        queries: expression("IF(n>0,100*e/n,0)", metrics),
        threshold: percent,
        actions: Default::default(),
        ..alarm(name, "", (m, n), MissingData::NotBreaching)
    }
}

fn burn_rates() -> Alarms {
    alarms(
        vec![
            rate("1h", HOUR, (1, 1), 1.44),
            rate("5m", 5, (1, 1), 1.44),
            rate("6h", 6 * HOUR, (1, 1), 0.6),
            rate("30m", 30, (1, 1), 0.6),
            rate("3d-one-day", DAY, (1, 3), 0.3),
            rate("3d-two-days", DAY, (2, 3), 0.15),
            rate("3d-three-days", DAY, (3, 3), 0.1),
            rate("6h-leak", 6 * HOUR, (1, 1), 0.1),
        ],
        vec![
            composite("fast", "ALARM(1h) AND ALARM(5m)"),
            composite("slow", "ALARM(6h) AND ALARM(30m)"),
            composite("leak", "(ALARM(3d-one-day) OR ALARM(3d-two-days) OR ALARM(3d-three-days)) AND ALARM(6h-leak)"),
        ],
    )
}

/// When each composite went into ALARM and out of it, in minutes. Traffic begins at midnight and flows all the time; failures
/// are a share of it, over some minutes.
fn run(days: i64, failing: Range<i64>, percent: f64) -> BTreeMap<&'static str, Vec<(i64, State)>> {
    let traffic = Traffic::new(days * DAY, |minute| if failing.contains(&minute) { percent / 100.0 } else { 0.0 });
    let mut alarms = burn_rates();
    (1..=days * DAY).for_each(|at| alarms.evaluate(minute(at), &traffic));
    let changes = |name| {
        let history = shown(&alarms, name).history.into_iter().rev();
        let changes = history.map(|change| ((change.at_ms - start().as_millisecond()) / 60_000, change.to));
        changes.filter(|change| *change != (1, State::Ok)).collect()
    };
    ["fast", "slow", "leak"].map(|name| (name, changes(name))).into()
}

#[test]
fn below_the_budget_nothing_fires_in_three_days() {
    let fired = run(3, 0..3 * DAY, 0.09);
    assert!(fired.values().all(Vec::is_empty), "{fired:?}");
}

#[test]
fn at_twenty_percent_failures_the_fast_burn_fires_within_five_minutes_and_ends_five_after_them() {
    let onset = DAY + 7;
    let fired = run(2, onset..onset + 30, 20.0);
    // 1.44 % of an hour is 864 requests, and 20 % of the requests fail: over after 4.3 minutes. The 5 minutes are clean 5 after.
    assert_eq!(fired["fast"], [(onset + 5, State::Alarm), (onset + 35, State::Ok)]);
}

#[test]
fn a_short_spike_is_not_a_fast_burn() {
    let fired = run(2, DAY..DAY + 4, 20.0);
    assert_eq!(fired["fast"], []);
}

#[test]
fn at_one_percent_failures_the_slow_burn_fires_after_three_and_a_half_hours_and_the_fast_one_never() {
    let onset = DAY;
    let fired = run(2, onset..onset + 5 * HOUR, 1.0);
    // 0.6 % of six hours is 2160 requests; ten fail a minute, so 216 minutes come to it and the next exceeds it. It ends when
    // 18 of 30 minutes are left.
    assert_eq!(fired["slow"], [(onset + 217, State::Alarm), (onset + 5 * HOUR + 12, State::Ok)]);
    assert_eq!(fired["fast"], []);
}

#[test]
fn at_three_times_the_budget_and_a_bit_the_leak_fires_on_the_hour_once_a_day_of_it_is_full() {
    let onset = 2 * DAY;
    let fired = run(5, onset..onset + 2 * DAY, 0.36);
    // 0.36 % is over 0.15 % of a day after ten hours, but on one day only; over 0.3 % after twenty, which is seen on the hour
    // that follows: at exactly twenty hours 0.3 % is not yet exceeded.
    let (first, last) = (fired["leak"][0], *fired["leak"].last().expect("changes"));
    assert_eq!(first, (onset + 21 * HOUR, State::Alarm));
    // The six hours clear it: 0.36 % of 100 minutes is 0.1 % of six hours, and in floating point a hair above.
    assert_eq!(last, (onset + 2 * DAY + 6 * HOUR - 99, State::Ok));
    assert_eq!((fired["fast"].len(), fired["slow"].len(), fired["leak"].len()), (0, 0, 2));
}

#[test]
fn just_above_the_budget_the_leak_fires_on_the_third_day() {
    let onset = 2 * DAY;
    let fired = run(6, onset..6 * DAY, 0.11);
    let at = fired["leak"].first().map(|(at, _)| at - onset);
    // The third day is over the budget once 0.11 % has filled 0.1 % of it: after 21.8 hours, on the hour after 69.8.
    assert_eq!(at, Some(70 * HOUR));
    assert_eq!((fired["fast"].len(), fired["slow"].len(), fired["leak"].len()), (0, 0, 1));
}

/// A minute of sixty alarms is due every second when the clock runs sixty times as fast. In a debug build six hours of them
/// take 0.33 s of processor time (median of three, on a shared machine), which is a millisecond a minute; there is room for a
/// busy one.
#[test]
fn sixty_alarms_keep_up_with_a_fast_clock() {
    let traffic = Traffic::new(DAY, |minute| if minute % 7 == 0 { 0.002 } else { 0.0 });
    let windows = [(5, (1, 1)), (60, (1, 1)), (1, (2, 3)), (1, (3, 5)), (6 * HOUR, (1, 1)), (DAY, (2, 3))];
    let metrics = (0..60).map(|index| {
        let (minutes, of) = windows[index % windows.len()];
        let name = format!("a{index}");
        if index % 2 == 0 {
            return rate(&name, minutes, of, 1.0);
        }
        Alarm { threshold: 1e9, ..alarm(&name, "5XXError", of, MissingData::NotBreaching) }
    });
    let mut alarms = alarms(metrics.collect(), vec![]);
    let started = std::time::Instant::now();
    (1..=6 * HOUR).for_each(|at| alarms.evaluate(minute(at), &traffic));
    let took = started.elapsed();
    println!("60 alarms, 360 minutes: {took:?}");
    assert!(took < Duration::from_secs(60), "{took:?}");
}
