//! What a row says, as far as the books need it. The functions that write these rows are not asked: the lab knows no function's code.

use jiff::Timestamp;
use serde_json::Value;

/// Who rides for the heartbeat; the pipe leaves these rides out.
const PROBE: &str = "heartbeat-probe";

/// What finance is told where nobody knows who rides.
const NOBODY: &str = "unknown";

/// A row of the rides table.
#[derive(Debug)]
pub(super) struct Ride<'a> {
    pub(super) id: &'a str,
    rider: Option<&'a str>,
    /// When it was asked for.
    pub(super) at: Option<Timestamp>,
}

impl<'a> Ride<'a> {
    pub(super) fn read(item: &'a Value) -> Option<Self> {
        Some(Self { id: text(item, "RideId")?, rider: text(item, "Rider"), at: time(item, "RequestTime") })
    }

    pub(super) fn is_probe(&self) -> bool {
        self.rider == Some(PROBE)
    }

    /// Who is charged.
    pub(super) fn customer(&self) -> &'a str {
        self.rider.unwrap_or(NOBODY)
    }

    pub(super) fn name(&self) -> String {
        self.id.to_owned()
    }
}

/// A row of the payments table.
#[derive(Debug)]
pub(crate) struct Payment<'a> {
    pub(super) ride: &'a str,
    pub(super) status: &'a str,
    /// When its ride was asked for.
    pub(crate) placed_at: Option<Timestamp>,
    /// When it was Complete.
    pub(crate) charged_at: Option<Timestamp>,
    /// Why it waits again or failed.
    pub(crate) reason: Option<&'a str>,
}

impl<'a> Payment<'a> {
    pub(crate) fn read(item: &'a Value) -> Option<Self> {
        // A row without a status is in no one's list, and must be in this one.
        let status = text(item, "Status").unwrap_or("without a status");
        let charged_at = time(item, "ProcessedAt").filter(|_| status == COMPLETE);
        let (placed_at, reason) = (time(item, "PlacedAt"), text(item, "Reason"));
        Some(Self { ride: text(item, "RideId")?, status, placed_at, charged_at, reason })
    }

    pub(super) fn is_complete(&self) -> bool {
        self.status == COMPLETE
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.status == FAILED
    }

    /// Whether it is neither Complete nor Failed.
    pub(crate) fn waits(&self) -> bool {
        !self.is_complete() && !self.has_failed()
    }
}

pub(super) const COMPLETE: &str = "Complete";
pub(super) const FAILED: &str = "Failed";

/// A charge in the simulator's ledger.
#[derive(Debug)]
pub(super) struct Charge<'a> {
    pub(super) customer: &'a str,
    /// What its `Date` means: London's offset is taken off.
    pub(super) at: Option<Timestamp>,
}

impl<'a> Charge<'a> {
    /// Nothing for a row that is no charge: the scenario, attempts, counters.
    pub(super) fn read(item: &'a Value) -> Option<Self> {
        let is_charge = text(item, "Id")?.starts_with("charge#");
        is_charge.then(|| Self { customer: text(item, "Customer").unwrap_or_default(), at: time(item, "Date") })
    }
}

/// The sum of a counter over the shards of all time.
pub(super) fn sum(items: &[Value], name: &str) -> i64 {
    let shards = items.iter().filter(|item| text(item, "Id").is_some_and(|id| id.starts_with("total#")));
    shards.filter_map(|item| item[name]["N"].as_str()?.parse::<i64>().ok()).sum()
}

fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item[name]["S"].as_str()
}

fn time(item: &Value, name: &str) -> Option<Timestamp> {
    text(item, name)?.parse().ok()
}
