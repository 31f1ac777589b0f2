//! What AWS's page shows, and what follows from its sentences.

use super::super::lines;
use super::{comes_to, expression, literal, metric, minute, values};

const COMPARED: [(&str, &str); 2] = [("metric1", "30 20 0 0"), ("metric2", "20 - 20 -")];

#[test]
fn comparisons_as_in_awss_table() {
    comes_to(&COMPARED, "metric1 < metric2", "0 0 1 0");
    comes_to(&COMPARED, "(metric1 >= 30)", "1 0 0 0");
    comes_to(&COMPARED, "metric1 > 15 AND metric2 > 15", "1 0 0 0");
    comes_to(&COMPARED, "metric1 > 15 && metric2 > 15 || metric1 == 20", "1 1 0 0");
    comes_to(&COMPARED, "metric1 != metric2 OR metric2 <= 0", "1 1 1 0");
}

const CHOSEN: [(&str, &str); 3] = [("metric1", "1 1 0 0 -"), ("metric2", "30 - 0 0 30"), ("metric3", "0 0 20 - 20")];

#[test]
fn if_as_in_awss_three_tables() {
    comes_to(&CHOSEN, "IF(metric1, metric2, metric3)", "30 0 20 - -");
    comes_to(&CHOSEN, "IF(metric1, 5, metric3)", "5 5 20 - -");
    comes_to(&CHOSEN, "IF(metric1, metric2, 5)", "30 0 5 5 -");
}

#[test]
fn if_without_a_second_result_leaves_false_points_out() {
    comes_to(&CHOSEN, "IF(metric1, metric2)", "30 0 - - -");
    comes_to(&[("m1", "300 500 100")], "IF(m1<400, m1)", "300 - 100");
    comes_to(&[("m1", "300 500 -1")], "IF(m1, 10, 2)", "10 10 10");
}

#[test]
fn if_on_a_number_takes_one_series_whole() {
    comes_to(&CHOSEN, "IF(1, metric2, metric3)", "30 - 0 0 30");
    comes_to(&CHOSEN, "IF(SUM(metric1) > 2, metric2, metric3)", "0 0 20 - 20");
    comes_to(&CHOSEN, "IF(0, metric2)", "- - - - -");
}

#[test]
fn a_missing_value_is_0_beside_another_series_and_missing_alone() {
    comes_to(&[("m1", "5 - 2 -"), ("m2", "1 4 - -")], "m1 - m2", "4 -4 2 -");
    comes_to(&[("m1", "5 - 2 -"), ("m2", "- - - -")], "m1 + m2", "5 - 2 -");
    comes_to(&[("m1", "5 - 2")], "m1 + 1", "6 - 3");
}

#[test]
fn a_division_by_zero_leaves_the_point_out() {
    comes_to(&[("e1", "1 0 3 2"), ("n", "4 0 - 8")], "100 * e1 / n", "25 - - 25");
    comes_to(&[("e1", "1 0 3 2"), ("n", "4 0 - 8")], "IF(n > 0, 100 * e1 / n, 0)", "25 0 - 25");
    comes_to(&[("m1", "1 2")], "m1 / (1 - 1)", "- -");
}

#[test]
fn operators_bind_as_usual() {
    comes_to(&[("m1", "1 2 3")], "1 + m1 * 2 ^ 2 - -m1 / 2", "5.5 10 14.5");
    comes_to(&[("m1", "3 2")], "-m1 ^ 2", "-9 -4");
    comes_to(&[("m1", "8 2")], "m1 - 1 - 1", "6 0");
    comes_to(&[("m1", "8 2")], "m1 / 2 / 2", "2 0.5");
    comes_to(&[("m1", "4 0 1")], "m1 ^ -1", "0.25 - 1");
}

#[test]
fn one_series_comes_to_a_number_and_an_array_to_a_series() {
    let series = [("m1", "1 - 3"), ("m2", "5 6 -")];
    comes_to(&series, "m1 - AVG(m1)", "-1 - 1");
    comes_to(&series, "m2 / MAX(m1) * MIN(m1) + SUM(m2) * 0", "1.6666666666666667 2 -");
    comes_to(&series, "SUM([m1, m2])", "6 6 3");
    comes_to(&series, "AVG([m1, m2])", "3 3 1.5");
    comes_to(&series, "MAX([m1, m2])", "5 6 3");
    comes_to(&series, "MIN(METRICS())", "1 6 3");
    comes_to(&series, "AVG([m1,m2]/m2)", "0.6 0.5 -");
    comes_to(&series, "SUM(-[m1, m2])", "-6 -6 -3");
    comes_to(&[("m1", "- -")], "TIME_SERIES(SUM(m1)) + TIME_SERIES(MAX(m1))", "0 0");
}

#[test]
fn metrics_stands_for_the_metrics_whose_id_has_the_text() {
    let series = [("errors_a", "1 2"), ("errors_b", "3 -"), ("requests", "10 10")];
    comes_to(&series, r#"SUM(METRICS("errors"))/SUM(METRICS("requests"))*100"#, "40 20");
    comes_to(&series, r#"SUM([METRICS("_a"), METRICS("_b")])"#, "4 2");
    comes_to(&series, "SUM(METRICS()) - requests", "4 2");
}

#[test]
fn functions_point_by_point() {
    comes_to(&[("m1", "-1.5 - 2.5")], "ABS(m1)", "1.5 - 2.5");
    comes_to(&[("m1", "-1.5 - 2.5")], "CEIL(m1)", "-1 - 3");
    comes_to(&[("m1", "-1.5 - 2.5")], "FLOOR(m1)", "-2 - 2");
    comes_to(&[("m1", "1 4 - 9")], "DIFF(m1)", "- 3 - 5");
    comes_to(&[("m1", "1 4 - 9")], "RUNNING_SUM(m1)", "1 5 - 14");
    comes_to(&[("m1", "120 60")], "m1 / PERIOD(m1)", "2 1");
    comes_to(&[("m1", "1 - 2 - 4")], "TIME_SERIES(10)", "10 10 10 10 10");
}

#[test]
fn expressions_use_each_other_in_any_order() {
    let (mut queries, data) = literal(&[("m1", "1 2"), ("m2", "4 4")]);
    queries.insert(0, expression("e2", "e1 * 100"));
    queries.push(expression("e1", "m1 / m2"));
    let points = values(&queries, "e2", &data, minute(0), minute(2));
    assert_eq!(points, Ok(vec![(minute(0), 25.0), (minute(1), 50.0)]));
}

#[test]
fn a_thousand_expressions_in_a_row_do_not_exhaust_the_stack() {
    let (mut queries, data) = literal(&[("e0", "1")]);
    queries.extend((1..1000).map(|at| expression(&format!("e{at}"), &format!("e{} + 1", at - 1))));
    assert_eq!(values(&queries, "e999", &data, minute(0), minute(1)), Ok(vec![(minute(0), 1000.0)]));
}

#[test]
fn a_series_over_time_has_the_period_of_the_metrics_beside_it() {
    let five = std::time::Duration::from_secs(300);
    let (_, data) = literal(&[]);
    let queries = [metric("m1", five), expression("e", "m1 * 0 + TIME_SERIES(7)")];
    let points = values(&queries, "e", &data, minute(2), minute(11));
    assert_eq!(points, Ok(vec![(minute(0), 7.0), (minute(5), 7.0), (minute(10), 7.0)]));
}

#[test]
fn an_array_makes_a_line_for_each_of_its_metrics() {
    let (mut queries, data) = literal(&[("m1", "1"), ("m2", "2")]);
    queries.push(expression("e", "METRICS() * 10"));
    let lines = lines(&queries, "e", &data, minute(0), minute(1)).expect("two lines");
    let shown: Vec<_> = lines.iter().map(|line| (line.member.as_deref(), line.points[0].1)).collect();
    assert_eq!(shown, [(Some("m1"), 10.0), (Some("m2"), 20.0)]);
}
