//! How times and durations read.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `12:00:01.250`, UTC as in the log.
pub(super) fn clock(at_ms: f64) -> String {
    let Ok(at) = Timestamp::from_millisecond(at_ms as i64) else { return "-".to_owned() };
    at.to_zoned(TimeZone::UTC).strftime("%H:%M:%S%.3f").to_string()
}

/// `45 s`, `3 min`, `2 h`: how long ago, roughly.
pub(super) fn ago(from_ms: f64, now_ms: f64) -> String {
    let seconds = ((now_ms - from_ms) / 1_000.0).max(0.0);
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3_600.0),
    }
}

/// Milliseconds with as many digits as say something.
pub(super) fn milliseconds(ms: f64) -> String {
    if ms < 10.0 { format!("{ms:.2} ms") } else { format!("{ms:.0} ms") }
}

/// A number of a metric.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{value:.0}") } else { format!("{value:.3}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_a_person_writes_them() {
        assert_eq!(clock(1_250.0), "00:00:01.250");
        assert_eq!((ago(0.0, 45_000.0), ago(0.0, 180_000.0)), ("45 s".to_owned(), "3 min".to_owned()));
        assert_eq!((milliseconds(1.234), milliseconds(1234.5)), ("1.23 ms".to_owned(), "1234 ms".to_owned()));
        assert_eq!((number(3.0), number(0.5)), ("3".to_owned(), "0.500".to_owned()));
    }
}
