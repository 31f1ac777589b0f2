//! AWS's six examples, with its times: WaitPeriod is 2 units long and ExtensionPeriod 3.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Composite_Alarm_Suppression.html>

use std::time::Duration;

use super::super::state::State;
use super::super::suppression::{Quiet, Suppression};
use super::literal::second;
use crate::template::Suppressor;

/// A timeline from t0 to t11, one letter a unit, O or A, of the composite alarm and of its suppressor: when the actions of
/// which state are taken, and what keeps the alarm quiet after each unit.
fn timeline(composite: &str, suppressor: &str) -> (Vec<(usize, char)>, String) {
    let settings =
        Suppressor { alarm: "suppressor".into(), wait: Duration::from_secs(2), extension: Duration::from_secs(3) };
    let mut suppression = Suppression::default();
    let (mut acts, mut quiet, mut before) = (Vec::new(), String::new(), 'O');
    for (unit, (state, suppressor)) in composite.chars().zip(suppressor.chars()).enumerate() {
        let suppressor = if suppressor == 'A' { State::Alarm } else { State::Ok };
        let now = second(i64::try_from(unit).expect("small"));
        if suppression.acts(now, state != before, Some((&settings, suppressor))) {
            acts.push((unit, state));
        }
        quiet.push(match suppression.quiet {
            Quiet::No => '.',
            Quiet::Wait(_) => 'w',
            Quiet::Alarm => 's',
            Quiet::Extension(_) => 'e',
        });
        before = state;
    }
    (acts, quiet)
}

#[test]
fn example_1_actions_are_not_suppressed_after_the_wait_period() {
    assert_eq!(timeline("OOAAAAAAAAAA", "OOOOOOOOOOOO"), (vec![(4, 'A')], "..ww........".into()));
}

#[test]
fn example_2_actions_are_suppressed_by_the_alarm_before_the_wait_period_ends() {
    assert_eq!(timeline("OOAAAAAAAAAA", "OOOAAAAAAAAA"), (vec![], "..wsssssssss".into()));
}

#[test]
fn example_3_a_change_during_the_wait_period_starts_a_new_one() {
    assert_eq!(timeline("OOAOOOOOOOOO", "OOOOOOOOOOOO"), (vec![(5, 'O')], "..www.......".into()));
}

#[test]
fn example_4_a_change_while_the_suppressor_is_in_alarm_is_suppressed() {
    assert_eq!(timeline("OOAAAAAAAAAA", "AAAAAAAAAAAA"), (vec![], "ssssssssssss".into()));
}

#[test]
fn example_5_actions_are_not_suppressed_after_the_extension_period() {
    assert_eq!(timeline("OOAAAAAAAAAA", "OOOAAAOOOOOO"), (vec![(9, 'A')], "..wssseee...".into()));
}

#[test]
fn example_6_a_change_during_the_extension_period_starts_a_wait_period() {
    assert_eq!(timeline("OOAAAAAOOOOO", "OOOAAAOOOOOO"), (vec![(9, 'O')], "..wsssEww...".replace('E', "e")));
}

#[test]
fn a_state_that_was_told_before_is_not_told_again_after_the_suppressor() {
    assert_eq!(timeline("AAAAAAAAAAAA", "OOOAAAOOOOOO").0, [(2, 'A')]);
}
