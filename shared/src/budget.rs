//! How long an invocation may still take, and what of that an outbound call may have.

use http::{HeaderMap, HeaderName};
use std::time::{Duration, Instant};

/// Carries the time that a caller still waits, in milliseconds.
pub const X_REMAINING_MS: HeaderName = HeaderName::from_static("x-remaining-ms");

/// Kept back from every deadline, so that there is time to answer and to log.
pub const ANSWER_RESERVE: Duration = Duration::from_millis(500);

/// The moment by which all work must be done, the reserve already taken off.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    end: Instant,
}

/// What is known when an invocation starts.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time now, in milliseconds since the Unix epoch.
    pub now_ms: u64,
    /// The deadline out of the invocation's context, in milliseconds since the Unix epoch.
    pub deadline_ms: u64,
    /// The function's own timeout, used when the deadline is unknown.
    pub timeout: Duration,
    /// What the caller says it will wait, if it says so.
    pub caller_waits: Option<Duration>,
}

impl Limits {
    /// How long the invocation may take in all, answer included.
    ///
    /// A deadline that is already past is unknown rather than missed: `cargo lambda watch` sends a constant of 1970.
    pub fn allowance(&self) -> Duration {
        let own = match self.deadline_ms.checked_sub(self.now_ms) {
            Some(left) if left > 0 => Duration::from_millis(left),
            _ => self.timeout,
        };
        self.caller_waits.map_or(own, |caller| caller.min(own))
    }
}

impl Budget {
    /// Starts to count at this moment.
    pub fn start_at(moment: Instant, limits: &Limits) -> Self {
        Self { end: moment + limits.allowance().saturating_sub(ANSWER_RESERVE) }
    }

    /// A budget of this length from now on, with nothing kept back.
    pub fn lasting(length: Duration) -> Self {
        Self { end: Instant::now() + length }
    }

    /// What is left for work.
    pub fn remaining(&self) -> Duration {
        self.remaining_at(Instant::now())
    }

    /// What is left for work at this moment.
    pub fn remaining_at(&self, moment: Instant) -> Duration {
        self.end.saturating_duration_since(moment)
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.remaining().is_zero()
    }

    /// How long one attempt may take that starts at this moment, or nothing when the budget is spent.
    pub fn attempt_at(&self, moment: Instant, longest: Duration) -> Option<Duration> {
        let time = self.remaining_at(moment).min(longest);
        // Below a millisecond the header would say 0, which means "do not even try".
        (time >= Duration::from_millis(1)).then_some(time)
    }
}

/// The caller's patience out of the headers. Only plain decimal digits count; anything else is as good as absent.
pub fn caller_waits(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(X_REMAINING_MS)?.to_str().ok()?;
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than fit are more time than anybody has: no limit.
    text.parse().ok().filter(|_| plain).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limits(now_ms: u64, deadline_ms: u64, caller_ms: Option<u64>) -> Limits {
        let caller_waits = caller_ms.map(Duration::from_millis);
        Limits { now_ms, deadline_ms, timeout: Duration::from_secs(20), caller_waits }
    }

    fn header(value: &'static str) -> Option<u64> {
        let headers = [(X_REMAINING_MS, http::HeaderValue::from_static(value))].into_iter().collect();
        caller_waits(&headers).map(|waits| waits.as_millis() as u64)
    }

    #[test]
    fn the_deadline_less_now_is_the_allowance() {
        assert_eq!(limits(1_000, 4_500, None).allowance(), Duration::from_millis(3_500));
    }

    #[test]
    fn a_deadline_in_the_past_means_the_configured_timeout() {
        assert_eq!(limits(1_800_000_000_000, 600_000, None).allowance(), Duration::from_secs(20));
        assert_eq!(limits(1_000, 1_000, None).allowance(), Duration::from_secs(20));
    }

    #[test]
    fn the_caller_can_shorten_but_never_lengthen() {
        assert_eq!(limits(0, 5_000, Some(3_000)).allowance(), Duration::from_millis(3_000));
        assert_eq!(limits(0, 5_000, Some(60_000)).allowance(), Duration::from_millis(5_000));
    }

    #[test]
    fn only_plain_digits_are_taken_from_the_header() {
        assert_eq!(header("2500"), Some(2_500));
        assert_eq!(header("0"), Some(0));
        for garbage in ["", "-1", "+5", "1.5", "1e3", " 7", "0x10", "soon", "99999999999999999999999"] {
            assert_eq!(header(garbage), None, "{garbage:?}");
        }
    }

    #[test]
    fn the_reserve_is_kept_and_an_attempt_gets_the_smaller_of_both() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let budget = Budget::start_at(start, &limits(0, 5_000, None));
        let longest = Duration::from_secs(2);
        assert_eq!(budget.remaining_at(start), Duration::from_millis(4_500));
        assert_eq!(budget.attempt_at(start, longest), Some(longest));
        assert_eq!(budget.attempt_at(after(3), longest), Some(Duration::from_millis(1_500)));
        assert_eq!(budget.remaining_at(after(5)), Duration::ZERO);
        assert_eq!(budget.attempt_at(after(5), longest), None);
    }

    #[test]
    fn no_more_than_the_reserve_left_is_a_spent_budget() {
        let start = Instant::now();
        for caller_ms in [0, 1, 499, 500] {
            let budget = Budget::start_at(start, &limits(0, 5_000, Some(caller_ms)));
            assert!(budget.remaining_at(start).is_zero(), "{caller_ms}");
        }
    }

    proptest! {
        #[test]
        fn the_allowance_never_exceeds_what_the_caller_waits(now: u64, deadline: u64, caller in 0..u64::from(u32::MAX)) {
            prop_assert!(limits(now, deadline, Some(caller)).allowance() <= Duration::from_millis(caller));
        }
    }
}
