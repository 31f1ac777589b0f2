//! What a table without provisioned units can do.

use std::time::{Duration, Instant};

use super::bucket::Bucket;
use crate::dynamodb::Side;

/// "New on-demand tables will be able to sustain up to 4,000 writes per second and 12,000 reads per second." Or a linear
/// combination of both, which is not counted here: each side is by itself.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial>
fn of_a_new_table(side: Side) -> u32 {
    match side {
        Side::Read => 12_000,
        Side::Write => 4_000,
    }
}

/// Per table and account, reads and writes alike, unless AWS is asked for more.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#default-limits-throughput>
pub(super) const ACCOUNT_LIMIT: u32 = 40_000;

/// "Throttling can occur if you exceed double your previous peak within 30 minutes." Same page as above.
const GROWTH: Duration = Duration::from_secs(30 * 60);

/// A limit that is twice the previous peak, and never less than a new table's.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnDemand {
    bucket: Bucket,
    limit: u32,
    /// How long a peak is new.
    growth: Duration,
    grown_at: Instant,
    /// The most units of one second since then.
    peak: f64,
    second: Instant,
    in_second: f64,
}

impl OnDemand {
    /// A new table's. Times are shortened by `compress`.
    pub(super) fn new(side: Side, compress: u16, now: Instant) -> Self {
        let limit = of_a_new_table(side);
        let second = Duration::from_secs(1);
        let growth = GROWTH / u32::from(compress.max(1));
        Self {
            bucket: Bucket::new(limit, second, second, now),
            limit,
            growth,
            grown_at: now,
            peak: 0.0,
            second: now,
            in_second: 0.0,
        }
    }

    /// Units a second that it can do now.
    pub(super) fn limit(&self) -> u32 {
        self.limit
    }

    pub(super) fn has(&mut self, units: f64, now: Instant) -> bool {
        self.pass_to(now);
        self.bucket.has(units, now)
    }

    pub(super) fn take(&mut self, units: f64, now: Instant) {
        self.pass_to(now);
        self.bucket.take(units, now);
        self.in_second += units;
        self.peak = self.peak.max(self.in_second);
    }

    fn pass_to(&mut self, now: Instant) {
        if now.saturating_duration_since(self.second) >= Duration::from_secs(1) {
            self.second = now;
            self.in_second = 0.0;
        }
        if now.saturating_duration_since(self.grown_at) >= self.growth {
            let twice = (self.peak * 2.0) as u32;
            self.limit = self.limit.max(twice).min(ACCOUNT_LIMIT);
            self.bucket = self.bucket.at_rate(self.limit, now);
            self.grown_at = now;
            self.peak = 0.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Units taken in one second of writes of a unit each.
    fn a_second(table: &mut OnDemand, from: Instant) -> u32 {
        let call = |n: u32| from + Duration::from_micros(10) * n;
        (0..100_000)
            .filter(|n| {
                let admitted = table.has(1.0, call(*n));
                table.take(if admitted { 1.0 } else { 0.0 }, call(*n));
                admitted
            })
            .count() as u32
    }

    #[test]
    fn a_new_table_does_four_thousand_and_half_an_hour_later_twice_its_peak() {
        let start = Instant::now();
        let mut table = OnDemand::new(Side::Write, 1, start);
        // What is kept at the beginning is one second's.
        assert_eq!(a_second(&mut table, start), 7_999);
        assert_eq!(a_second(&mut table, start + Duration::from_secs(1)), 4_000);
        assert_eq!(table.limit(), 4_000);
        let later = start + Duration::from_secs(1_800);
        a_second(&mut table, later);
        assert_eq!(table.limit(), 15_998);
        for half_hours in 2..5 {
            a_second(&mut table, start + Duration::from_secs(1_800) * half_hours);
        }
        assert_eq!(table.limit(), ACCOUNT_LIMIT);
    }

    #[test]
    fn a_compressed_lab_grows_sooner() {
        let start = Instant::now();
        let mut table = OnDemand::new(Side::Read, 60, start);
        assert_eq!(table.limit(), 12_000);
        table.take(9_000.0, start);
        table.has(1.0, start + Duration::from_secs(30));
        assert_eq!(table.limit(), 18_000);
    }

    #[test]
    fn the_idle_time_before_a_limit_grows_counts() {
        let start = Instant::now();
        let mut table = OnDemand::new(Side::Write, 1, start);
        assert_eq!(a_second(&mut table, start), 7_999, "nothing is left");
        // Nobody writes for half an hour: what that brought is there, with the first call under the new limit.
        let later = start + Duration::from_secs(1_800);
        assert!(table.has(4_000.0, later), "a second of the old limit");
        assert_eq!(table.limit(), 15_998);
    }
}
