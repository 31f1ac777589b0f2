//! Which stretches of time an alarm looks at.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Above this an alarm is one over several days.
const ONE_DAY: i64 = 24 * 60 * 60;

/// Periods that follow each other up to `end`.
///
/// CloudWatch slides them: with a period of an hour, 13:07 to 14:07 is followed by 13:08 to 14:08.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    /// Where the latest ends.
    pub(super) end: Timestamp,
    /// How long each is.
    pub(super) period: Duration,
    /// How many.
    pub(super) count: usize,
}

impl Windows {
    /// Beginning and end of each, the oldest first. None begins outside the range of times.
    pub(super) fn iter(self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let period = signed(self.period);
        (0..self.count).rev().filter_map(move |back| {
            let back = i32::try_from(back).ok()?;
            let end = self.end.checked_sub(period.checked_mul(back)?).ok()?;
            Some((end.checked_sub(period).ok()?, end))
        })
    }
}

/// Where the windows of an alarm end that is evaluated now.
///
/// Every minute a minute later, but once an hour, on the hour, for an alarm that looks at more than a day.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>
pub(super) fn end(now: Timestamp, period: Duration, evaluation_periods: u32) -> Timestamp {
    let looks_at = i64::try_from(period.as_secs()).unwrap_or(i64::MAX).saturating_mul(i64::from(evaluation_periods));
    floor(now, if looks_at > ONE_DAY { 60 * 60 } else { 60 })
}

/// The last whole multiple of this many seconds.
pub(super) fn floor(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(now.as_second().div_euclid(seconds) * seconds).unwrap_or(now)
}

/// As jiff takes it; a duration beyond its range is longer than time itself.
pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn an_hour_slides_by_minutes() {
        let (hour, now) = (Duration::from_secs(3600), at("2026-11-21T14:08:59Z"));
        let windows = Windows { end: end(now, hour, 1), period: hour, count: 2 };
        let expected =
            [("2026-11-21T12:08:00Z", "2026-11-21T13:08:00Z"), ("2026-11-21T13:08:00Z", "2026-11-21T14:08:00Z")];
        assert_eq!(windows.iter().collect::<Vec<_>>(), expected.map(|(from, to)| (at(from), at(to))));
    }

    /// AWS's example: at 10:03 only what came before 10:00 counts, so that a failure at 10:02 is seen at 11:03.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html>
    #[test]
    fn more_than_a_day_slides_by_hours() {
        let day = Duration::from_secs(86_400);
        assert_eq!(end(at("2026-11-21T10:03:00Z"), day, 3), at("2026-11-21T10:00:00Z"));
        assert_eq!(end(at("2026-11-21T11:03:00Z"), day, 3), at("2026-11-21T11:00:00Z"));
        assert_eq!(end(at("2026-11-21T10:03:00Z"), day, 1), at("2026-11-21T10:03:00Z"), "a day is not more than a day");
    }
}
