//! What became of the rides' payments: rides, payments and the simulator's charges, against each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who the probe's rides are for. The pipe leaves them out: nobody rides, and nobody pays.
const PROBE: &str = "heartbeat-probe";

/// As whom those are charged who do not say who they are.
const NOBODY: &str = "unknown";

/// The payments of a run, of all rides that are stored but the probe's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PaymentBooks {
    /// Rides that are stored.
    pub rides: usize,
    /// Their payments, and those of rides that there are not.
    pub payments: usize,
    /// Payments that are Complete.
    pub complete: usize,
    /// Payments that are Failed.
    pub failed: usize,
    /// Payments that are Queued or Processing.
    pub waiting: usize,
    /// Rides without a payment, by id.
    pub missing: Vec<String>,
    /// Charges in the simulator's ledger; none where another finance service is named.
    pub charges: Option<usize>,
    /// Charges beyond the first for one ride.
    pub charged_twice: usize,
    /// Payments that are Complete and that nobody charged.
    pub uncharged: usize,
    /// What the failed ones say, and how many say it.
    pub reasons: BTreeMap<String, usize>,
    /// How long they were waited for when the last rider had gone, in the machine's seconds.
    pub waited_s: f64,
}

/// What a charge says of its ride, and a ride of its charge: for whom it is, and when it was asked for.
type Order<'a> = (&'a str, Timestamp);

/// A text attribute of an item in DynamoDB's JSON.
fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item[name]["S"].as_str()
}

fn instant(item: &Value, name: &str) -> Option<Timestamp> {
    text(item, name)?.parse().ok()
}

/// The ids of the rides that are somebody's.
pub(super) fn of_riders(rides: &[Value]) -> impl Iterator<Item = &Value> {
    rides.iter().filter(|ride| text(ride, "Rider") != Some(PROBE))
}

/// Whether a payment is neither Complete nor Failed.
pub(super) fn waits(payment: &Value) -> bool {
    !matches!(text(payment, "Status"), Some("Complete" | "Failed"))
}

/// When the ride of a payment was asked for.
pub(super) fn placed_at(payment: &Value) -> Option<Timestamp> {
    instant(payment, "PlacedAt")
}

/// Compares the rows of the tables of rides, of payments and of the simulator. `finance` is [`None`] where there is none.
pub(super) fn compare(rides: &[Value], payments: &[Value], finance: Option<&[Value]>) -> PaymentBooks {
    let rides: Vec<&Value> = of_riders(rides).collect();
    let paid: BTreeSet<&str> = payments.iter().filter_map(|payment| text(payment, "RideId")).collect();
    let missing = rides.iter().filter_map(|ride| text(ride, "RideId")).filter(|ride| !paid.contains(ride));
    let count = |status| payments.iter().filter(|payment| text(payment, "Status") == Some(status)).count();
    let mut books = PaymentBooks {
        rides: rides.len(),
        payments: payments.len(),
        complete: count("Complete"),
        failed: count("Failed"),
        waiting: payments.iter().filter(|payment| waits(payment)).count(),
        missing: missing.map(str::to_owned).collect(),
        ..PaymentBooks::default()
    };
    for failed in payments.iter().filter(|payment| text(payment, "Status") == Some("Failed")) {
        *books.reasons.entry(text(failed, "Reason").unwrap_or_default().to_owned()).or_default() += 1;
    }
    if let Some(finance) = finance {
        let is_charge = |row: &&Value| text(row, "Id").is_some_and(|id| id.starts_with("charge#"));
        charged(&mut books, &rides, payments, finance.iter().filter(is_charge));
    }
    books
}

/// Not every caller shows a key, so a charge is matched with its ride by what it carries. Two rides of the same moment are
/// two, and may be charged twice.
fn charged<'a>(
    books: &mut PaymentBooks,
    rides: &[&'a Value],
    payments: &[Value],
    charges: impl Iterator<Item = &'a Value>,
) {
    let complete: BTreeSet<&str> = payments
        .iter()
        .filter(|payment| text(payment, "Status") == Some("Complete"))
        .filter_map(|payment| text(payment, "RideId"))
        .collect();
    // Rides, those of them that are Complete, and charges.
    let mut orders: BTreeMap<Order<'_>, (usize, usize, usize)> = BTreeMap::new();
    for ride in rides {
        let Some(at) = instant(ride, "RequestTime") else { continue };
        let order = orders.entry((text(ride, "Rider").unwrap_or(NOBODY), at)).or_default();
        order.0 += 1;
        order.1 += usize::from(text(ride, "RideId").is_some_and(|ride| complete.contains(ride)));
    }
    let (mut all, mut unknown) = (0_usize, 0_usize);
    for charge in charges {
        all += 1;
        let order = text(charge, "Customer").zip(instant(charge, "Date"));
        match order.and_then(|order| orders.get_mut(&order)) {
            Some(order) => order.2 += 1,
            None => unknown += 1,
        }
    }
    books.charges = Some(all);
    books.charged_twice = orders.values().map(|(rides, _, charges)| charges.saturating_sub(*rides)).sum();
    books.uncharged = orders.values().map(|(_, complete, charges)| complete.saturating_sub(*charges)).sum();
    if unknown > 0 {
        // Whose it is, nobody can say: what is left is how many there are of each.
        books.charged_twice = books.charged_twice.max(all.saturating_sub(books.complete));
        books.uncharged = books.complete.saturating_sub(all);
    }
}

impl PaymentBooks {
    /// In words, for whoever reads it at a terminal or in a report.
    pub fn in_words(&self) -> String {
        let charges = self.charges.map_or_else(|| "charges unknown".to_owned(), |charges| plural(charges, "charge"));
        let mut words = format!(
            "{}, {}: {} complete, {} failed, {} waiting; {charges}, {} of them twice; waited for {:.1} s after the last rider",
            plural(self.rides, "ride"),
            plural(self.payments, "payment"),
            self.complete,
            self.failed,
            self.waiting,
            self.charged_twice,
            self.waited_s,
        );
        for (reason, count) in &self.reasons {
            // Writing to a string cannot fail.
            let _ = write!(words, "; {count} x \"{reason}\"");
        }
        words
    }
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests;
