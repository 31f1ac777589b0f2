//! How many payments there are, without reading them: exact counters, kept with the rows in one transaction.
//!
//! Each counter is spread over [`SHARDS`] items by a hash of the ride, because an item takes some hundred transactions a
//! second at most and two at once get in each other's way. Whoever reads adds the shards up: [`TOTALS`] keys for all time,
//! as many for each ten minutes; 100 keys fit into one `BatchGetItem`.
//!
//! | item | attributes |
//! |---|---|
//! | `total#<shard>` | `Placed`, `Complete`, `Failed` |
//! | `ten#<unix seconds / 600>#<shard>` | the same, and per minute of the ten `Placed0` to `Placed9` and so on; `ExpiresAt` |
//!
//! A payment is placed at the ride's own time and Complete or Failed at the time of that. One that is dated in the future
//! is in a bin that nobody has read yet. A redrive takes the failure back where it was counted, so each bin equals the rows.

use super::Item;
use crate::ride::RideId;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use std::ops::AddAssign;

/// Over how many items each counter is spread.
pub const SHARDS: u8 = 6;

/// How many keys the counts of all time have.
pub const TOTALS: usize = SHARDS as usize;

/// The length of a bin, in seconds.
pub const BIN_SECONDS: i64 = 600;

/// How long a bin is kept after its end, in seconds: a week, for charts.
const KEPT_SECONDS: i64 = 7 * 24 * 3_600;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// There is a row.
    Placed,
    /// It is Complete.
    Complete,
    /// It is Failed.
    Failed,
}

impl Counter {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Placed, Self::Complete, Self::Failed];

    /// The attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "Placed",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
        }
    }

    /// The attribute of a minute of a bin, from 0 to 9.
    pub fn of_minute(self, minute: u8) -> String {
        format!("{}{minute}", self.as_str())
    }
}

/// The shard of a ride. FNV-1a (<http://www.isthe.com/chongo/tech/comp/fnv/>): the same in each version of this code, and
/// even for ids that differ in few digits.
pub fn shard(ride: RideId) -> u8 {
    let hash = ride
        .to_string()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    u8::try_from(hash % u64::from(SHARDS)).unwrap_or_default()
}

/// The key of a shard of the counts of all time.
pub fn total_key(shard: u8) -> String {
    format!("total#{shard}")
}

/// Ten minutes, from a multiple of ten minutes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bin(i64);

impl Bin {
    /// The bin that an instant falls into, and the minute in it, from 0 to 9.
    pub fn of(instant: Timestamp) -> (Self, u8) {
        // `as_second` cuts towards zero, which before 1970 is the second after.
        let seconds = instant.as_millisecond().div_euclid(1_000);
        let minute = seconds.rem_euclid(BIN_SECONDS) / 60;
        (Self(seconds.div_euclid(BIN_SECONDS)), u8::try_from(minute).unwrap_or_default())
    }

    /// The bin so many before this one.
    #[must_use]
    pub fn back(self, bins: i64) -> Self {
        Self(self.0 - bins)
    }

    /// When it begins, in seconds since the Unix epoch.
    pub fn begins(self) -> i64 {
        self.0 * BIN_SECONDS
    }

    /// The key of a shard of it.
    pub fn key(self, shard: u8) -> String {
        format!("ten#{}#{shard}", self.0)
    }

    /// When it may be deleted, in seconds since the Unix epoch. DynamoDB does so within days, and leaves alone what says
    /// that it expired more than five years ago
    /// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html>).
    pub fn expires(self) -> i64 {
        self.begins() + BIN_SECONDS + KEPT_SECONDS
    }
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// How many were placed.
    pub placed: i64,
    /// How many of those are Complete.
    pub complete: i64,
    /// How many of those are Failed.
    pub failed: i64,
}

impl Counts {
    /// The counts of one item, of all time or of a bin. What is not there is 0.
    pub fn of(item: &Item) -> Self {
        Self::read(item, |counter| counter.as_str().to_owned())
    }

    /// The counts of one minute of a bin, from 0 to 9.
    pub fn of_minute(item: &Item, minute: u8) -> Self {
        Self::read(item, |counter| counter.of_minute(minute))
    }

    fn read(item: &Item, name: impl Fn(Counter) -> String) -> Self {
        let number = |value: &AttributeValue| value.as_n().ok()?.parse().ok();
        let [placed, complete, failed] =
            Counter::ALL.map(|counter| item.get(&name(counter)).and_then(number).unwrap_or(0));
        Self { placed, complete, failed }
    }

    /// How many wait or are being processed.
    pub fn in_queue(&self) -> i64 {
        self.placed - self.complete - self.failed
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.placed += other.placed;
        self.complete += other.complete;
        self.failed += other.failed;
    }
}

#[cfg(test)]
mod tests;
