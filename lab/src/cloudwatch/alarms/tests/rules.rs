//! Rules of composite alarms as text.

use super::super::rule::{Rule, RuleError};
use super::super::rule_parser::parse;
use super::super::state::State;

/// With `a` in ALARM, `o` OK and `i` without data.
fn holds(text: &str) -> bool {
    let rule = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    rule.holds(&|name: &String| match name.as_str() {
        "a" => State::Alarm,
        "o" => State::Ok,
        _ => State::InsufficientData,
    })
}

#[test]
fn rules_hold_by_boolean_logic_with_not_before_and_before_or() {
    let cases = [
        ("ALARM(a)", true),
        ("ALARM(o)", false),
        ("OK(o) AND INSUFFICIENT_DATA(i)", true),
        ("NOT OK(o)", false),
        ("NOT NOT OK(o)", true),
        ("ALARM(a) OR ALARM(o) AND ALARM(o)", true),
        ("(ALARM(a) OR ALARM(o)) AND ALARM(o)", false),
        ("NOT ALARM(o) AND ALARM(a)", true),
        ("NOT (ALARM(o) OR ALARM(a))", false),
        ("ALARM(\"a\") AND (OK(o) OR NOT INSUFFICIENT_DATA(\"i\"))", true),
        ("TRUE AND NOT FALSE", true),
        ("\n ALARM ( \"a\" )\tAND\n(TRUE)", true),
    ];
    for (text, expected) in cases {
        assert_eq!(holds(text), expected, "{text}");
    }
}

/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html>
#[test]
fn at_least_counts_alarms_in_a_state_or_not_in_it() {
    let cases = [
        ("AT_LEAST(1, ALARM, (a, o, i))", true),
        ("AT_LEAST(2, ALARM, (a, o, i))", false),
        ("AT_LEAST(2, NOT ALARM, (a, o, i))", true),
        ("AT_LEAST(50%, NOT OK, (a, \"o\", i, o))", true),
        ("AT_LEAST(51%, NOT OK, (a, o, i, o))", false),
        ("AT_LEAST(34%, ALARM, (a, o, i)) OR AT_LEAST(33%,ALARM,(a,o,i)) AND TRUE", true),
    ];
    for (text, expected) in cases {
        assert_eq!(holds(text), expected, "{text}");
    }
}

#[test]
fn names_may_be_arns_and_quoted_ones_may_have_anything() {
    let arn = "arn:aws:cloudwatch:eu-central-1:000000000000:alarm:a-b";
    let is = |name: &str| Rule::Is(State::Alarm, name.to_owned());
    assert_eq!(parse(&format!("ALARM({arn})")), Ok(is(arn)));
    assert_eq!(parse(&format!("ALARM(\"{arn}\")")), Ok(is(arn)));
    assert_eq!(parse(r#"ALARM("my (first), \"best\" alarm")"#), Ok(is(r#"my (first), "best" alarm"#)));
}

#[test]
fn what_is_no_rule_is_named_with_its_place() {
    let cases = [
        ("", "an alarm's state, TRUE, FALSE or '(' is expected at 0, not the end"),
        ("ALARM(a) ALARM(b)", "AND, OR or the end is expected at 9, not 'ALARM(b)'"),
        ("ALARM(a", "')' is expected at 7, not the end"),
        ("ALARM(\"a)", "the name that begins at 6 does not end"),
        ("ALARM()", "the name of an alarm is expected at 6, not ')'"),
        ("FINE(a)", "an alarm's state, TRUE, FALSE or '(' is expected at 0, not 'FINE(a)'"),
        ("AT_LEAST(3, OK, (a, b))", "AT_LEAST takes from 1 to all of its alarms, or from 1% to 100%, and 3 is neither"),
        ("AT_LEAST(0%, OK, (a))", "AT_LEAST takes from 1 to all of its alarms, or from 1% to 100%, and 0% is neither"),
    ];
    for (text, message) in cases {
        assert_eq!(parse(text).expect_err(text).to_string(), message, "{text}");
    }
}

#[test]
fn a_rule_has_a_hundred_alarms_and_five_hundred_elements_at_most() {
    let of = |count: usize| (0..count).map(|index| format!("ALARM(a{index})")).collect::<Vec<_>>().join(" OR ");
    assert!(parse(&of(100)).is_ok());
    assert_eq!(parse(&of(101)), Err(RuleError::Children(101)));
    assert!(parse(&vec!["TRUE"; 500].join(" AND ")).is_ok());
    assert_eq!(parse(&vec!["TRUE"; 501].join(" AND ")), Err(RuleError::Elements));
    assert_eq!(parse(&"(".repeat(100_000)), Err(RuleError::TooDeep));
    assert_eq!(parse(&"NOT ".repeat(100_000)), Err(RuleError::Elements));
}
