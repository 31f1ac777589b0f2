//! The ledger against the table: what riders were told, and what is stored.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::ledger::{Entry, Ledger};
use super::profile::Profile;

/// What the comparison found. Riders are named by their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Rides that riders were told of with a 201.
    pub told: usize,
    /// Rows of this run's riders.
    pub stored: usize,
    /// Told of a ride that has no row: never right.
    pub lost: Vec<(u64, String)>,
    /// Riders with more rides than they asked for, and the rides: never right.
    pub doubled: Vec<(u64, Vec<String>)>,
    /// Rides that several riders were told of: never right.
    pub shared: Vec<(String, Vec<u64>)>,
    /// Riders with a row who were not told of it: right where their answer was lost or said that nothing is known.
    pub untold: Vec<(u64, String)>,
    /// Rows since the run began that are nobody's of this run: other riders, the stack's own probe among them, or riders who
    /// look the same.
    pub others: usize,
}

impl Agreement {
    /// Compares a run with the rows of the rides table, in DynamoDB's JSON.
    ///
    /// A row belongs to the rider who was told of it, or else to the only one who stood where it says
    /// ([`super::Options::tell_apart`]).
    pub fn of(ledger: &Ledger, profile: &Profile, rows: &[Value]) -> Self {
        let mut riders: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        let mut places: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        let mut rides: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
        let mut found = Self::default();
        for entry in &ledger.entries {
            // A promise of no ride at all is one that nothing can keep.
            found.lost.extend(entry.nameless().map(|_| (entry.index, "no RideId".to_owned())));
            for ride in entry.rides() {
                riders.entry(ride).or_default().push(entry.index);
                rides.entry(entry.index).or_default().insert(ride);
            }
            if let Some(latitude) = entry.latitude {
                places.entry(latitude.to_bits()).or_default().push(entry.index);
            }
        }
        found.told = riders.len();
        let mut stored = BTreeSet::new();
        for row in rows.iter().filter_map(Row::read) {
            if !row.is_since(ledger) && !riders.contains_key(row.ride) {
                continue;
            }
            stored.insert(row.ride);
            if riders.contains_key(row.ride) {
                found.stored += 1;
                continue;
            }
            match row.latitude.and_then(|latitude| places.get(&latitude.to_bits())).map(Vec::as_slice) {
                Some([rider]) => {
                    found.stored += 1;
                    found.untold.push((*rider, row.ride.to_owned()));
                    rides.entry(*rider).or_default().insert(row.ride);
                }
                _ => found.others += 1,
            }
        }
        for (ride, told) in riders {
            if !stored.contains(ride) {
                found.lost.extend(told.iter().map(|rider| (*rider, ride.to_owned())));
            }
            if told.len() > 1 {
                found.shared.push((ride.to_owned(), told));
            }
        }
        for entry in &ledger.entries {
            let Some(rides) = rides.get(&entry.index) else { continue };
            if rides.len() > wishes(entry, profile) {
                found.doubled.push((entry.index, rides.iter().map(|ride| (*ride).to_owned()).collect()));
            }
        }
        found
    }

    /// Whether every 201 has its row and nobody has a ride too many.
    pub fn holds(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty() && self.shared.is_empty()
    }
}

/// Rides that a rider asked for: the steps begun that are not mere reading.
fn wishes(entry: &Entry, profile: &Profile) -> usize {
    let steps: BTreeSet<usize> = entry.attempts.iter().map(|attempt| attempt.step).collect();
    let flow = profile.scenarios.get(entry.scenario).map(|scenario| scenario.flow.as_slice()).unwrap_or_default();
    let asks =
        |step: &usize| flow.get(*step).and_then(|step| step.request()).is_some_and(|(method, _)| !method.is_safe());
    steps.iter().filter(|step| asks(step)).count()
}

struct Row<'a> {
    ride: &'a str,
    latitude: Option<f64>,
}

impl<'a> Row<'a> {
    fn read(item: &'a Value) -> Option<Self> {
        let latitude = &item["PickupLocation"]["M"]["Latitude"];
        // What DynamoDB's numbers cannot hold is stored as text.
        let latitude = latitude["N"].as_str().or_else(|| latitude["S"].as_str());
        Some(Self { ride: item["RideId"]["S"].as_str()?, latitude: latitude.and_then(|text| text.parse().ok()) })
    }

    /// The time is in the ride's id, a UUIDv7, to the millisecond.
    fn is_since(&self, ledger: &Ledger) -> bool {
        let id = uuid::Uuid::parse_str(self.ride).ok();
        let booked = id.and_then(|id| id.get_timestamp()).map(|time| {
            let (seconds, nanos) = time.to_unix();
            i128::from(seconds) * 1000 + i128::from(nanos / 1_000_000)
        });
        booked.is_some_and(|booked| booked >= i128::from(ledger.began.as_millisecond()))
    }
}
