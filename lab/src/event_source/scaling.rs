//! How many pollers a mapping has.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>

use std::time::{Duration, Instant};

/// "Lambda starts processing five batches at a time with five concurrent invocations of your function."
const FIRST: u32 = 5;

/// "The maximum number of batches that an event source mapping can process simultaneously is 1,000."
const MOST: u32 = 1_000;

/// "Up to 300 more instances per minute."
const BETWEEN_TWO: Duration = Duration::from_millis(200);

/// The number of pollers, each with one batch at a time, as a state machine.
#[derive(Debug, Clone)]
pub(super) struct Scaling {
    wanted: u32,
    most: u32,
    partial: bool,
    grown: Option<Instant>,
}

impl Scaling {
    /// With `MaximumConcurrency`, where it is stated; `partial` where the function reports failures one by one.
    pub(super) fn new(maximum_concurrency: Option<u32>, partial: bool) -> Self {
        let most = maximum_concurrency.unwrap_or(MOST);
        Self { wanted: FIRST.min(most), most, partial, grown: None }
    }

    pub(super) fn wanted(&self) -> u32 {
        self.wanted
    }

    /// A batch was taken, and there is more: whether there shall be another poller.
    pub(super) fn more(&mut self, now: Instant) -> bool {
        let soon = self.grown.is_some_and(|grown| now.saturating_duration_since(grown) < BETWEEN_TWO);
        if soon || self.wanted >= self.most {
            return false;
        }
        self.wanted += 1;
        self.grown = Some(now);
        true
    }

    /// There was nothing for a whole poll: as at the beginning.
    pub(super) fn idle(&mut self) -> bool {
        let first = FIRST.min(self.most);
        let grows = self.wanted < first;
        self.wanted = first;
        grows
    }

    /// The function failed. "Lambda gradually backs off, reducing the amount of concurrency", but "doesn't scale down message
    /// polling when function invocations fail" where it reports failures one by one. By how much is not published: by one.
    pub(super) fn failed(&mut self) {
        if !self.partial {
            self.fewer();
        }
    }

    /// The function was throttled: "Lambda gradually backs off retries by reducing the amount of concurrency" in any case.
    pub(super) fn throttled(&mut self) {
        self.fewer();
    }

    fn fewer(&mut self) {
        self.wanted = self.wanted.saturating_sub(1).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pollers after so many milliseconds with batches at hand all the time.
    fn after(mut scaling: Scaling, milliseconds: u64) -> u32 {
        let start = Instant::now();
        for at in 0..milliseconds {
            scaling.more(start + Duration::from_millis(at));
        }
        scaling.wanted()
    }

    #[test]
    fn five_at_first_and_three_hundred_more_a_minute() {
        assert_eq!(Scaling::new(None, true).wanted(), 5);
        assert_eq!(after(Scaling::new(None, true), 60_000), 305);
        assert_eq!(after(Scaling::new(None, true), 600_000), 1_000);
    }

    #[test]
    fn never_more_than_the_maximum_concurrency() {
        assert_eq!(Scaling::new(Some(2), true).wanted(), 2);
        assert_eq!(after(Scaling::new(Some(2), true), 60_000), 2);
        assert_eq!(after(Scaling::new(Some(7), true), 60_000), 7);
    }

    #[test]
    fn failures_and_throttles_make_it_fewer_and_an_empty_queue_starts_anew() {
        let mut scaling = Scaling::new(None, false);
        (0..9).for_each(|_| scaling.failed());
        assert_eq!(scaling.wanted(), 1);
        assert!(scaling.idle());
        assert_eq!(scaling.wanted(), 5);
        let mut partial = Scaling::new(None, true);
        partial.failed();
        assert_eq!(partial.wanted(), 5);
        partial.throttled();
        assert_eq!(partial.wanted(), 4);
    }
}
