use std::time::Duration;

use super::*;
use serde_json::json;

fn place(index: Option<&str>) -> Place {
    Place { table: "rides".to_owned(), index: index.map(str::to_owned) }
}

fn demand(index: Option<&str>, units: f64) -> Demand {
    Demand { place: place(index), side: Side::Write, units, key: None }
}

/// A table of one unit a side, with an index of five.
fn model(compress: u16, now: Instant) -> Capacity {
    let capacity = Capacity::default();
    capacity.compress(compress);
    let key = |name: &str| json!([{"AttributeName": name, "KeyType": "HASH"}]);
    let units = |units: u32| json!({"ReadCapacityUnits": units, "WriteCapacityUnits": units});
    let index = json!({"IndexName": "ByStatus", "KeySchema": key("Status"), "ProvisionedThroughput": units(5)});
    let table = json!({
        "TableName": "rides", "KeySchema": key("RideId"), "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": units(1), "GlobalSecondaryIndexes": [index],
    });
    capacity.register(Shape::read(&table).expect("a table"), now);
    capacity
}

/// How many single writes go through at a moment, of a thousand.
fn admitted(capacity: &Capacity, index: Option<&str>, now: Instant) -> usize {
    (0..1_000).filter(|_| capacity.admit(&[demand(index, 1.0)], now).is_ok()).count()
}

#[test]
fn a_table_and_its_index_have_five_minutes_of_their_own_units() {
    let now = Instant::now();
    let capacity = model(1, now);
    assert_eq!(admitted(&capacity, None, now), 300);
    assert_eq!(admitted(&capacity, Some("ByStatus"), now), 1_000);
    let later = now + Duration::from_secs(10);
    assert_eq!(admitted(&capacity, None, later), 10);
}

#[test]
fn a_compressed_lab_saves_up_for_as_much_shorter_and_keeps_the_rate() {
    let now = Instant::now();
    let capacity = model(10, now);
    assert_eq!(admitted(&capacity, None, now), 30);
    assert_eq!(admitted(&capacity, None, now + Duration::from_secs(10)), 10);
}

#[test]
fn a_write_that_its_index_throttles_takes_nothing_of_the_table() {
    let now = Instant::now();
    let capacity = model(300, now);
    assert_eq!(admitted(&capacity, Some("ByStatus"), now), 5);
    let write = [demand(None, 1.0), demand(Some("ByStatus"), 1.0)];
    let throttles = capacity.admit(&write, now).expect_err("throttled");
    let expected =
        Throttle { place: place(Some("ByStatus")), side: Side::Write, limit: Limit::Provisioned, provisioned: true };
    assert_eq!(throttles, [expected]);
    assert_eq!(admitted(&capacity, None, now), 1, "a second's unit is still there");
}

#[test]
fn what_a_request_cost_beyond_what_was_known_is_owed() {
    let now = Instant::now();
    let capacity = model(300, now);
    let write = [demand(None, 1.0)];
    capacity.admit(&write, now).expect("admitted");
    capacity.settle(&write, Side::Write, &[(place(None), 11.0)], now);
    // One was there, eleven are gone, and one is needed.
    assert!(capacity.admit(&write, now + Duration::from_millis(10_999)).is_err());
    assert!(capacity.admit(&write, now + Duration::from_secs(11)).is_ok());
}

#[test]
fn a_refused_request_gets_back_what_was_taken() {
    let now = Instant::now();
    let capacity = model(300, now);
    let write = [demand(None, 1.0)];
    for _ in 0..100 {
        capacity.admit(&write, now).expect("admitted");
        capacity.settle(&write, Side::Write, &[], now);
    }
    capacity.admit(&write, now).expect("admitted");
    capacity.give_back(&write, now);
    assert_eq!(admitted(&capacity, None, now), 1);
}

#[test]
fn a_table_is_provisioned_otherwise_for_a_while() {
    let now = Instant::now();
    let capacity = model(1, now);
    capacity.provision("rides", Throughput { read: 2, write: 2, burst: Some(0) }, now);
    assert_eq!((admitted(&capacity, None, now), admitted(&capacity, Some("ByStatus"), now)), (0, 0));
    assert_eq!(admitted(&capacity, None, now + Duration::from_secs(1)), 2);
    let provisioned = capacity.provisioned();
    assert!(provisioned.iter().all(|(_, throughput)| throughput.write == 2) && provisioned.len() == 2);
    capacity.as_in_template("rides", now);
    assert_eq!(admitted(&capacity, None, now), 300);
    capacity.as_in_template("rides", now);
    assert_eq!(admitted(&capacity, None, now), 0, "a table that nobody had changed keeps what it has used");
}

#[test]
fn one_key_is_throttled_where_its_table_is_not() {
    let now = Instant::now();
    let capacity = model(1, now);
    capacity.provision("rides", Throughput { read: 40_000, write: 40_000, burst: None }, now);
    let of = |key: &str, units: f64| [Demand { key: Some(key.to_owned()), ..demand(None, units) }];
    capacity.admit(&of("hot", 1_000.0), now).expect("admitted");
    let throttles = capacity.admit(&of("hot", 1.0), now).expect_err("throttled");
    assert_eq!(throttles[0].limit, Limit::KeyRange);
    capacity.admit(&of("cold", 1.0), now).expect("admitted");
}
