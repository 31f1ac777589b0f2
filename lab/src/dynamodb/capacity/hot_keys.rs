//! What one partition key can do, whatever its table has.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::bucket::Bucket;
use crate::dynamodb::Side;
use crate::dynamodb::throttle::Place;

/// A partition has at most 3,000 read and 1,000 write units a second, and one key lies in one partition. "Burst capacity can't
/// alleviate partition-level throttling."
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>,
/// <https://repost.aws/knowledge-center/dynamodb-spiky-workloads-short-intervals>
fn of_a_partition(side: Side) -> u32 {
    match side {
        Side::Read => 3_000,
        Side::Write => 1_000,
    }
}

/// Keys that are remembered before the idle ones are forgotten.
const KEPT: usize = 4_096;

/// The keys in use. Each is taken for alone in its partition: how AWS lays keys out is nobody's to know.
#[derive(Debug, Default)]
pub(super) struct HotKeys(HashMap<(Place, Side, String), Bucket>);

impl HotKeys {
    pub(super) fn has(&mut self, place: &Place, side: Side, key: &str, units: f64, now: Instant) -> bool {
        self.bucket(place, side, key, now).has(units, now)
    }

    pub(super) fn take(&mut self, place: &Place, side: Side, key: &str, units: f64, now: Instant) {
        self.bucket(place, side, key, now).take(units, now);
    }

    fn bucket(&mut self, place: &Place, side: Side, key: &str, now: Instant) -> &mut Bucket {
        if self.0.len() >= KEPT {
            self.0.retain(|_, bucket| !bucket.is_full(now));
        }
        let second = Duration::from_secs(1);
        let fresh = || Bucket::new(of_a_partition(side), second, second, now);
        self.0.entry((place.clone(), side, key.to_owned())).or_insert_with(fresh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_has_a_thousand_writes_and_another_its_own() {
        let (mut keys, now) = (HotKeys::default(), Instant::now());
        let rides = Place { table: "rides".to_owned(), index: None };
        keys.take(&rides, Side::Write, "a", 1_000.0, now);
        assert!(!keys.has(&rides, Side::Write, "a", 1.0, now));
        assert!(keys.has(&rides, Side::Write, "b", 1.0, now));
        assert!(keys.has(&rides, Side::Read, "a", 3_000.0, now));
        assert!(keys.has(&rides, Side::Write, "a", 1_000.0, now + Duration::from_secs(1)));
    }

    #[test]
    fn idle_keys_are_forgotten() {
        let (mut keys, start) = (HotKeys::default(), Instant::now());
        let rides = Place { table: "rides".to_owned(), index: None };
        for n in 0..20_000_u32 {
            keys.take(&rides, Side::Write, &n.to_string(), 1.0, start + Duration::from_millis(5) * n);
        }
        assert!(keys.0.len() <= KEPT, "{}", keys.0.len());
    }
}
