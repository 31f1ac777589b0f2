//! The capacity of one table or index.

use std::time::{Duration, Instant};

use super::bucket::Bucket;
use super::on_demand::{ACCOUNT_LIMIT, OnDemand};
use crate::dynamodb::throttle::Limit;
use crate::dynamodb::{BURST_SECONDS, Side, Throughput};

/// Reads and writes, each by itself.
#[derive(Debug, Clone)]
pub(super) struct Supply {
    read: Source,
    write: Source,
    /// Units a second, where it is provisioned.
    pub(super) throughput: Option<Throughput>,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Provisioned(Bucket),
    OnDemand(OnDemand),
}

impl Supply {
    /// What is provisioned, or on demand without. The times that it keeps unused capacity are shortened by `compress`.
    pub(super) fn new(throughput: Option<Throughput>, compress: u16, now: Instant) -> Self {
        let source = |side| match throughput {
            None => Source::OnDemand(OnDemand::new(side, compress, now)),
            Some(throughput) => {
                let shortened = |seconds: u16| Duration::from_secs(seconds.into()) / u32::from(compress.max(1));
                let rate = match side {
                    Side::Read => throughput.read,
                    Side::Write => throughput.write,
                };
                let holds = shortened(throughput.burst.unwrap_or(BURST_SECONDS));
                Source::Provisioned(Bucket::new(rate, shortened(BURST_SECONDS), holds, now))
            }
        };
        Self { read: source(Side::Read), write: source(Side::Write), throughput }
    }

    /// The limit that a request of so many units runs into.
    pub(super) fn refusal(&mut self, side: Side, units: f64, now: Instant) -> Option<Limit> {
        let (has, limit) = match self.side(side) {
            Source::Provisioned(bucket) => (bucket.has(units, now), Limit::Provisioned),
            Source::OnDemand(table) => {
                let has = table.has(units, now);
                // AWS names no reason for a table that grows too fast: what throttles then is its partitions.
                (has, if table.limit() >= ACCOUNT_LIMIT { Limit::Account } else { Limit::KeyRange })
            }
        };
        (!has).then_some(limit)
    }

    /// Takes units, or gives them back where they are negative.
    pub(super) fn take(&mut self, side: Side, units: f64, now: Instant) {
        match self.side(side) {
            Source::Provisioned(bucket) => bucket.take(units, now),
            Source::OnDemand(table) => table.take(units, now),
        }
    }

    fn side(&mut self, side: Side) -> &mut Source {
        match side {
            Side::Read => &mut self.read,
            Side::Write => &mut self.write,
        }
    }
}
