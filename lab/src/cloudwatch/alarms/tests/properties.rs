//! What holds whatever the numbers are.

use proptest::prelude::*;

use super::super::judge::{Rules, judge};
use super::super::rule_parser::parse;
use super::super::state::State;
use super::literal::{Values, alarm, alarms, composite, expression, minute, query, second, shown, start, state};
use crate::template::{Alarm, CompositeAlarm, MissingData, Statistic, Suppressor};

fn treatment() -> impl Strategy<Value = MissingData> {
    use MissingData::{Breaching, Ignore, Missing, NotBreaching};
    prop_oneof![Just(Missing), Just(Ignore), Just(Breaching), Just(NotBreaching)]
}

fn m_of_n() -> impl Strategy<Value = (u32, u32)> {
    (1..6_u32).prop_flat_map(|n| (1..=n, Just(n)))
}

/// Values by minute, some of them far out.
fn values() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let value = prop_oneof![0.0..4.0, Just(f64::NAN), Just(f64::INFINITY), Just(-1.0), Just(1e300)];
    prop::collection::vec((0..40_i64, value), 0..80)
}

fn data(values: &[(i64, f64)]) -> Values {
    let mut data = Values::default();
    values.iter().for_each(|(minute, value)| data.put("m", *minute, *value));
    data
}

proptest! {
    #[test]
    fn an_alarm_that_takes_no_data_for_good_is_never_in_alarm_without_any((m, n) in m_of_n(), minutes in 1..60_i64) {
        let mut alarms = alarms(vec![alarm("a", "m", (m, n), MissingData::NotBreaching)], vec![]);
        for at in 1..minutes {
            alarms.evaluate(minute(at), &Values::default());
            prop_assert_eq!(state(&alarms, "a"), State::Ok);
        }
    }

    #[test]
    fn as_many_real_datapoints_as_periods_need_no_rule_for_missing_ones(
        range in prop::collection::vec(prop::option::weighted(0.8, any::<bool>()), 3..10),
        (m, n) in m_of_n(),
    ) {
        let (m, n) = (m as usize, n as usize);
        let real: Vec<_> = range.iter().rev().flatten().take(n).collect();
        prop_assume!(real.len() == n);
        let breaching = real.into_iter().filter(|breaches| **breaches).count();
        let expected = if breaching >= m { State::Alarm } else { State::Ok };
        for missing in [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching] {
            let verdict = judge(&range, Rules { datapoints_to_alarm: m, evaluation_periods: n, missing });
            prop_assert_eq!(verdict.state, Some(expected));
        }
    }

    #[test]
    fn the_order_in_which_values_arrive_does_not_matter(
        (values, shuffled) in values().prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle())),
        (m, n) in m_of_n(),
        missing in treatment(),
    ) {
        let finite = |values: Vec<(i64, f64)>| values.into_iter().filter(|(_, value)| value.abs() < 1e6).collect::<Vec<_>>();
        let (first, second) = (data(&finite(values)), data(&finite(shuffled)));
        let of = |data: &Values| {
            let mut alarms = alarms(vec![alarm("a", "m", (m, n), missing)], vec![]);
            (1..45).for_each(|at| alarms.evaluate(minute(at), data));
            let changes = shown(&alarms, "a").history.into_iter().map(|change| (change.at_ms, change.to));
            changes.collect::<Vec<_>>()
        };
        prop_assert_eq!(of(&first), of(&second));
    }

    #[test]
    fn asking_more_often_than_once_a_minute_changes_nothing(values in values(), (m, n) in m_of_n(), missing in treatment()) {
        let data = data(&values);
        let of = |step: usize| {
            let mut alarms = alarms(vec![alarm("a", "m", (m, n), missing)], vec![composite("c", "NOT OK(a)")]);
            (60..45 * 60).step_by(step).for_each(|at| alarms.evaluate(second(at), &data));
            alarms.snapshot(start())
        };
        prop_assert_eq!(of(60), of(20));
    }

    #[test]
    fn no_series_of_numbers_and_no_clock_makes_it_panic(
        values in values(),
        (m, n) in m_of_n(),
        missing in treatment(),
        clock in prop::collection::vec(-10..4000_i64, 1..20),
    ) {
        let data = data(&values);
        let rate = Alarm {
            queries: expression("IF(e>1,100*e/n,0)", vec![query("e", "m", Statistic::Sum, 5), query("n", "m", Statistic::SampleCount, 5)]),
            ..alarm("b", "", (m, n), missing)
        };
        let percentile = Alarm {
            queries: vec![crate::template::MetricQuery { return_data: true, ..query("p", "m", Statistic::Percentile(99.0), 2) }],
            evaluate_low_samples: false,
            ..alarm("p", "", (m, n), missing)
        };
        let suppressor = Suppressor {
            alarm: "b".into(), wait: std::time::Duration::from_secs(60), extension: std::time::Duration::MAX,
        };
        let light = CompositeAlarm { suppressor: Some(suppressor), ..composite("c", "ALARM(a) OR NOT OK(p)") };
        let mut alarms = alarms(vec![alarm("a", "m", (m, n), missing), rate, percentile], vec![light]);
        for at in clock {
            alarms.evaluate(second(at), &data);
            for alarm in alarms.snapshot(start()).alarms {
                prop_assert!(alarm.history.iter().all(|change| change.from != change.to));
                prop_assert_eq!(alarm.history.first().map_or(State::InsufficientData, |change| change.to), alarm.state);
            }
        }
        alarms.evaluate(jiff::Timestamp::MAX, &data);
    }

    #[test]
    fn no_text_makes_the_reader_of_rules_panic(text in "[A-Z_a-z(),%\"\\\\ 0-9é]{0,60}") {
        let _ = parse(&text);
    }
}
