//! Alarms of alarms.

use super::super::engine::Alarms;
use super::super::error::AlarmError;
use super::super::state::State;
use super::literal::{Values, alarm, alarms, arn, composite, minute, shown, start, state, states};
use crate::template::{CompositeAlarm, MissingData, Suppressor};

#[test]
fn composites_follow_composites_in_the_same_evaluation_whatever_their_order() {
    let metric = alarm("metric", "m", (1, 1), MissingData::NotBreaching);
    let light = composite("light", &format!("ALARM({}) OR ALARM(nothing)", arn("middle")));
    let rest = [composite("middle", "ALARM(\"metric\")"), composite("nothing", "FALSE")];
    let mut alarms = alarms(vec![metric], [vec![light], rest.to_vec()].concat());
    let data = Values::of("m", 0, [0.0, 9.0, 0.0].map(Some));
    assert_eq!(states(&mut alarms, "light", &data, 1..=3), "OAO");
    assert_eq!(
        shown(&alarms, "nothing").reason,
        format!("{} was created and its alarm rule evaluates to OK", arn("nothing"))
    );
    assert_eq!(
        shown(&alarms, "light").reason,
        format!("{} transitioned to OK at Monday 16 November, 2026 00:03:00 UTC", arn("middle"))
    );
}

#[test]
fn what_depends_on_itself_or_on_nothing_is_refused() {
    let refused = |composites: Vec<CompositeAlarm>| Alarms::new([], composites, [], start()).expect_err("refused");
    let circle = vec![
        composite("a", "ALARM(b)"),
        composite("b", "NOT ALARM(c)"),
        composite("c", "OK(a)"),
        composite("d", "TRUE"),
    ];
    assert_eq!(refused(circle), AlarmError::Circle(vec!["a".into(), "b".into(), "c".into()]));
    let unknown = AlarmError::Unknown { alarm: "a".into(), child: "nobody".into() };
    assert_eq!(refused(vec![composite("a", "ALARM(nobody)")]), unknown);
    let suppressor = Suppressor { alarm: "nobody".into(), wait: Default::default(), extension: Default::default() };
    assert_eq!(refused(vec![CompositeAlarm { suppressor: Some(suppressor), ..composite("a", "TRUE") }]), unknown);
    assert!(matches!(refused(vec![composite("a", "ALARM(")]), AlarmError::Rule { .. }));
}

#[test]
fn a_suppressor_silences_the_notice_and_not_the_state() {
    let suppressor = Suppressor { alarm: "deploying".into(), wait: secs(60), extension: secs(180) };
    let light = CompositeAlarm { suppressor: Some(suppressor), ..composite("light", "ALARM(errors)") };
    let mut quiet = [("errors", "e"), ("deploying", "d")]
        .map(|(name, metric)| alarm(name, metric, (1, 1), MissingData::NotBreaching));
    quiet.iter_mut().for_each(|alarm| alarm.actions = Default::default());
    let mut alarms = alarms(quiet.to_vec(), vec![light]);
    let mut data = Values::of("d", 0, (0..30).map(|minute| Some(if (2..10).contains(&minute) { 9.0 } else { 0.0 })));
    (0..30).for_each(|minute| data.put("e", minute, if (4..6).contains(&minute) || minute >= 20 { 9.0 } else { 0.0 }));
    assert_eq!(states(&mut alarms, "light", &data, 1..=8), "OOOOAAOO");
    assert!(shown(&alarms, "light").suppressed);
    assert_eq!(states(&mut alarms, "light", &data, 9..=25), "OOOOOOOOOOOOAAAAA");
    assert!(!shown(&alarms, "light").suppressed);
    let told: Vec<_> = alarms.snapshot(start()).notices.iter().map(|notice| (notice.at_ms, notice.state)).collect();
    let at = |at| minute(at).as_millisecond();
    // It was created OK, is OK when the extension ends, and waits a minute before it tells of the ALARM at 21.
    assert_eq!(told, [(at(22), State::Alarm), (at(14), State::Ok), (at(2), State::Ok)]);
    assert_eq!(state(&alarms, "deploying"), State::Ok);
}

fn secs(seconds: u64) -> std::time::Duration {
    std::time::Duration::from_secs(seconds)
}
