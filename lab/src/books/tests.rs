use serde_json::{Value, json};

use super::{Books, Tables};

/// The tables of a few rides, all in order until a test breaks something.
struct World {
    rides: Vec<Value>,
    payments: Vec<Value>,
    counts: Vec<Value>,
    finance: Vec<Value>,
}

fn ride(id: &str, at: &str, rider: Option<&str>) -> Value {
    let mut row = json!({"RideId": {"S": id}, "RequestTime": {"S": at}});
    if let Some(rider) = rider {
        row["Rider"] = json!({"S": rider});
    }
    row
}

fn payment(id: &str, status: &str, processed_at: &str) -> Value {
    json!({"RideId": {"S": id}, "Status": {"S": status}, "ProcessedAt": {"S": processed_at}})
}

fn charge(key: &str, date: &str, customer: &str) -> Value {
    json!({"Id": {"S": format!("charge#{key}")}, "Date": {"S": date}, "Customer": {"S": customer}})
}

impl World {
    /// Two riders in London's summer, one of them unknown, and a probe.
    fn new() -> Self {
        Self {
            rides: vec![
                ride("a", "2026-07-01T12:00:00.000001Z", Some("ada")),
                ride("b", "2026-07-01T12:00:01.000000Z", None),
                ride("p", "2026-07-01T12:00:02.000000Z", Some("heartbeat-probe")),
            ],
            payments: vec![
                payment("a", "Complete", "2026-07-01T12:00:00.500001Z"),
                payment("b", "Complete", "2026-07-01T12:00:03.000000Z"),
            ],
            counts: vec![
                json!({"Id": {"S": "total#0"}, "Placed": {"N": "1"}, "Complete": {"N": "1"}}),
                json!({"Id": {"S": "total#4"}, "Placed": {"N": "1"}, "Complete": {"N": "1"}}),
                json!({"Id": {"S": "ten#2975000#4"}, "Placed": {"N": "7"}}),
                json!({"Id": {"S": "breaker"}, "Failures": {"N": "3"}}),
            ],
            finance: vec![
                charge("1", "2026-07-01T13:00:00.000001+01:00", "ada"),
                charge("2", "2026-07-01T13:00:01.000000+01:00", "unknown"),
                json!({"Id": {"S": "total#9"}, "Charges": {"N": "2"}}),
                json!({"Id": {"S": "tries#1"}, "Tries": {"N": "5"}}),
                json!({"Id": {"S": "scenario"}, "Scenario": {"S": "Reset"}}),
            ],
        }
    }

    fn books(&self) -> Books {
        let Self { rides, payments, counts, finance } = self;
        Books::of(&Tables { rides, payments, counts, finance: Some(finance) })
    }

    fn said(&self) -> Vec<String> {
        self.books().contradictions().into_iter().map(|(said, rides)| format!("{said} {}", rides.join(" "))).collect()
    }
}

#[test]
fn books_that_agree_have_no_contradiction_and_say_how_long_it_took() {
    let books = World::new().books();
    assert_eq!(books.contradictions(), []);
    assert_eq!((books.rides, books.probes, books.rows(), books.charges), (2, 1, 2, Some(2)));
    let times = books.times.expect("times");
    assert_eq!((times.p50_ms, times.p99_ms, times.max_ms), (500.0, 2000.0, 2000.0));
    assert_eq!(times.last_charged, "2026-07-01T12:00:03Z");
    assert!((times.seconds - 2.999_999).abs() < 1e-9, "{times:?}");
}

#[test]
fn a_ride_without_a_payment_is_named() {
    let mut world = World::new();
    world.payments.pop();
    world.finance.remove(1);
    world.finance[1] = json!({"Id": {"S": "total#9"}, "Charges": {"N": "1"}});
    world.counts[1] = json!({"Id": {"S": "total#4"}});
    assert_eq!(world.said(), ["1 rides have no payment b"]);
}

#[test]
fn a_payment_that_waits_or_was_not_charged_or_is_of_no_ride_is_named() {
    let mut world = World::new();
    world.payments[0] = payment("a", "Processing", "");
    world.finance.remove(1);
    world.payments.push(payment("z", "Complete", "2026-07-01T12:00:03.000000Z"));
    assert_eq!(
        world.said(),
        [
            "1 payments are of no ride that is stored z",
            "1 payments are Complete and were not charged b",
            "1 payments were charged and are not Complete a",
            "1 payments still wait ",
            "counted as placed are 2, and rows are 3 ",
            "finance counts 2 charges and has 1 ",
        ]
    );
}

#[test]
fn a_second_charge_for_a_ride_is_told_whatever_its_key() {
    let mut world = World::new();
    world.finance[2] = json!({"Id": {"S": "total#9"}, "Charges": {"N": "4"}});
    world.finance.push(charge("3", "2026-07-01T13:00:00.000001+01:00", "ada"));
    world.finance.push(charge("4", "2026-07-01T13:00:00.000001+01:00", "eve"));
    assert_eq!(world.said(), ["1 charges too many for their rides ", "1 charges are for no ride that is stored "]);
}

#[test]
fn rides_of_one_microsecond_are_charged_once_each() {
    let mut world = World::new();
    world.rides[1] = ride("b", "2026-07-01T12:00:00.000001Z", Some("ada"));
    world.finance[1] = charge("2", "2026-07-01T13:00:00.000001+01:00", "ada");
    assert_eq!(world.said(), [""; 0]);
    world.finance.remove(1);
    assert_eq!(world.said()[0], "1 payments are Complete and were not charged b");
}

#[test]
fn a_failed_payment_contradicts_nothing_unless_it_was_charged_or_not_counted() {
    let mut world = World::new();
    world.payments[0] = payment("a", "Failed", "2026-07-01T12:00:00.500001Z");
    world.counts[0] = json!({"Id": {"S": "total#0"}, "Placed": {"N": "1"}, "Failed": {"N": "1"}});
    world.finance.remove(0);
    world.finance[1] = json!({"Id": {"S": "total#9"}, "Charges": {"N": "1"}});
    assert_eq!(world.said(), [""; 0]);
    world.finance.push(charge("1", "2026-07-01T13:00:00.000001+01:00", "ada"));
    world.counts[0] = json!({"Id": {"S": "total#0"}, "Placed": {"N": "1"}});
    assert_eq!(
        world.said(),
        [
            "1 payments were charged and are not Complete a",
            "counted as Failed are 0, and rows are 1 ",
            "finance counts 1 charges and has 2 ",
        ]
    );
}

#[test]
fn without_a_simulator_charges_are_nobodys_to_judge() {
    let World { rides, payments, counts, .. } = World::new();
    let books = Books::of(&Tables { rides: &rides, payments: &payments, counts: &counts, finance: None });
    assert_eq!((books.charges, books.contradictions()), (None, Vec::new()));
}
