//! What riders were told, against what is stored.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// How much later than it was to be, the first attempt was sent, in the machine's milliseconds: what a busy machine does.
    #[serde(default)]
    pub behind_ms: f64,
    /// How often the client asked.
    pub attempts: u32,
    /// The request's id of the last answer.
    pub request_id: Option<String>,
    /// The ride that was promised.
    pub ride_id: Option<String>,
    /// Whether the last answer was what the step of the flow expects; none where it expects nothing.
    #[serde(default)]
    pub as_expected: Option<bool>,
    /// How far north the rider waits, in degrees: it is another place for each, so that a row says whose it is.
    pub latitude: Option<f64>,
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

/// Where the rider of a row waits, and the ride's id.
fn row_of(row: &Value) -> Option<(u64, String)> {
    let stored = &row["PickupLocation"]["M"]["Latitude"];
    let degrees: f64 = stored["N"].as_str().or_else(|| stored["S"].as_str())?.parse().ok()?;
    Some((degrees.to_bits(), row["RideId"]["S"].as_str()?.to_owned()))
}

/// Compares what riders were told with the rows of the rides table, in DynamoDB's JSON. Rows of others, such as the
/// probe's, are none of theirs.
pub(super) fn compare(wanted: &[Wanted], rows: &[Value]) -> Books {
    let mut stored: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    for (place, ride) in rows.iter().filter_map(row_of) {
        stored.entry(place).or_default().insert(ride);
    }
    let rows_of = |ride: &Wanted| stored.get(&ride.latitude?.to_bits());
    let mut told: BTreeMap<&str, u32> = BTreeMap::new();
    let mut books = Books { wanted: wanted.len(), ..Books::default() };
    for ride in wanted {
        let rows = rows_of(ride);
        books.stored += rows.map_or(0, BTreeSet::len);
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
    use serde_json::json;

    fn wanted(number: u32, status: u16, ride_id: Option<&str>) -> Wanted {
        Wanted {
            number,
            at: 0.0,
            load: true,
            status,
            latency_ms: 1.0,
            behind_ms: 0.0,
            attempts: 1,
            request_id: None,
            ride_id: ride_id.map(str::to_owned),
            as_expected: None,
            latitude: Some(place(number)),
        }
    }

    fn place(number: u32) -> f64 {
        42.35 - f64::from(number) * 1e-9
    }

    fn row(number: u32, ride: &str) -> Value {
        let location = json!({"M": {"Latitude": {"N": place(number).to_string()}, "Longitude": {"N": "0"}}});
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
        let books = compare(&[wanted(1, 201, Some("a"))], &[row(1, "a"), row(7, "of the probe")]);
        assert_eq!((books.stored, books.untold.len()), (1, 0));
    }
}
