//! When to try again: exponential back-off with full jitter.
//!
//! The formula is the "full jitter" of the AWS Architecture Blog, "Exponential Backoff And Jitter" (2015):
//! a uniformly random pause between nothing and `min(cap, base * 2^n)`.

use std::time::Duration;

/// How often to try and how long to pause in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Attempts in all, the first included; at least 1.
    pub attempts: u32,
    /// The longest first pause.
    pub base: Duration,
    /// The longest pause of all.
    pub cap: Duration,
}

impl Schedule {
    /// The pauses between the attempts, one fewer than the attempts.
    pub fn pauses(self, mut random: fastrand::Rng) -> impl Iterator<Item = Duration> {
        (1..self.attempts).map(move |attempt| {
            let longest = self.longest_pause(attempt).as_millis().try_into().unwrap_or(u64::MAX);
            Duration::from_millis(random.u64(0..=longest))
        })
    }

    /// The longest that the pause after this attempt can be; attempts count from 1.
    pub fn longest_pause(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.checked_pow(attempt.saturating_sub(1)).and_then(|factor| self.base.checked_mul(factor));
        doubled.map_or(self.cap, |pause| pause.min(self.cap))
    }

    /// The longest that all pauses together can be: what a time budget has to allow for.
    pub fn longest_pauses(&self) -> Duration {
        (1..self.attempts).map(|attempt| self.longest_pause(attempt)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCHEDULE: Schedule =
        Schedule { attempts: 3, base: Duration::from_millis(100), cap: Duration::from_millis(1_000) };

    #[test]
    fn the_longest_pause_doubles_up_to_the_cap() {
        let longest: Vec<u128> = (1..=6).map(|attempt| SCHEDULE.longest_pause(attempt).as_millis()).collect();
        assert_eq!(longest, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(SCHEDULE.longest_pauses(), Duration::from_millis(300));
    }

    #[test]
    fn the_same_seed_gives_the_same_pauses() {
        let pauses = |seed| SCHEDULE.pauses(fastrand::Rng::with_seed(seed)).collect::<Vec<_>>();
        assert_eq!(pauses(7), pauses(7));
        assert_ne!(pauses(7), pauses(8));
    }

    #[test]
    fn the_pauses_use_the_whole_range() {
        let first = |seed| SCHEDULE.pauses(fastrand::Rng::with_seed(seed)).next().expect("three attempts have a pause");
        let pauses: Vec<u128> = (0..2_000).map(|seed| first(seed).as_millis()).collect();
        assert!(pauses.iter().any(|pause| *pause < 10) && pauses.iter().any(|pause| *pause > 90));
    }

    proptest! {
        #[test]
        fn pauses_are_fewer_than_attempts_and_within_their_bounds(
            attempts in 0_u32..80, base in 0_u64..100_000, cap in 0_u64..100_000, seed: u64
        ) {
            let schedule = Schedule { attempts, base: Duration::from_millis(base), cap: Duration::from_millis(cap) };
            let pauses: Vec<Duration> = schedule.pauses(fastrand::Rng::with_seed(seed)).collect();
            prop_assert_eq!(pauses.len() as u32, attempts.saturating_sub(1));
            for (attempt, pause) in (1..).zip(&pauses) {
                prop_assert!(*pause <= schedule.longest_pause(attempt) && *pause <= schedule.cap);
            }
            prop_assert!(pauses.iter().sum::<Duration>() <= schedule.longest_pauses());
        }
    }
}
