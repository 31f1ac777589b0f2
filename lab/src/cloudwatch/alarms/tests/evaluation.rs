//! One metric alarm over time.

use std::collections::BTreeMap;

use super::super::engine::Alarms;
use super::super::error::AlarmError;
use super::super::state::State;
use super::literal::{Values, alarm, alarms, expression, minute, query, second, shown, start, state, states, topic};
use crate::template::{Comparison, MetricName, MetricQuery, MissingData, Source, Statistic, Topic};

fn sums(values: &str) -> Values {
    let value = |text: &str| text.parse().ok();
    Values::of("m", 0, values.split(' ').map(value))
}

/// The figure of the page: three of three above three units in the third to fifth period, within at the sixth, and the ninth
/// alone above it changes nothing.
#[test]
fn three_periods_above_the_threshold_are_an_alarm_and_one_is_not() {
    let mut figure = alarm("a", "m", (3, 3), MissingData::Missing);
    figure.threshold = 3.0;
    let mut alarms = alarms(vec![figure], vec![]);
    let data = sums("1 2 4 5 4 2 1 1 4 1");
    assert_eq!(states(&mut alarms, "a", &data, 1..=10), "IIOOAOOOOO".replace('I', "O"));
}

#[test]
fn an_alarm_without_data_is_what_missing_data_count_as() {
    let cases = [
        (MissingData::Missing, "II"),
        (MissingData::Ignore, "II"),
        (MissingData::NotBreaching, "OO"),
        (MissingData::Breaching, "AA"),
    ];
    for (missing, expected) in cases {
        let mut alarms = alarms(vec![alarm("a", "m", (2, 3), missing)], vec![]);
        assert_eq!(states(&mut alarms, "a", &Values::default(), [1, 2]), expected, "{missing:?}");
    }
}

#[test]
fn ignored_missing_data_keep_the_state_and_missing_ones_lose_it() {
    let data = sums("9 9 9 - - - - - -");
    let states = |missing| states(&mut alarms(vec![alarm("a", "m", (3, 3), missing)], vec![]), "a", &data, 3..=9);
    assert_eq!(states(MissingData::Ignore), "AAAAAAA");
    assert_eq!(states(MissingData::Missing), "AAAAAII");
    assert_eq!(states(MissingData::NotBreaching), "AAAOOOO");
}

#[test]
fn metrics_of_dynamodb_ignore_missing_data_unless_told_otherwise() {
    let data = sums("9 9 9 - - - - - -");
    let of = |missing| {
        let mut throttles = alarm("a", "m", (3, 3), missing);
        let metric = MetricName { namespace: "AWS/DynamoDB".into(), name: "m".into(), dimensions: BTreeMap::new() };
        throttles.queries[0].source = Source::Metric { metric, statistic: Statistic::Sum, unit: None };
        states(&mut alarms(vec![throttles], vec![]), "a", &data, 3..=9)
    };
    assert_eq!(of(MissingData::Missing), "AAAAAAA");
    assert_eq!(of(MissingData::NotBreaching), "AAAOOOO");
}

#[test]
fn the_current_minute_does_not_count_yet() {
    let mut alarms = alarms(vec![alarm("a", "m", (1, 1), MissingData::NotBreaching)], vec![]);
    let data = sums("0 9");
    alarms.evaluate(second(119), &data);
    assert_eq!(state(&alarms, "a"), State::Ok);
    alarms.evaluate(second(120), &data);
    assert_eq!(state(&alarms, "a"), State::Alarm);
}

#[test]
fn an_hour_is_the_last_sixty_minutes_and_not_the_last_hour_of_the_clock() {
    let mut hourly = alarm("a", "m", (1, 1), MissingData::NotBreaching);
    hourly.queries[0].period = std::time::Duration::from_secs(3600);
    let mut alarms = alarms(vec![hourly], vec![]);
    let data = Values::of("m", 67, [Some(2.0)].into_iter().chain((0..200).map(|_| Some(0.0))));
    let states = states(&mut alarms, "a", &data, 60..=140);
    assert_eq!(states, format!("{}{}{}", "O".repeat(8), "A".repeat(60), "O".repeat(13)));
}

#[test]
fn missed_minutes_are_made_up_for() {
    let data = sums("0 0 9 0 0 0 0 0");
    let mut alarms = alarms(vec![alarm("a", "m", (1, 1), MissingData::NotBreaching)], vec![]);
    alarms.evaluate(minute(1), &data);
    alarms.evaluate(minute(8), &data);
    let history = shown(&alarms, "a").history;
    let changes: Vec<_> = history.iter().map(|change| (change.at_ms, change.to)).collect();
    let at = |at| minute(at).as_millisecond();
    assert_eq!(changes, [(at(4), State::Ok), (at(3), State::Alarm), (at(1), State::Ok)]);
}

#[test]
fn a_clock_that_stands_or_goes_back_changes_nothing() {
    let mut alarms = alarms(vec![alarm("a", "m", (1, 1), MissingData::NotBreaching)], vec![]);
    alarms.evaluate(minute(5), &sums("0 0 0 0 0"));
    let before = alarms.snapshot(start());
    for at in [5, 4, 0] {
        alarms.evaluate(minute(at), &sums("9 9 9 9 9"));
    }
    assert_eq!(alarms.snapshot(start()), before);
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-arithmetic>
#[test]
fn in_an_expression_one_missing_input_is_nothing_and_all_missing_are_missing_data() {
    let queries =
        expression("100*e/n", vec![query("e", "errors", Statistic::Sum, 1), query("n", "requests", Statistic::Sum, 1)]);
    let rate = crate::template::Alarm { queries, threshold: 5.0, ..alarm("a", "", (1, 1), MissingData::Missing) };
    let mut alarms = alarms(vec![rate], vec![]);
    let mut data = Values::of("requests", 1, [100.0, 100.0, 100.0].map(Some));
    data.put("errors", 2, 6.0);
    data.put("errors", 3, 5.0);
    // Without requests there is a division by zero, which is no datapoint either.
    data.put("errors", 0, 3.0);
    assert_eq!(states(&mut alarms, "a", &data, 1..=7), "IOAOOOI");
}

#[test]
fn a_percentile_of_few_values_is_judged_only_if_asked_for() {
    let of = |evaluate_low_samples, values: usize| {
        let mut slow = alarm("a", "m", (1, 1), MissingData::NotBreaching);
        slow.queries[0] = MetricQuery { return_data: true, ..query("m", "m", Statistic::Percentile(90.0), 1) };
        slow.evaluate_low_samples = evaluate_low_samples;
        let mut data = Values::default();
        (0..values).for_each(|_| data.put("m", 0, 9.0));
        states(&mut alarms(vec![slow], vec![]), "a", &data, [1])
    };
    assert_eq!([of(true, 99), of(false, 99), of(false, 100), of(false, 0)], ["A", "I", "A", "O"]);
}

#[test]
fn reasons_read_as_cloudwatch_writes_them() {
    let mut alarms = alarms(
        vec![alarm("m", "m", (2, 3), MissingData::NotBreaching), alarm("b", "none", (1, 2), MissingData::Breaching)],
        vec![],
    );
    assert_eq!(shown(&alarms, "m").reason, "Unchecked: Initial alarm creation");
    let data = sums("0 5 7.5 0 0");
    alarms.evaluate(minute(3), &data);
    assert_eq!(
        shown(&alarms, "m").reason,
        "Threshold Crossed: 2 out of the last 3 datapoints [7.5 (16/11/26 00:02:00), 5.0 (16/11/26 00:01:00)] were greater \
         than the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition)."
    );
    assert_eq!(
        shown(&alarms, "b").reason,
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching]."
    );
    alarms.evaluate(minute(5), &data);
    assert_eq!(
        shown(&alarms, "m").reason,
        "Threshold Crossed: 2 out of the last 3 datapoints [0.0 (16/11/26 00:04:00), 0.0 (16/11/26 00:03:00)] were not \
         greater than the threshold (1.0) (minimum 2 datapoints for ALARM -> OK transition)."
    );
}

#[test]
fn topics_are_told_of_changes_and_of_nothing_else() {
    let mut alarms = alarms(vec![alarm("a", "m", (1, 1), MissingData::NotBreaching)], vec![]);
    let data = sums("0 9 9 9 0");
    states(&mut alarms, "a", &data, 1..=5);
    let notices = alarms.snapshot(start()).notices;
    let told: Vec<_> = notices.iter().map(|notice| (notice.at_ms, notice.state, notice.delivered)).collect();
    let at = |at| minute(at).as_millisecond();
    assert_eq!(told, [(at(5), State::Ok, true), (at(2), State::Alarm, true), (at(1), State::Ok, true)]);
}

#[test]
fn a_topic_that_cloudwatch_cannot_use_is_named_with_the_reason() {
    let mute = Topic { mute: Some("its key does not let cloudwatch.amazonaws.com decrypt".into()), ..topic() };
    let mut orphan = alarm("b", "m", (1, 1), MissingData::Breaching);
    orphan.actions.alarm = vec!["arn:elsewhere".into()];
    let mut disabled = alarm("c", "m", (1, 1), MissingData::Breaching);
    disabled.actions.enabled = false;
    let metrics = [alarm("a", "m", (1, 1), MissingData::Breaching), orphan, disabled];
    let mut alarms = Alarms::new(metrics, [], [mute], start()).expect("alarms");
    alarms.evaluate(minute(1), &Values::default());
    let notices = alarms.snapshot(start()).notices;
    let told: Vec<_> =
        notices.iter().map(|notice| (notice.alarm.as_str(), notice.delivered, notice.why.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("b", false, Some("the stack has no such topic")),
            ("a", false, Some("its key does not let cloudwatch.amazonaws.com decrypt"))
        ]
    );
}

#[test]
fn the_console_gets_what_it_asked_for() {
    let mut alarms = alarms(vec![alarm("a", "m", (1, 1), MissingData::NotBreaching)], vec![]);
    alarms.evaluate(minute(1), &sums("9"));
    let reason = "Threshold Crossed: 1 out of the last 1 datapoints [9.0 (16/11/26 00:00:00)] was greater than the threshold \
                  (1.0) (minimum 1 datapoint for OK -> ALARM transition).";
    let at = minute(1).as_millisecond();
    assert_eq!(
        serde_json::to_value(alarms.snapshot(minute(2))).expect("JSON"),
        serde_json::json!({
            "now_ms": minute(2).as_millisecond(),
            "alarms": [{
                "name": "a", "kind": "metric", "urgency": "page", "state": "ALARM", "reason": reason, "since_ms": at,
                "description": "Page. Something. Runbook: runbooks/a.md", "runbook": "runbooks/a.md", "suppressed": false,
                "watches": "Sum of WildRydes m; 1 of 1 periods of 1 min", "threshold": "> 1",
                "history": [{"at_ms": at, "from": "INSUFFICIENT_DATA", "to": "ALARM", "reason": reason}],
            }],
            "notices": [{
                "at_ms": at, "topic": "wild-rydes-dev-page", "alarm": "a", "state": "ALARM", "delivered": true, "why": null,
            }],
        })
    );
}

#[test]
fn all_comparisons_mean_what_they_say() {
    let cases = [
        (Comparison::GreaterThan, "OOA"),
        (Comparison::GreaterThanOrEqual, "OAA"),
        (Comparison::LessThan, "AOO"),
        (Comparison::LessThanOrEqual, "AAO"),
    ];
    for (comparison, expected) in cases {
        let mut alarms = alarms(
            vec![crate::template::Alarm { comparison, ..alarm("a", "m", (1, 1), MissingData::Missing) }],
            vec![],
        );
        assert_eq!(states(&mut alarms, "a", &sums("0 1 2"), 1..=3), expected, "{comparison:?}");
    }
}

#[test]
fn what_cloudwatch_refuses_is_refused() {
    let refused = |change: &dyn Fn(&mut crate::template::Alarm)| {
        let mut wrong = alarm("a", "m", (1, 1), MissingData::Missing);
        change(&mut wrong);
        Alarms::new([wrong], [], [], start()).expect_err("refused")
    };
    let minutes = |minutes: u64| std::time::Duration::from_secs(60 * minutes);
    assert_eq!(refused(&|alarm| alarm.queries[0].return_data = false), AlarmError::ReturnData("a".into()));
    assert!(matches!(refused(&|alarm| alarm.datapoints_to_alarm = 2), AlarmError::Datapoints { .. }));
    assert_eq!(refused(&|alarm| alarm.queries[0].period = minutes(0)), AlarmError::Period("a".into()));
    assert_eq!(refused(&|alarm| alarm.evaluation_periods = 1441), AlarmError::TooLong("a".into()));
    assert_eq!(refused(&|alarm| alarm.queries[0].period = minutes(7 * 1440 + 60)), AlarmError::TooLong("a".into()));
    let unknown = |alarm: &mut crate::template::Alarm| alarm.queries[0].source = Source::Expression("nothing*2".into());
    assert!(matches!(refused(&unknown), AlarmError::Math { .. }));
    let twice = [alarm("a", "m", (1, 1), MissingData::Missing), alarm("a", "m", (1, 1), MissingData::Missing)];
    assert_eq!(Alarms::new(twice, [], [], start()).expect_err("refused"), AlarmError::Twice("a".into()));
}
