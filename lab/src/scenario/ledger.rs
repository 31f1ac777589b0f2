//! What riders were told, against what is stored.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Rides of a scenario are picked up on this meridian, where nobody else is: how far north says whose ride it is.
const MERIDIAN: f64 = -45.678_125;

/// Riders to a degree.
const TO_A_DEGREE: f64 = 100_000.0;

/// One ride that somebody wanted, and what that rider saw last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// From 1.
    pub number: u32,
    /// When it was to be asked for, in seconds of the scenario since the load began.
    pub at: f64,
    /// Whether it belongs to the load, or to the time after it.
    pub load: bool,
    /// Status of the last answer; 0 is none.
    pub status: u16,
    /// From the moment it was to be asked for until the last answer, in the machine's milliseconds.
    pub latency_ms: f64,
    /// How often the client asked.
    pub attempts: u32,
    /// The request's id of the last answer.
    pub request_id: Option<String>,
    /// The ride that was promised.
    pub ride_id: Option<String>,
}

/// The comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// Rides that were wanted.
    pub wanted: usize,
    /// Rides that were promised with a 201.
    pub promised: usize,
    /// Rows of these riders.
    pub stored: usize,
    /// Promised, and no row of that rider has the promised id.
    pub lost: Vec<u32>,
    /// Riders with several rows, or with the ride of another.
    pub doubled: Vec<u32>,
    /// Riders who have a row and were told of a failure.
    pub untold: Vec<u32>,
}

/// Where a rider wants to be picked up.
pub(super) fn location(number: u32) -> Value {
    json!({"Latitude": f64::from(number) / TO_A_DEGREE, "Longitude": MERIDIAN})
}

/// Whose ride a row is, and its id. None of somebody who does not belong to the scenario, such as the probe.
fn owner(row: &Value) -> Option<(u32, String)> {
    let coordinate = |name: &str| {
        let stored = &row["PickupLocation"]["M"][name];
        stored["N"].as_str().or_else(|| stored["S"].as_str())?.parse::<f64>().ok()
    };
    let meridian = coordinate("Longitude")?;
    let number = (coordinate("Latitude")? * TO_A_DEGREE).round();
    let ours = (meridian - MERIDIAN).abs() < 1e-9 && (1.0..=f64::from(u32::MAX)).contains(&number);
    ours.then_some((number as u32, row["RideId"]["S"].as_str()?.to_owned()))
}

/// Compares what riders were told with the rows of the rides table, in DynamoDB's JSON.
pub(super) fn compare(wanted: &[Wanted], rows: &[Value]) -> Books {
    let mut stored: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
    for (number, ride) in rows.iter().filter_map(owner) {
        stored.entry(number).or_default().insert(ride);
    }
    let mut told: BTreeMap<&str, u32> = BTreeMap::new();
    let mut books =
        Books { wanted: wanted.len(), stored: stored.values().map(BTreeSet::len).sum(), ..Books::default() };
    for ride in wanted {
        let rows = stored.get(&ride.number);
        let mut doubled = rows.is_some_and(|rows| rows.len() > 1);
        if ride.status == 201 {
            books.promised += 1;
            let id = ride.ride_id.as_deref().unwrap_or_default();
            if !rows.is_some_and(|rows| rows.contains(id)) {
                books.lost.push(ride.number);
            }
            doubled |= told.insert(id, ride.number).is_some();
        } else if rows.is_some() {
            books.untold.push(ride.number);
        }
        if doubled {
            books.doubled.push(ride.number);
        }
    }
    books
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(number: u32, status: u16, ride_id: Option<&str>) -> Wanted {
        Wanted {
            number,
            at: 0.0,
            load: true,
            status,
            latency_ms: 1.0,
            attempts: 1,
            request_id: None,
            ride_id: ride_id.map(str::to_owned),
        }
    }

    fn row(number: u32, ride: &str) -> Value {
        let location = location(number);
        let coordinate = |name: &str| json!({"N": location[name].to_string()});
        let location = json!({"M": {"Latitude": coordinate("Latitude"), "Longitude": coordinate("Longitude")}});
        json!({"RideId": {"S": ride}, "PickupLocation": location})
    }

    #[test]
    fn books_that_agree_have_nothing_to_say() {
        let books = compare(&[wanted(1, 201, Some("a")), wanted(2, 503, None)], &[row(1, "a")]);
        assert_eq!(books, Books { wanted: 2, promised: 1, stored: 1, ..Books::default() });
    }

    #[test]
    fn a_promise_without_a_row_is_a_lost_ride() {
        let told = [wanted(1, 201, Some("a")), wanted(2, 201, Some("b")), wanted(3, 201, None)];
        let books = compare(&told, &[row(1, "a"), row(2, "other")]);
        assert_eq!(books.lost, [2, 3]);
    }

    #[test]
    fn two_rows_of_a_rider_or_one_ride_for_two_are_doubled() {
        let told = [wanted(1, 201, Some("a")), wanted(2, 201, Some("b")), wanted(3, 201, Some("b"))];
        let books = compare(&told, &[row(1, "a"), row(1, "a2"), row(2, "b"), row(3, "b")]);
        assert_eq!(books.doubled, [1, 3]);
    }

    #[test]
    fn a_row_behind_a_failure_is_untold() {
        let books = compare(&[wanted(1, 503, None)], &[row(1, "a")]);
        assert_eq!((books.untold, books.lost), (vec![1], vec![]));
    }

    #[test]
    fn the_rides_of_others_are_none_of_the_scenarios() {
        let mut other = row(1, "a");
        other["PickupLocation"]["M"]["Longitude"]["N"] = json!("-71.05");
        assert_eq!(compare(&[], &[other]).stored, 0);
        assert_eq!(owner(&row(123_456, "x")), Some((123_456, "x".to_owned())));
    }
}
