//! What became of the rides' payments, as a run keeps it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::file::Pace;
use crate::books::{Books, Payment, Tables};
use crate::quantity::quantity;

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
    /// How many were completed in the stretch of time that the act asks about; none where it asks for nothing, or none was since.
    #[serde(default)]
    pub pace: Option<usize>,
    /// What the failed ones say, and how many say it.
    pub reasons: BTreeMap<String, usize>,
    /// How long they were waited for when the last rider had gone, in the machine's seconds.
    pub waited_s: f64,
}

impl PaymentBooks {
    /// Out of the rows of the tables of rides, of payments and of the simulator. `finance` is [`None`] where there is none.
    pub(super) fn of(rides: &[Value], payments: &[Value], finance: Option<&[Value]>) -> Self {
        let books = Books::of(&Tables { rides, payments, counts: &[], finance });
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for failed in payments.iter().filter_map(Payment::read).filter(Payment::has_failed) {
            *reasons.entry(failed.reason.unwrap_or_default().to_owned()).or_default() += 1;
        }
        Self {
            rides: books.rides,
            payments: books.rows(),
            complete: books.complete(),
            failed: books.failed(),
            waiting: books.waiting(),
            charges: books.charges,
            charged_twice: books.charges_too_many(),
            uncharged: books.charges_missing(),
            missing: books.missing,
            pace: None,
            reasons,
            waited_s: 0.0,
        }
    }

    /// In words, for whoever reads it at a terminal or in a report.
    pub fn in_words(&self) -> String {
        let charges = self.charges.map_or_else(|| "charges unknown".to_owned(), |charges| quantity(charges, "charge"));
        let mut words = format!(
            "{}, {}: {} complete, {} failed, {} waiting; {charges}, {} of them twice; waited for {:.1} s after the last rider",
            quantity(self.rides, "ride"),
            quantity(self.payments, "payment"),
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

/// How many of these moments, in seconds, are within the stretch that begins with the first one of them that is late enough; none where
/// none is.
pub(super) fn in_a_row(moments: &[f64], pace: &Pace) -> Option<usize> {
    let first = moments.iter().copied().filter(|moment| *moment >= pace.from).min_by(f64::total_cmp)?;
    Some(moments.iter().filter(|moment| (first..first + pace.within).contains(*moment)).count())
}

#[cfg(test)]
mod tests;
