//! The project's own alarms where they depend on silence: when values come seldom, and none at all.

use super::super::engine::Alarms;
use super::super::state::State;
use super::literal::{Values, minute, start, states};
use crate::template::{Inputs, Template};

/// The alarm of this name, alone and without anybody to tell.
fn alone(name: &str) -> Alarms {
    let inputs = Inputs {
        stack_name: "wild-rydes-dev".to_owned(),
        region: "eu-west-1".to_owned(),
        account_id: "123456789012".to_owned(),
        parameters: [].into(),
        api_origin: "http://127.0.0.1:3000".to_owned(),
    };
    let text = include_str!("../../../../../template.yaml");
    let stack = Template::parse(text, "template.yaml").and_then(|template| template.resolve(&inputs)).expect("a stack");
    let alarm = stack.alarms.into_values().find(|alarm| alarm.name == name).expect("the alarm");
    Alarms::new([crate::template::Alarm { actions: Default::default(), ..alarm }], [], [], start()).expect("an alarm")
}

/// Heartbeats in these minutes, each booked or not.
fn beats(booked: impl IntoIterator<Item = (i64, bool)>) -> Values {
    let mut values = Values::default();
    booked.into_iter().for_each(|(at, booked)| values.put("HeartbeatRides", at, f64::from(u8::from(booked))));
    values
}

/// Of the minutes in which the heartbeat's alarm is on, the first.
fn rings(beats: &Values, until: i64) -> Option<i64> {
    let mut alarms = alone("wild-rydes-dev-heartbeat");
    // A beat of minute 0 is seen when that minute is over.
    let states = states(&mut alarms, "wild-rydes-dev-heartbeat", beats, 1..=until);
    states.find('A').and_then(|at| i64::try_from(at + 1).ok())
}

#[test]
fn a_probe_that_dies_is_noticed_within_a_quarter_of_an_hour() {
    let dead = beats((0..=60).step_by(5).map(|at| (at, true)));
    let noticed = rings(&dead, 120).expect("an alarm");
    assert!(
        (70..=75).contains(&noticed),
        "its last ride was booked in minute 60, and the alarm came in minute {noticed}"
    );
}

#[test]
fn a_probe_that_goes_on_and_books_nothing_is_noticed_as_soon() {
    let failing = beats((0..=120).step_by(5).map(|at| (at, at <= 60)));
    let noticed = rings(&failing, 120).expect("an alarm");
    assert!((70..=75).contains(&noticed), "{noticed}");
}

#[test]
fn one_missed_ride_and_a_late_one_wake_nobody() {
    assert_eq!(rings(&beats((0..=120).step_by(5).map(|at| (at, at != 60))), 120), None);
    // A minute later than the five, as the scheduler may be.
    let late = (0..=120).step_by(5).filter(|at| *at != 60).map(|at| (if at == 65 { 66 } else { at }, true));
    assert_eq!(rings(&beats(late), 120), None);
}

const STILL: &str = "wild-rydes-dev-payments-standing-still";

/// The minutes from 1 on in which payments are said to stand still: A is on.
fn still(metrics: &[(&str, &[i64])], until: i64) -> String {
    let mut values = Values::default();
    for (metric, minutes) in metrics {
        minutes.iter().for_each(|at| values.put(metric, *at, 1.0));
    }
    states(&mut alone(STILL), STILL, &values, 1..=until)
}

/// One payment that waits alone: the pauses between its attempts double, and then the breaker is open.
const ALONE: [i64; 16] = [60, 60, 61, 62, 64, 66, 69, 74, 79, 84, 90, 93, 98, 102, 107, 110];

#[test]
fn an_outage_in_which_few_ride_is_noticed_within_half_an_hour_and_over_with_the_first_charge() {
    for charged in [10, 59] {
        let states = still(&[("PaymentsProcessed", &[charged, 115]), ("PaymentAttemptsFailed", &ALONE)], 130);
        let (on, off) = (states.find('A').expect("on") + 1, states.rfind('A').expect("on") + 1);
        assert!((81..=90).contains(&on), "from minute 60 on nobody is charged, and the alarm came in minute {on}");
        assert_eq!(off, 115, "{states}");
        assert!(!states[on - 1..off].contains('O'), "{states}");
    }
}

#[test]
fn an_outage_of_the_night_pages_once() {
    // Held back: it comes but once in sixteen minutes.
    let held: Vec<i64> = (110..700).step_by(16).collect();
    let states = still(&[("PaymentAttemptsFailed", &ALONE), ("PaymentsHeld", &held)], 700);
    let on = states.find('A').expect("on");
    assert_eq!(states[on..].find('O'), None, "{states}");
}

#[test]
fn what_is_charged_in_the_end_or_refused_wakes_nobody() {
    for metrics in [
        // A failure that is over with the next attempt; two in an hour; half of all, all night long.
        vec![("PaymentAttemptsFailed", &[60][..]), ("PaymentsProcessed", &[60])],
        vec![("PaymentAttemptsFailed", &[60, 90]), ("PaymentsProcessed", &[61, 91])],
        vec![("PaymentAttemptsFailed", &[60, 61, 80, 81, 100, 101]), ("PaymentsProcessed", &[62, 82, 102])],
        // Nine attempts, with the longest pauses that there are.
        vec![("PaymentAttemptsFailed", &[60, 60, 60, 60, 61, 62, 64, 68, 77]), ("PaymentsProcessed", &[77])],
        // Finance was gone for a quarter of an hour, and nobody else rode.
        vec![("PaymentAttemptsFailed", &[60, 61, 63, 68, 72]), ("PaymentsHeld", &[74]), ("PaymentsProcessed", &[76])],
        // An order that was refused pages by itself, and so do three of them.
        vec![("PaymentAttemptsFailed", &[60]), ("PaymentsFailed", &[60])],
        vec![("PaymentAttemptsFailed", &[60, 70, 80]), ("PaymentsFailed", &[60, 70, 80])],
    ] {
        let states = still(&metrics, 150);
        assert!(!states.contains('A'), "{metrics:?}: {states}");
    }
}

/// Its description and the runbook of the warning light promise minutes, not a quarter of an hour.
#[test]
fn a_deployment_keeps_the_light_quiet_for_minutes() {
    let name = "wild-rydes-dev-deploying";
    let mut alarms = alone(name);
    let mut values = Values::default();
    values.put("Deployments", 30, 1.0);
    let states = states(&mut alarms, name, &values, 1..=120);
    let on: Vec<_> = states.match_indices('A').map(|(at, _)| at + 1).collect();
    assert_eq!((on.first(), on.len()), (Some(&31), 7), "{states}");
    alarms.evaluate(minute(121), &values);
    assert_eq!(super::literal::state(&alarms, name), State::Ok);
}
