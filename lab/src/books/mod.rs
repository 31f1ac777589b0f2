//! The books of payments: rides, payments, counts and the simulator's charges, set against each other.
//!
//! Whoever compares reads whole tables. That is for the lab and for tests; the product itself never does.

mod rows;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::percentile::place;
pub(crate) use rows::Payment;
use rows::{COMPLETE, Charge, FAILED, Ride};

/// The items of the tables, in DynamoDB's JSON.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// The rides.
    pub rides: &'a [Value],
    /// The payments.
    pub payments: &'a [Value],
    /// Their counts.
    pub counts: &'a [Value],
    /// What the finance simulator keeps; nothing where a stack has a finance service of its own.
    pub finance: Option<&'a [Value]>,
}

/// What the tables say, and where they contradict each other.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Books {
    /// Rides that are to be paid for: all but the probe's.
    pub rides: usize,
    /// Rides of the probe, which nobody pays for.
    pub probes: usize,
    /// Rows of the payments table, by status.
    pub payments: BTreeMap<String, usize>,
    /// What the counters say of all time.
    pub counted: Counted,
    /// Charges in the simulator's ledger; nothing without a simulator.
    pub charges: Option<usize>,
    /// What the simulator's own counters say.
    pub charges_counted: i64,
    /// Rides without a payment.
    pub missing: Vec<String>,
    /// Payments of no ride that is stored.
    pub unknown: Vec<String>,
    /// Complete, and nothing was charged that carries what the ride carries.
    pub uncharged: Vec<String>,
    /// Charged, and Failed or not yet Complete.
    pub ahead: Vec<String>,
    /// Charges beyond one for each ride.
    pub charged_twice: usize,
    /// Charges that carry what no ride carries.
    pub charged_unknown: usize,
    /// When it all was.
    pub times: Option<Times>,
}

/// The counters of all time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Placed.
    pub placed: i64,
    /// Complete.
    pub complete: i64,
    /// Failed.
    pub failed: i64,
}

/// When rides came and when they were charged. How long that took is from the ride's own time to its payment's `ProcessedAt`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Times {
    /// The first of the rides that are charged, RFC 3339.
    pub first_ride: String,
    /// The last of them.
    pub last_ride: String,
    /// When the last of them was charged.
    pub last_charged: String,
    /// From the first ride to that moment, in seconds.
    pub seconds: f64,
    /// From ride to charge, in milliseconds: half took no longer.
    pub p50_ms: f64,
    /// 99 of 100 took no longer.
    pub p99_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

impl Books {
    /// Compares.
    pub fn of(tables: &Tables<'_>) -> Self {
        let (probes, rides): (Vec<_>, Vec<_>) =
            tables.rides.iter().filter_map(Ride::read).partition(|ride| ride.is_probe());
        let payments: BTreeMap<&str, Payment<'_>> =
            tables.payments.iter().filter_map(Payment::read).map(|payment| (payment.ride, payment)).collect();
        let known: BTreeSet<&str> = rides.iter().map(|ride| ride.id).collect();
        let mut books = Self { rides: rides.len(), probes: probes.len(), ..Self::default() };
        for payment in payments.values() {
            *books.payments.entry(payment.status.to_owned()).or_default() += 1;
            if !known.contains(payment.ride) {
                books.unknown.push(payment.ride.to_owned());
            }
        }
        books.missing = rides.iter().filter(|ride| !payments.contains_key(ride.id)).map(Ride::name).collect();
        let sum = |name| rows::sum(tables.counts, name);
        books.counted = Counted { placed: sum("Placed"), complete: sum("Complete"), failed: sum("Failed") };
        if let Some(finance) = tables.finance {
            books.charges_counted = rows::sum(finance, "Charges");
            books.charge(&rides, &payments, finance);
        }
        books.times = Times::of(rides.iter().filter_map(|ride| Some((ride.at?, payments.get(ride.id)?.charged_at?))));
        books
    }

    /// A charge has no ride's id, only the hash of one. What it carries is as good: the ride's very microsecond and its rider. Rides
    /// that carry the same are taken together.
    fn charge(&mut self, rides: &[Ride<'_>], payments: &BTreeMap<&str, Payment<'_>>, finance: &[Value]) {
        let mut charges: BTreeMap<_, usize> = BTreeMap::new();
        for charge in finance.iter().filter_map(Charge::read) {
            *charges.entry((charge.at, charge.customer)).or_default() += 1;
        }
        self.charges = Some(charges.values().sum());
        let mut alike: BTreeMap<_, Vec<&Ride<'_>>> = BTreeMap::new();
        for ride in rides {
            alike.entry((ride.at, ride.customer())).or_default().push(ride);
        }
        for (carries, rides) in alike {
            let charged = charges.remove(&carries).unwrap_or_default();
            self.charged_twice += charged.saturating_sub(rides.len());
            // Those that are Complete come first: each of them has a charge to show.
            let is_complete = |ride: &&Ride<'_>| payments.get(ride.id).is_some_and(Payment::is_complete);
            let (complete, others): (Vec<&Ride<'_>>, Vec<_>) = rides.into_iter().partition(is_complete);
            self.uncharged.extend(complete.iter().skip(charged).map(|ride| ride.name()));
            self.ahead.extend(others.iter().take(charged.saturating_sub(complete.len())).map(|ride| ride.name()));
        }
        self.charged_unknown = charges.values().sum();
    }

    /// Rows of the payments table.
    pub fn rows(&self) -> usize {
        self.payments.values().sum()
    }

    fn with(&self, status: &str) -> usize {
        self.payments.get(status).copied().unwrap_or_default()
    }

    /// Payments that are Complete.
    pub fn complete(&self) -> usize {
        self.with(COMPLETE)
    }

    /// Payments that are Failed.
    pub fn failed(&self) -> usize {
        self.with(FAILED)
    }

    /// Payments that are neither Complete nor Failed.
    pub fn waiting(&self) -> usize {
        self.rows() - self.complete() - self.failed()
    }

    /// Charges beyond one for each ride. As soon as one carries what no ride carries, nobody can say whose it is: what is left is how
    /// many there are beyond the payments that are Complete, if those are more.
    pub fn charges_too_many(&self) -> usize {
        match self.charges {
            Some(charges) if self.charged_unknown > 0 => {
                self.charged_twice.max(charges.saturating_sub(self.complete()))
            }
            _ => self.charged_twice,
        }
    }

    /// Payments that are Complete without a charge; as soon as one charge carries what no ride carries, by their numbers alone.
    pub fn charges_missing(&self) -> usize {
        match self.charges {
            Some(charges) if self.charged_unknown > 0 => self.complete().saturating_sub(charges),
            _ => self.uncharged.len(),
        }
    }

    /// Every contradiction, in words, with the rides it is about; none if all agree. A payment that failed for good is none, one that
    /// still waits is.
    pub fn contradictions(&self) -> Vec<(String, &[String])> {
        let mut found: Vec<(String, &[String])> = Vec::new();
        let about = |rides: &'_ [String], what: &str| (!rides.is_empty()).then(|| format!("{} {what}", rides.len()));
        for (rides, what) in [
            (&self.missing, "rides have no payment"),
            (&self.unknown, "payments are of no ride that is stored"),
            (&self.uncharged, "payments are Complete and were not charged"),
            (&self.ahead, "payments were charged and are not Complete"),
        ] {
            found.extend(about(rides, what).map(|said| (said, rides.as_slice())));
        }
        let mut tell = |wrong: bool, said: String| found.extend(wrong.then_some((said, [].as_slice())));
        tell(self.charged_twice > 0, format!("{} charges too many for their rides", self.charged_twice));
        tell(self.charged_unknown > 0, format!("{} charges are for no ride that is stored", self.charged_unknown));
        tell(self.waiting() > 0, format!("{} payments still wait", self.waiting()));
        let Counted { placed, complete, failed } = self.counted;
        for (counted, rows, what) in
            [(placed, self.rows(), "placed"), (complete, self.complete(), COMPLETE), (failed, self.failed(), FAILED)]
        {
            tell(usize::try_from(counted) != Ok(rows), format!("counted as {what} are {counted}, and rows are {rows}"));
        }
        if let Some(charges) = self.charges {
            let counted = self.charges_counted;
            tell(
                usize::try_from(counted) != Ok(charges),
                format!("finance counts {counted} charges and has {charges}"),
            );
        }
        found
    }
}

impl Times {
    fn of(charged: impl Iterator<Item = (Timestamp, Timestamp)>) -> Option<Self> {
        let charged: Vec<(Timestamp, Timestamp)> = charged.collect();
        let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs_f64();
        let mut took: Vec<f64> = charged.iter().map(|(ride, at)| seconds(*ride, *at) * 1000.0).collect();
        took.sort_by(f64::total_cmp);
        let at = |per_mille| Some(took[place(took.len(), per_mille)?]);
        let first = charged.iter().map(|(ride, _)| *ride).min()?;
        let last = charged.iter().map(|(ride, _)| *ride).max()?;
        let end = charged.iter().map(|(_, at)| *at).max()?;
        Some(Self {
            first_ride: first.to_string(),
            last_ride: last.to_string(),
            last_charged: end.to_string(),
            seconds: seconds(first, end),
            p50_ms: at(500)?,
            p99_ms: at(990)?,
            max_ms: at(1000)?,
        })
    }
}
