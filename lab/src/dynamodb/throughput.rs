//! What a table is provisioned with.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Units a table or an index can be provisioned with, by the default quota.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#default-limits-throughput>
pub(crate) const UNITS: RangeInclusive<u32> = 1..=40_000;

/// "DynamoDB currently retains up to five minutes (300 seconds) of unused read and write capacity."
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html>
pub(crate) const BURST_SECONDS: u16 = 300;

/// Provisioned throughput.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Throughput {
    /// Read units a second, 1 to 40000.
    pub read: u32,
    /// Write units a second, 1 to 40000.
    pub write: u32,
    /// Seconds of unused capacity that are saved up when it begins, 0 to 300; without it all 300, as after an idle time.
    /// In a compressed lab they are shortened like every other time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u16>,
}
