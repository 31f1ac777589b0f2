//! What is no expression, and what the lab does not evaluate.

use super::super::{Expression, MathError, check, check_lines};
use super::{MINUTE, expression, metric, result};

#[track_caller]
fn refused(text: &str, why: &str) {
    let error = result(&[("m1", "1"), ("m2", "2")], text).expect_err(text);
    assert!(error.to_string().contains(why), "{text}: {error}");
}

#[test]
fn functions_that_are_not_evaluated_are_named() {
    refused("SEARCH('{AWS/Lambda} Errors', 'Sum')", "SEARCH");
    for name in ["FILL", "RATE", "ANOMALY_DETECTION_BAND", "STDDEV", "SORT", "NONSENSE"] {
        let error = Expression::parse(&format!("{name}(m1, 0)"));
        assert_eq!(error, Err(MathError::Function(name.into())));
    }
    assert!(Expression::parse("sum(m1)").is_err(), "functions are in capitals");
}

#[test]
fn a_result_must_be_a_series() {
    assert_eq!(result(&[("m1", "1")], "SUM(m1)"), Err(MathError::Scalar("e".into())));
    assert_eq!(result(&[("m1", "1")], "5 > 3"), Err(MathError::Scalar("e".into())));
    assert_eq!(result(&[("m1", "1")], "[m1, m1]"), Err(MathError::Several("e".into())));
    assert_eq!(check_lines(&[metric("m1", MINUTE), expression("e", "[m1]")], "e"), Ok(()));
}

#[test]
fn operands_outside_of_awss_tables_are_refused() {
    refused("[m1, m2] + [m1, m2]", "+ does not take an array");
    refused("SUM([m1, m2] > 1)", "> does not take an array of series and a number");
    refused("MAX([m1, 0])", "an array takes series");
    refused("IF(1, 2, 3)", "IF takes");
    refused("IF(1, m1, 3)", "IF takes");
    refused("IF([m1], m1, m2)", "IF takes");
    refused("IF(m1, [m1], m2)", "IF takes");
    refused("IF(m1)", "IF takes");
    refused("m1 - SUM(3)", "SUM takes");
    refused("ABS(3) * m1", "ABS takes");
    refused("TIME_SERIES(m1)", "TIME_SERIES takes");
    refused("m1 / PERIOD(m1 + m2)", "PERIOD takes");
    refused("SUM(METRICS(m1))", "METRICS takes");
    refused("m1 + \"text\"", "a number, an id");
}

#[test]
fn what_has_no_agreed_order_needs_parentheses() {
    refused("m1 < m2 < 3", "parentheses");
    refused("m1 ^ 2 ^ 3", "parentheses");
}

#[test]
fn syntax_errors_say_where() {
    let cases = [
        ("", "expected at 0, not the end"),
        ("m1 +", "expected at 4, not the end"),
        ("m1 m2", "expected at 3, not m2"),
        ("(m1", "expected at 3, not the end"),
        ("m1)", "expected at 2, not )"),
        ("[m1", "expected at 3"),
        ("[]", "expected at 1, not ]"),
        ("1e3", "expected at 1, not e3"),
        ("1.2.3", "'1' at 0 means nothing"),
        ("m1 % 2", "'%' at 3 means nothing"),
        ("m1 = 2", "'=' at 3 means nothing"),
        ("SUM(METRICS(\"a)", "begins at 12"),
        ("AND", "AND"),
    ];
    for (text, why) in cases {
        let error = Expression::parse(text).expect_err(text).to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn too_long_and_too_deep_is_refused() {
    assert_eq!(Expression::parse(&"1+".repeat(1025)), Err(MathError::TooLong(2050)));
    assert_eq!(Expression::parse(&"(".repeat(2000)), Err(MathError::TooDeep));
    assert_eq!(Expression::parse(&"-".repeat(2000)), Err(MathError::TooDeep));
    assert!(Expression::parse(&format!("m1{}", "+1".repeat(1000))).is_ok());
}

#[test]
fn ids_must_exist_and_must_not_need_themselves() {
    refused("m3", "no metric or expression has the id m3");
    refused("e + 1", "needs its own result");
    let queries = [expression("a", "b"), expression("b", "c"), expression("c", "a")];
    assert!(matches!(check(&queries, "a"), Err(MathError::Circle(_))));
    assert_eq!(check(&queries, "d"), Err(MathError::Unknown("d".into())));
}

#[test]
fn metrics_of_different_periods_do_not_meet() {
    let queries = [metric("m1", MINUTE), metric("m2", MINUTE * 5), expression("e", "m1 + f"), expression("f", "m2")];
    assert_eq!(check(&queries, "e"), Err(MathError::Periods("e".into())));
    assert_eq!(check(&queries, "f"), Ok(()));
}
