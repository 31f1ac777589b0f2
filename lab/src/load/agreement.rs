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
    /// Rows since the run began that are nobody's of this run: other riders, or riders who look the same.
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
        for entry in &ledger.entries {
            for ride in entry.rides() {
                riders.entry(ride).or_default().push(entry.index);
                rides.entry(entry.index).or_default().insert(ride);
            }
            if let Some(latitude) = entry.latitude {
                places.entry(latitude.to_bits()).or_default().push(entry.index);
            }
        }
        let mut found = Self { told: riders.len(), ..Self::default() };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::ledger::{Attempt, End, Failure, Seen};
    use jiff::Timestamp;
    use serde_json::json;
    use std::time::Duration;

    fn attempt(ride: Option<&str>) -> Attempt {
        Attempt {
            step: 0,
            intended: Duration::ZERO,
            sent: Duration::ZERO,
            latency: Duration::ZERO,
            seen: ride.map_or(Seen::Failed(Failure::TimedOut), |_| Seen::Answer(201)),
            bytes: 0,
            request_id: None,
            ride_id: ride.map(str::to_owned),
            key: None,
            expected: Vec::new(),
        }
    }

    /// One rider each, standing at 10, 11, and so on, with what their attempts were told.
    fn ledger(told: &[&[Option<&str>]]) -> Ledger {
        let entry = |(index, told): (u64, &&[Option<&str>])| Entry {
            index,
            phase: 0,
            scenario: 0,
            at: Duration::ZERO,
            latitude: Some(10.0 + index as f64),
            attempts: told.iter().map(|ride| attempt(*ride)).collect(),
            end: End::Completed,
        };
        let began = "2026-01-01T00:00:00Z".parse::<Timestamp>().expect("an instant");
        Ledger { began, entries: (0..).zip(told).map(entry).collect() }
    }

    fn ride(number: u64, at: &str) -> String {
        let at = at.parse::<Timestamp>().expect("an instant");
        let seconds = u64::try_from(at.as_second()).expect("after 1970");
        let time = uuid::Timestamp::from_unix(uuid::NoContext, seconds, 0);
        let mut id = uuid::Uuid::new_v7(time).into_bytes();
        id[8..].copy_from_slice(&(number | 1 << 63).to_be_bytes());
        uuid::Uuid::from_bytes(id).to_string()
    }

    fn now(number: u64) -> String {
        ride(number, "2026-01-01T00:00:10Z")
    }

    fn row(ride: &str, latitude: f64) -> Value {
        json!({"RideId": {"S": ride}, "PickupLocation": {"M": {"Latitude": {"N": latitude.to_string()}}}})
    }

    fn compare(ledger: &Ledger, rows: &[Value]) -> Agreement {
        let text = "config: {phases: [{pause: 1}]}\nscenarios: [{flow: [post: {url: /ride}]}]\n";
        Agreement::of(ledger, &Profile::parse(text, "test.yml").expect("a profile"), rows)
    }

    #[test]
    fn each_201_with_its_row_is_agreement() {
        let (a, b) = (now(1), now(2));
        let ledger = ledger(&[&[Some(&a)], &[None, Some(&b)], &[None]]);
        let found = compare(&ledger, &[row(&a, 10.0), row(&b, 11.0), row(&now(3), 50.0)]);
        assert_eq!(found, Agreement { told: 2, stored: 2, others: 1, ..Agreement::default() });
        assert!(found.holds());
    }

    #[test]
    fn a_201_without_a_row_is_a_lost_ride() {
        let a = now(1);
        let found = compare(&ledger(&[&[Some(&a)]]), &[]);
        assert_eq!((found.lost.as_slice(), found.holds()), ([(0, a)].as_slice(), false));
    }

    #[test]
    fn a_row_that_its_rider_was_not_told_of_is_named_and_allowed() {
        let a = now(1);
        let found = compare(&ledger(&[&[None], &[None]]), &[row(&a, 11.0)]);
        assert_eq!((found.untold.as_slice(), found.stored, found.holds()), ([(1, a)].as_slice(), 1, true));
    }

    #[test]
    fn a_second_row_of_a_rider_is_a_doubled_ride() {
        let (a, b) = (now(1), now(2));
        for told in [[None, Some(a.as_str())], [None, None], [Some(a.as_str()), Some(b.as_str())]] {
            let found = compare(&ledger(&[&told]), &[row(&a, 10.0), row(&b, 10.0)]);
            assert_eq!(found.doubled, [(0, vec![a.clone(), b.clone()])], "{told:?}");
            assert!(!found.holds());
        }
    }

    #[test]
    fn a_ride_that_two_were_told_of_is_shared() {
        let a = now(1);
        let found = compare(&ledger(&[&[Some(&a)], &[Some(&a)]]), &[row(&a, 10.0)]);
        assert_eq!((found.shared, found.told), (vec![(a, vec![0, 1])], 1));
    }

    #[test]
    fn rows_of_an_earlier_run_are_nobodys() {
        let old = ride(1, "2025-12-31T23:59:59Z");
        assert_eq!(compare(&ledger(&[&[None]]), &[row(&old, 10.0)]), Agreement::default());
    }

    #[test]
    fn riders_who_look_the_same_are_not_guessed_at() {
        let mut ledger = ledger(&[&[None], &[None]]);
        ledger.entries[1].latitude = Some(10.0);
        let found = compare(&ledger, &[row(&now(1), 10.0), row(&now(2), 10.0)]);
        assert_eq!((found.others, found.stored, found.holds()), (2, 0, true));
    }
}
