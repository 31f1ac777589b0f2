use super::*;
use crate::scenario::range::Range;
use serde_json::json;

fn ride(id: &str, rider: Option<&str>, second: u32) -> Value {
    let mut ride = json!({"RideId": {"S": id}, "RequestTime": {"S": format!("2026-07-01T12:00:{second:02}.000001Z")}});
    if let Some(rider) = rider {
        ride["Rider"] = json!({"S": rider});
    }
    ride
}

fn payment(id: &str, status: &str) -> Value {
    json!({"RideId": {"S": id}, "Status": {"S": status}, "PlacedAt": {"S": "2026-07-01T12:00:01.000001Z"}})
}

fn charge(number: u32, customer: &str, second: u32) -> Value {
    let date = format!("2026-07-01T13:00:{second:02}.000001+01:00");
    json!({"Id": {"S": format!("charge#{number}")}, "Customer": {"S": customer}, "Date": {"S": date}})
}

#[test]
fn one_ride_one_payment_one_charge_has_nothing_to_say() {
    let rides = [ride("a", None, 1), ride("b", Some("ada"), 2), ride("p", Some("heartbeat-probe"), 3)];
    let payments = [payment("a", "Complete"), payment("b", "Complete")];
    let finance = [charge(1, "unknown", 1), charge(2, "ada", 2), json!({"Id": {"S": "total#1"}})];
    let books = PaymentBooks::of(&rides, &payments, Some(&finance));
    let expected = PaymentBooks { rides: 2, payments: 2, complete: 2, charges: Some(2), ..PaymentBooks::default() };
    assert_eq!(books, expected);
    assert!(books.in_words().starts_with("2 rides, 2 payments: 2 complete, 0 failed, 0 waiting; 2 charges"));
}

#[test]
fn a_ride_without_a_payment_is_missing_by_name() {
    let books = PaymentBooks::of(&[ride("a", None, 1), ride("b", None, 2)], &[payment("b", "Queued")], None);
    assert_eq!((books.missing.as_slice(), books.waiting, books.charges), (&["a".to_owned()][..], 1, None));
}

#[test]
fn a_failed_payment_says_why() {
    let mut failed = payment("a", "Failed");
    failed["Reason"] = json!({"S": "finance answered 400"});
    let books = PaymentBooks::of(&[ride("a", None, 1)], &[failed], Some(&[]));
    assert_eq!((books.failed, books.reasons["finance answered 400"], books.uncharged), (1, 1, 0));
    assert!(books.in_words().ends_with("1 x \"finance answered 400\""));
}

#[test]
fn a_second_charge_for_a_ride_is_seen_whatever_its_key() {
    let finance = [charge(1, "ada", 1), charge(2, "ada", 1), charge(3, "ada", 2)];
    let rides = [ride("a", Some("ada"), 1), ride("b", Some("ada"), 2)];
    let books = PaymentBooks::of(&rides, &[payment("a", "Complete"), payment("b", "Complete")], Some(&finance));
    assert_eq!((books.charges, books.charged_twice, books.uncharged), (Some(3), 1, 0));
}

#[test]
fn two_rides_of_one_moment_are_charged_once_each() {
    let rides = [ride("a", None, 1), ride("b", None, 1)];
    let both = [payment("a", "Complete"), payment("b", "Complete")];
    let books = |charges: &[Value]| PaymentBooks::of(&rides, &both, Some(charges));
    let twice = books(&[charge(1, "unknown", 1), charge(2, "unknown", 1)]);
    assert_eq!((twice.charged_twice, twice.uncharged), (0, 0));
    let once = books(&[charge(1, "unknown", 1)]);
    assert_eq!((once.charged_twice, once.uncharged), (0, 1), "complete, and charged for one of them only");
}

#[test]
fn charges_that_fit_no_ride_are_counted_against_what_is_complete() {
    let rides = [ride("a", None, 1)];
    let finance = [charge(1, "unknown", 1), charge(2, "unknown", 40)];
    let books = PaymentBooks::of(&rides, &[payment("a", "Complete")], Some(&finance));
    assert_eq!((books.charged_twice, books.uncharged), (1, 0));
}

#[test]
fn a_stretch_begins_with_the_first_payment_that_is_late_enough() {
    let pace = |from| Pace { from, within: 10.0, count: Range::exactly(3.0) };
    let moments = [31.0, 5.0, 22.0, 21.0, 30.9];
    assert_eq!(in_a_row(&moments, &pace(20.0)), Some(3), "21, 22 and 30.9, but not 31");
    assert_eq!(in_a_row(&moments, &pace(0.0)), Some(1));
    assert_eq!(in_a_row(&moments, &pace(40.0)), None);
}
