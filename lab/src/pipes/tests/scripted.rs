//! The machine, one event after the other.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::dynamodb::streams::{Record, Sequence};
use crate::pipes::machine::Machine;
use crate::pipes::step::{Condition, Failure, Settings, Step};

const SETTINGS: Settings = Settings {
    batch: 4,
    bytes: 1_000,
    window: Duration::ZERO,
    retries: Some(2),
    age: None,
    retention: Duration::from_secs(86_400),
    bisect: false,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

/// Record number `n`, written in second `n`.
fn record(n: i64) -> Record {
    Record { event: json!({"n": n}), sequence: Sequence::at(at(n)), at: at(n) }
}

fn records(numbers: impl IntoIterator<Item = i64>) -> Vec<Record> {
    numbers.into_iter().map(record).collect()
}

/// A machine that has read these records at a moment.
fn having_read(settings: Settings, numbers: std::ops::RangeInclusive<i64>, now: Timestamp) -> Machine {
    let mut machine = Machine::new(settings, None);
    let last = Sequence::at(at(*numbers.end()));
    machine.take(records(numbers), Some(last), now);
    machine
}

/// Numbers of the records that are to be executed now.
fn executed(machine: &mut Machine, now: Timestamp) -> Vec<i64> {
    match machine.next(now) {
        Step::Execute(records) => records.iter().filter_map(|record| record.event["n"].as_i64()).collect(),
        other => panic!("an execution, not {other:?}"),
    }
}

fn broken() -> Failure {
    Failure::counted("broken")
}

/// The moment at which a machine that waits goes on.
fn waits(machine: &mut Machine, now: Timestamp) -> Timestamp {
    match machine.next(now) {
        Step::Wait(until) => until,
        other => panic!("a pause, not {other:?}"),
    }
}

#[test]
fn without_a_window_what_is_there_goes_on_at_once() {
    let mut machine = having_read(SETTINGS, 1..=6, at(10));
    assert_eq!(executed(&mut machine, at(10)), [1, 2, 3, 4]);
    assert_eq!(executed(&mut machine, at(10)), [1, 2, 3, 4], "asking changes nothing");
    machine.succeeded();
    assert_eq!(machine.done_through(), Some(Sequence::at(at(4))));
    assert_eq!(executed(&mut machine, at(10)), [5, 6]);
    machine.succeeded();
    assert_eq!(machine.next(at(10)), Step::Read { until: None });
}

#[test]
fn a_window_waits_for_a_full_batch_but_not_for_ever() {
    let settings = Settings { window: Duration::from_secs(5), ..SETTINGS };
    let mut machine = having_read(settings, 1..=2, at(10));
    assert_eq!(machine.next(at(14)), Step::Read { until: Some(at(15)) });
    machine.take(records([3]), Some(Sequence::at(at(3))), at(14));
    assert_eq!(machine.next(at(14)), Step::Read { until: Some(at(15)) });
    assert_eq!(executed(&mut machine, at(15)), [1, 2, 3]);
    machine.succeeded();
    machine.take(records(4..=8), Some(Sequence::at(at(8))), at(16));
    assert_eq!(executed(&mut machine, at(16)), [4, 5, 6, 7], "a full one waits for nothing");
}

#[test]
fn a_batch_ends_where_its_payload_would_be_too_large() {
    let settings = Settings { bytes: 20, ..SETTINGS };
    // Seven bytes each.
    let mut machine = having_read(settings, 1..=3, at(10));
    assert_eq!(executed(&mut machine, at(10)), [1, 2]);
    let mut machine = having_read(Settings { bytes: 3, ..SETTINGS }, 1..=2, at(10));
    assert_eq!(executed(&mut machine, at(10)), [1], "one that never fits fails by itself");
}

#[test]
fn a_failed_batch_blocks_those_behind_it_until_its_attempts_run_out() {
    let mut machine = having_read(SETTINGS, 1..=6, at(10));
    let mut now = at(10);
    for _ in 0..2 {
        assert_eq!(executed(&mut machine, now), [1, 2, 3, 4]);
        machine.failed(&broken(), now, 1.0);
        let until = waits(&mut machine, now);
        assert!(until > now && machine.done_through().is_none());
        now = until;
    }
    assert_eq!(now, at(10) + SignedDuration::from_secs(3), "one second, then two");
    assert_eq!(executed(&mut machine, now), [1, 2, 3, 4]);
    machine.failed(&broken(), now, 1.0);
    let Step::GiveUp(given_up) = machine.next(now) else { panic!("its three attempts are over") };
    assert_eq!((given_up.records, given_up.condition), (records(1..=4), Condition::AttemptsExhausted));
    machine.not_told(now, 1.0);
    now = waits(&mut machine, now);
    assert!(matches!(machine.next(now), Step::GiveUp(_)), "the dead letters are told again");
    assert_eq!(machine.done_through(), None, "and nothing is lost meanwhile");
    machine.gave_up();
    assert_eq!(machine.done_through(), Some(Sequence::at(at(4))));
    assert_eq!(executed(&mut machine, now), [5, 6]);
}

#[test]
fn what_passes_by_itself_is_no_attempt() {
    let mut machine = having_read(SETTINGS, 1..=1, at(10));
    let mut now = at(10);
    for _ in 0..50 {
        assert_eq!(executed(&mut machine, now), [1]);
        machine.failed(&Failure::passing("throttled"), now, 1.0);
        now = waits(&mut machine, now);
    }
    assert_eq!(executed(&mut machine, now), [1]);
}

#[test]
fn halving_finds_the_bad_record_and_lets_the_others_pass() {
    let settings = Settings { bisect: true, retries: Some(0), ..SETTINGS };
    let mut machine = having_read(settings, 1..=4, at(10));
    let mut now = at(10);
    let mut passed = Vec::new();
    let mut tried = Vec::new();
    let given_up = loop {
        match machine.next(now) {
            Step::Execute(records) => {
                let numbers: Vec<i64> = records.iter().filter_map(|record| record.event["n"].as_i64()).collect();
                tried.push(numbers.clone());
                if numbers.contains(&3) {
                    machine.failed(&broken(), now, 0.0);
                } else {
                    machine.succeeded();
                    passed.extend(numbers);
                }
            }
            Step::Wait(until) => now = until,
            Step::GiveUp(given_up) => break given_up,
            Step::Read { .. } => panic!("3 is still there"),
        }
    };
    assert_eq!(tried, [vec![1, 2, 3, 4], vec![1, 2], vec![3, 4], vec![3]]);
    assert_eq!(given_up.records, records([3]));
    machine.gave_up();
    assert_eq!(executed(&mut machine, now), [4]);
    assert_eq!(passed, [1, 2]);
}

#[test]
fn what_the_queue_took_in_order_is_not_sent_again() {
    let mut machine = having_read(SETTINGS, 1..=4, at(10));
    assert_eq!(executed(&mut machine, at(10)), [1, 2, 3, 4]);
    machine.succeeded_up_to(2, &broken(), at(10), 1.0);
    assert_eq!(machine.done_through(), Some(Sequence::at(at(2))));
    let now = waits(&mut machine, at(10));
    assert_eq!(executed(&mut machine, now), [3, 4]);
}

#[test]
fn a_queue_that_goes_down_in_between_costs_no_attempt_and_halves_nothing() {
    let settings = Settings { bisect: true, retries: Some(0), ..SETTINGS };
    let mut machine = having_read(settings, 1..=4, at(10));
    let mut now = at(10);
    assert_eq!(executed(&mut machine, now), [1, 2, 3, 4]);
    machine.succeeded_up_to(1, &Failure::passing("down"), now, 1.0);
    assert_eq!(machine.done_through(), Some(Sequence::at(at(1))));
    for _ in 0..20 {
        now = waits(&mut machine, now);
        assert_eq!(executed(&mut machine, now), [2, 3, 4]);
        machine.succeeded_up_to(0, &Failure::passing("down"), now, 1.0);
    }
    now = waits(&mut machine, now);
    assert_eq!(executed(&mut machine, now), [2, 3, 4]);
}

#[test]
fn halving_also_finds_the_record_that_the_queue_does_not_take() {
    let settings = Settings { bisect: true, retries: Some(0), ..SETTINGS };
    let mut machine = having_read(settings, 1..=4, at(10));
    let mut now = at(10);
    let given_up = loop {
        match machine.next(now) {
            Step::Execute(records) => match records.iter().position(|record| record.event["n"] == 2) {
                Some(place) if records.len() > 1 => machine.succeeded_up_to(place, &broken(), now, 0.0),
                Some(_) => machine.failed(&broken(), now, 0.0),
                None => machine.succeeded(),
            },
            Step::Wait(until) => now = until,
            Step::GiveUp(given_up) => break given_up,
            Step::Read { .. } => panic!("2 is still there"),
        }
    };
    assert_eq!(given_up.records, records([2]));
    machine.gave_up();
    assert_eq!(executed(&mut machine, now), [3], "the other half of what was left");
}

#[test]
fn what_is_too_old_is_given_up_before_it_is_tried() {
    let settings = Settings { age: Some(Duration::from_secs(60)), ..SETTINGS };
    let mut machine = having_read(settings, 1..=4, at(63));
    let Step::GiveUp(given_up) = machine.next(at(63)) else { panic!("1 and 2 are older than a minute") };
    assert_eq!((given_up.records, given_up.condition), (records(1..=2), Condition::AgeExceeded));
    machine.gave_up();
    assert_eq!(executed(&mut machine, at(63)), [3, 4]);
    let mut machine = having_read(SETTINGS, 1..=1, at(86_402));
    let Step::GiveUp(given_up) = machine.next(at(86_402)) else { panic!("the stream has it no more") };
    assert_eq!(given_up.condition, Condition::Trimmed);
}

#[test]
fn what_the_filters_leave_out_is_done() {
    let mut machine = Machine::new(SETTINGS, None);
    machine.take(Vec::new(), Some(Sequence::at(at(7))), at(10));
    assert_eq!(
        (machine.done_through(), machine.read_through()),
        (Some(Sequence::at(at(7))), Some(Sequence::at(at(7))))
    );
}
