//! AWS's tables of examples, row by row.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>

use super::super::judge::{Rules, judge};
use super::super::state::State;
use crate::template::MissingData;

const OK: Option<State> = Some(State::Ok);
const ALARM: Option<State> = Some(State::Alarm);
const INSUFFICIENT: Option<State> = Some(State::InsufficientData);
const RETAIN: Option<State> = None;

/// Datapoints, how many are filled, and the state with missing, ignore, breaching and notBreaching.
type Row = (&'static str, usize, [Option<State>; 4]);

/// "Datapoints to Alarm and Evaluation Periods are both 3."
const THREE_OF_THREE: [Row; 5] = [
    ("0 - X - X", 0, [OK, OK, OK, OK]),
    ("0 - - - -", 2, [OK, OK, OK, OK]),
    ("- - - - -", 3, [INSUFFICIENT, RETAIN, ALARM, OK]),
    ("0 X X - X", 0, [ALARM, ALARM, ALARM, ALARM]),
    ("- - X - -", 2, [ALARM, RETAIN, ALARM, OK]),
];

/// "Datapoints to Alarm is only 2 while Evaluation Periods is 3."
const TWO_OF_THREE: [Row; 5] = [
    ("0 - X - X", 0, [ALARM, ALARM, ALARM, ALARM]),
    ("0 0 X 0 X", 0, [ALARM, ALARM, ALARM, ALARM]),
    ("0 - X - -", 1, [OK, OK, ALARM, OK]),
    ("- - - - 0", 2, [OK, OK, ALARM, OK]),
    ("- - - X -", 2, [ALARM, RETAIN, ALARM, OK]),
];

/// Rows that earlier editions of the page had.
const EARLIER_THREE_OF_THREE: [Row; 2] =
    [("- - - - X", 2, [INSUFFICIENT, RETAIN, ALARM, OK]), ("X - - - -", 2, [ALARM, RETAIN, ALARM, OK])];

/// Likewise, two of three.
const EARLIER_TWO_OF_THREE: [Row; 1] = [("- - - - X", 2, [INSUFFICIENT, RETAIN, ALARM, OK])];

fn check(datapoints_to_alarm: usize, rows: &[Row]) {
    let treatments = [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching];
    for (points, filled, states) in rows {
        let range: Vec<_> = points.split(' ').map(|point| (point != "-").then_some(point == "X")).collect();
        for (missing, state) in treatments.into_iter().zip(states) {
            let verdict = judge(&range, Rules { datapoints_to_alarm, evaluation_periods: 3, missing });
            let case = format!("{datapoints_to_alarm} of 3, {points}, {missing:?}");
            assert_eq!(verdict.state, *state, "{case}");
            assert_eq!(verdict.filled, *filled, "{case}");
        }
    }
}

#[test]
fn three_of_three_is_as_in_the_first_table() {
    check(3, &THREE_OF_THREE);
}

#[test]
fn two_of_three_is_as_in_the_second_table() {
    check(2, &TWO_OF_THREE);
}

#[test]
fn the_rows_of_earlier_editions_hold_too() {
    check(3, &EARLIER_THREE_OF_THREE);
    check(2, &EARLIER_TWO_OF_THREE);
}

/// "Avoiding premature transitions to alarm state", on the same page.
#[test]
fn a_lone_breaching_datapoint_is_an_alarm_only_once_nothing_better_has_come_for_m_periods() {
    let never = [OK, OK, ALARM, OK];
    check(
        3,
        &[
            ("- - - - X", 2, [INSUFFICIENT, RETAIN, ALARM, OK]),
            ("- - - X -", 2, [INSUFFICIENT, RETAIN, ALARM, OK]),
            ("- - X - -", 2, [ALARM, RETAIN, ALARM, OK]),
            ("- - - X 0", 1, [OK, OK, OK, OK]),
            ("- - X - 0", 1, [OK, OK, OK, OK]),
        ],
    );
    check(2, &[("- - X - 0", 1, never)]);
}
