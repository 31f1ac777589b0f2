//! A token bucket: so many units a second, and what was not used is kept for a while.

use std::time::{Duration, Instant};

/// Parts of a unit: a unit a second is one of them a nanosecond, so that no time is rounded away.
const NANO: i128 = 1_000_000_000;

/// Units that come at a rate and are taken by requests. The time is a parameter, and never runs backwards.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bucket {
    rate: u32,
    most: i128,
    level: i128,
    at: Instant,
}

impl Bucket {
    /// A bucket of `rate` units a second that keeps what `keeps` of time brings, and holds what `holds` brings.
    ///
    /// It keeps no less than two units, or those of a second, however short `keeps` is: a transactional write of a table with
    /// one unit a second would never fit otherwise.
    pub(super) fn new(rate: u32, keeps: Duration, holds: Duration, now: Instant) -> Self {
        let units = i128::from(rate);
        let brought = |time: Duration| units * i128::try_from(time.as_nanos()).unwrap_or(i128::MAX / NANO);
        let most = brought(keeps).max(units.max(2) * NANO);
        Self { rate, most, level: brought(holds).min(most), at: now }
    }

    /// Whether there is so much.
    pub(super) fn has(&mut self, units: f64, now: Instant) -> bool {
        self.refill(now);
        self.level >= parts(units)
    }

    /// Takes so much, even what is not there: what a request turns out to cost is paid by the seconds that follow. A negative
    /// number is given back.
    pub(super) fn take(&mut self, units: f64, now: Instant) {
        self.refill(now);
        self.level -= parts(units);
    }

    /// Goes on at another rate: with what the old one has brought until now, and without what was kept beyond the new one's second.
    pub(super) fn at_rate(mut self, rate: u32, now: Instant) -> Self {
        self.refill(now);
        let new = Self::new(rate, Duration::ZERO, Duration::ZERO, now);
        Self { level: self.level.min(new.most), ..new }
    }

    /// Whether nothing was taken of late.
    pub(super) fn is_full(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.level >= self.most
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at);
        let brought = i128::from(self.rate) * i128::try_from(passed.as_nanos()).unwrap_or(i128::MAX / NANO);
        self.level = self.level.saturating_add(brought).min(self.most);
        self.at = self.at.max(now);
    }
}

/// Units are whole or halves, and whole sums of them.
fn parts(units: f64) -> i128 {
    (units * 2.0).round() as i128 * (NANO / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by hand: what every hundredth of a second brought is a coin of its own, and the oldest are spent or lost first. Debts are
    /// paid with the coins that come.
    struct Purse {
        rate: u32,
        keeps: u64,
        coins: std::collections::VecDeque<u64>,
        debt: u64,
        now: u64,
    }

    impl Purse {
        /// Times are hundredths of a second, and coins hundredths of units: one brings `rate` of the other.
        fn pass_to(&mut self, now: u64) {
            while self.now < now {
                self.now += 1;
                let mut coin = u64::from(self.rate);
                let paid = coin.min(self.debt);
                self.debt -= paid;
                coin -= paid;
                self.coins.push_back(coin);
                let most = u64::from(self.rate) * self.keeps;
                while self.coins.iter().sum::<u64>() > most {
                    let over = self.coins.iter().sum::<u64>() - most;
                    match self.coins.front_mut() {
                        Some(oldest) if *oldest > over => *oldest -= over,
                        _ => drop(self.coins.pop_front()),
                    }
                }
            }
        }

        fn has(&self, hundredths: u64) -> bool {
            self.debt == 0 && self.coins.iter().sum::<u64>() >= hundredths
        }

        fn take(&mut self, mut hundredths: u64) {
            while hundredths > 0 {
                match self.coins.front_mut() {
                    Some(oldest) if *oldest > hundredths => {
                        *oldest -= hundredths;
                        hundredths = 0;
                    }
                    Some(_) => hundredths -= self.coins.pop_front().unwrap_or_default(),
                    None => {
                        self.debt += hundredths;
                        hundredths = 0;
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_bucket_admits_what_counting_by_hand_admits(
            rate in 1_u32..5,
            keeps in 200_u64..400,
            held in 0_u64..400,
            // Hundredths of a second of waiting, and half units of cost beyond the first.
            calls in proptest::collection::vec((0_u64..90, 0_u32..6), 1..60),
        ) {
            let start = Instant::now();
            let time = |hundredths| Duration::from_millis(10 * hundredths);
            let mut bucket = Bucket::new(rate, time(keeps), time(held), start);
            let coins = [u64::from(rate) * held.min(keeps)].into();
            let mut purse = Purse { rate, keeps, coins, debt: 0, now: 0 };
            let mut now = 0;
            for (wait, more) in calls {
                now += wait;
                purse.pass_to(now);
                let at = start + time(now);
                let (admitted, by_hand) = (bucket.has(1.0, at), purse.has(100));
                prop_assert_eq!(admitted, by_hand, "at {} hundredths", now);
                if admitted {
                    bucket.take(1.0 + f64::from(more) / 2.0, at);
                    purse.take(100 + u64::from(more) * 50);
                }
            }
        }

        #[test]
        fn over_any_time_no_more_is_admitted_than_was_kept_and_came(
            rate in 1_u32..20,
            waits in proptest::collection::vec(0_u64..200, 1..400),
        ) {
            let start = Instant::now();
            let kept = Duration::from_secs(10);
            let mut bucket = Bucket::new(rate, kept, kept, start);
            let (mut now, mut admitted) = (start, 0_u64);
            for wait in waits {
                now += Duration::from_millis(wait);
                if bucket.has(1.0, now) {
                    bucket.take(1.0, now);
                    admitted += 1;
                }
            }
            let came = u64::from(rate) * 10 + (now - start).as_millis() as u64 * u64::from(rate) / 1_000;
            prop_assert!(admitted <= came, "{} of {}", admitted, came);
        }
    }

    #[test]
    fn three_hundred_seconds_of_one_unit_last_half_a_minute_at_ten_a_second() {
        let start = Instant::now();
        let burst = Duration::from_secs(300);
        let mut bucket = Bucket::new(1, burst, burst, start);
        let refused = (0..1_800_u32).find(|n| {
            let now = start + Duration::from_millis(100) * *n;
            let admitted = bucket.has(1.0, now);
            bucket.take(if admitted { 1.0 } else { 0.0 }, now);
            !admitted
        });
        // 300 / (10 - 1) = 33.3 s.
        assert_eq!(refused, Some(333));
    }

    #[test]
    fn a_transactional_write_fits_into_the_smallest_bucket() {
        let start = Instant::now();
        let mut bucket = Bucket::new(1, Duration::ZERO, Duration::ZERO, start);
        assert!(!bucket.has(2.0, start));
        assert!(bucket.has(2.0, start + Duration::from_secs(2)));
        assert!(!bucket.has(2.5, start + Duration::from_secs(60)));
    }
}
