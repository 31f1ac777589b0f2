//! The ledger against the table.

use crate::load::ledger::{Attempt, End, Failure, Seen};
use crate::load::{Agreement, Entry, Ledger, Profile};
use jiff::Timestamp;
use serde_json::Value;
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
    // What is random in it goes: the ids stand in the order of their numbers.
    id[6..8].copy_from_slice(&[0x70, 0]);
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
