//! Periods of whole minutes.
//!
//! A period begins at a multiple of its length since 1970, so that five-minute ones begin at :00, :05 and so on, and days at
//! midnight UTC. AWS recommends such times for queries, and stamps a point with the start of its period:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

use std::time::Duration;

use jiff::Timestamp;

/// Length in whole minutes; at least one.
pub(super) fn minutes(period: Duration) -> i64 {
    i64::try_from(period.as_secs() / 60).unwrap_or(i64::MAX / 60).max(1)
}

/// The minute since 1970 in which a moment lies.
pub(super) fn minute_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

/// The first minute of the period in which a minute lies.
pub(super) fn first_minute(minute: i64, period: Duration) -> i64 {
    let length = minutes(period);
    minute.div_euclid(length).saturating_mul(length)
}

/// When a minute begins; none out of the range of times.
pub(super) fn start(minute: i64) -> Option<Timestamp> {
    Timestamp::from_second(minute.checked_mul(60)?).ok()
}

/// The minutes that a query over `from..to` looks at: from the beginning of the period in which `from` lies.
pub(super) fn minutes_within(period: Duration, from: Timestamp, to: Timestamp) -> std::ops::Range<i64> {
    let begin = first_minute(minute_of(from), period);
    // A minute that has begun before the end counts.
    let end = to.as_second().saturating_add(i64::from(to.subsec_nanosecond() > 0));
    begin..end.div_euclid(60).saturating_add(i64::from(end.rem_euclid(60) > 0)).max(begin)
}

/// The starts of all periods that such a query looks at.
pub(super) fn starts(period: Duration, from: Timestamp, to: Timestamp) -> impl Iterator<Item = Timestamp> {
    let step = usize::try_from(minutes(period)).unwrap_or(usize::MAX);
    minutes_within(period, from, to).step_by(step).map_while(start)
}
