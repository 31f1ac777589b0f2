//! Bodies of dashboards, whole and refused.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;

use super::super::{Datum, Metrics};
use super::*;
use crate::template::MetricName;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(minute * 60).expect("in range")
}

/// Two functions: 1, 2, 3, ... errors a minute, and 10 invocations.
fn data() -> Metrics {
    let metrics = Metrics::default();
    for (function, name) in [("f", "Errors"), ("g", "Errors"), ("f", "Invocations"), ("g", "Invocations")] {
        let dimensions = BTreeMap::from([("FunctionName".to_owned(), function.to_owned())]);
        let metric = MetricName { namespace: "AWS/Lambda".into(), name: name.into(), dimensions };
        for minute in 0..10_i32 {
            let value = if name == "Errors" { f64::from(minute + 1) } else { 10.0 };
            metrics.put(Datum { metric: metric.clone(), unit: "Count", at: at(i64::from(minute)), value });
        }
    }
    metrics
}

fn widget(properties: Value) -> Value {
    json!({ "type": "metric", "properties": properties })
}

fn drawn(widgets: Value) -> Vec<Value> {
    let dashboard = Dashboard { logical_id: "D".into(), name: "d".into(), body: json!({ "widgets": widgets }) };
    let page = render(&dashboard, &data(), at(0), at(10)).expect("drawn");
    assert_eq!(page["name"], "d");
    page["widgets"].as_array().expect("an array").clone()
}

/// Label and values of every line of a chart.
fn series(properties: Value) -> Vec<(String, Vec<f64>)> {
    let chart = drawn(json!([widget(properties)])).remove(0);
    let value = |point: &Value| point[1].as_f64().expect("a number");
    let line = |line: &Value| {
        let points = line["points"].as_array().expect("an array");
        (line["label"].as_str().expect("text").to_owned(), points.iter().map(value).collect())
    };
    chart["series"].as_array().expect("an array").iter().map(line).collect()
}

#[track_caller]
fn refused(body: Value, message: &str) {
    let error = check(&body).expect_err(message).to_string();
    assert!(error.contains(message), "{error}");
}

#[track_caller]
fn refused_chart(properties: Value, message: &str) {
    let mut all = json!({ "region": "eu-west-1", "metrics": [["AWS/Lambda", "Errors"]] });
    all.as_object_mut().expect("an object").extend(properties.as_object().expect("an object").clone());
    refused(json!({ "widgets": [widget(all)] }), message);
}

#[test]
fn a_chart_has_everything_that_the_console_draws() {
    let chart = drawn(json!([{
        "type": "metric", "x": 6, "y": 2, "width": 12, "height": 3,
        "properties": {
            "title": "Errors", "region": "eu-west-1", "view": "singleValue", "stacked": true, "stat": "Sum", "period": 300,
            "yAxis": { "left": { "label": "per 5 min", "min": 0, "showUnits": false }, "right": { "max": 1 } },
            "metrics": [["AWS/Lambda", "Errors", "FunctionName", "f", { "color": "#d62728", "yAxis": "right", "label": "f" }]],
            "annotations": {
                "horizontal": [
                    { "value": 20, "label": "threshold", "color": "#9467bd", "fill": "above", "yAxis": "right" },
                    { "value": 1, "visible": false },
                    [{ "value": 200, "color": "#aaa" }, { "value": 95.5, "label": "bottom" }],
                ],
                "vertical": [{ "value": "1970-01-01T00:05:00Z", "label": "deployed" }],
            },
        },
    }]));
    assert_eq!(
        chart,
        [json!({
            "type": "metric", "x": 6, "y": 2, "width": 12, "height": 3, "title": "Errors", "view": "singleValue",
            "stacked": true, "left_label": "per 5 min", "right_label": null, "markdown": null, "alarms": [], "query": null,
            "series": [{ "label": "f", "color": "#d62728", "axis": "right", "points": [[0, 15.0], [300_000, 40.0]] }],
            "annotations": [
                { "label": "threshold", "value": 20.0, "at_ms": null, "color": "#9467bd" },
                { "label": null, "value": 200.0, "at_ms": null, "color": "#aaa" },
                { "label": "bottom", "value": 95.5, "at_ms": null, "color": "#aaa" },
                { "label": "deployed", "value": null, "at_ms": 300_000, "color": null },
            ],
        })]
    );
}

#[test]
fn text_alarms_and_logs_are_handed_on() {
    let arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:wild-rydes-dev-api-latency";
    let widgets = drawn(json!([
        { "type": "text", "properties": { "markdown": "# Hello", "background": "transparent" } },
        { "type": "alarm", "properties": { "title": "Alarms", "alarms": [arn], "sortBy": "timestamp" } },
        { "type": "log", "properties": { "title": "Errors", "region": "r", "query": "SOURCE 'a' | limit 5" } },
    ]));
    assert_eq!((&widgets[0]["type"], &widgets[0]["markdown"]), (&json!("text"), &json!("# Hello")));
    assert_eq!(
        (&widgets[1]["title"], &widgets[1]["alarms"]),
        (&json!("Alarms"), &json!(["wild-rydes-dev-api-latency"]))
    );
    assert_eq!((&widgets[2]["query"], &widgets[2]["view"]), (&json!("SOURCE 'a' | limit 5"), &json!("table")));
}

#[test]
fn widgets_without_a_place_go_beside_and_then_below_the_others() {
    let text = |width: u64| json!({ "type": "text", "width": width, "properties": { "markdown": "" } });
    let widgets = drawn(json!([text(12), text(8), text(6), text(6)]));
    let places: Vec<_> = widgets.iter().map(|widget| json!([widget["x"], widget["y"], widget["height"]])).collect();
    assert_eq!(json!(places), json!([[0, 0, 6], [12, 0, 6], [0, 6, 6], [6, 6, 6]]));
}

#[test]
fn rows_may_repeat_what_stands_above_them() {
    let found = series(json!({
        "region": "r", "stat": "Sum", "period": 600,
        "metrics": [
            ["AWS/Lambda", "Errors", "FunctionName", "f"],
            [".", ".", ".", "g"],
            [".", "Invocations", ".", ".", { "stat": "SampleCount" }],
            ["...", "f", { "label": "calls of f" }],
        ],
    }));
    let expected = [("Errors f", 55.0), ("Errors g", 55.0), ("Invocations g", 10.0), ("calls of f", 100.0)];
    assert_eq!(found, expected.map(|(label, value)| (label.to_owned(), vec![value])));
}

#[test]
fn expressions_use_hidden_rows_and_arrays_make_several_lines() {
    let found = series(json!({
        "region": "r", "stat": "Sum", "period": 300,
        "metrics": [
            [{ "expression": "IF(n > 0, 100 * e / n, 0)", "label": "errors in %", "id": "rate" }],
            ["AWS/Lambda", "Errors", "FunctionName", "f", { "id": "e", "visible": false }],
            [".", "Invocations", ".", ".", { "id": "n", "visible": false }],
            [{ "expression": "METRICS() / 5", "label": "a minute:" }],
        ],
    }));
    let expected = [
        ("errors in %", vec![30.0, 80.0]),
        ("a minute: Errors", vec![3.0, 8.0]),
        ("a minute: Invocations", vec![10.0, 10.0]),
    ];
    assert_eq!(found, expected.map(|(label, values)| (label.to_owned(), values)));
}

#[test]
fn defaults_are_awss() {
    let metrics = json!([["AWS/Lambda", "Errors", "FunctionName", "f"], [".", ".", ".", ".", { "stat": "p50" }]]);
    let found = series(json!({ "region": "r", "metrics": metrics }));
    let labels = ["Errors f Average", "Errors f p50"];
    assert_eq!(found, labels.map(|label| (label.to_owned(), vec![3.0, 8.0])));
}

#[test]
fn what_the_lab_does_not_know_is_named_with_the_way_to_it() {
    let text = json!({ "type": "text", "properties": { "markdown": "" } });
    refused(json!([]), "is no object");
    refused(json!({}), "widgets: is missing");
    refused(json!({ "widgets": [], "variables": [1] }), "variables: are not known");
    refused(json!({ "widgets": [], "theme": 1 }), "theme: is not known");
    refused(json!({ "widgets": [text, { "type": "explorer", "properties": {} }] }), "widgets[1].type: \"explorer\"");
    refused(json!({ "widgets": [{ "type": "text" }] }), "widgets[0].properties: is missing");
    refused(json!({ "widgets": [{ "type": "text", "x": 1, "properties": { "markdown": "" } }] }), "widgets[0].y");
    refused(
        json!({ "widgets": [{ "type": "text", "x": 20, "y": 0, "properties": { "markdown": "" } }] }),
        "24 columns",
    );
    refused(json!({ "widgets": [{ "type": "alarm", "properties": { "alarms": ["name"] } }] }), "alarms[0]: is no ARN");
    refused(json!({ "widgets": [{ "type": "alarm", "properties": { "alarms": [] } }] }), "from 1 to 100");
    refused(json!({ "widgets": [widget(json!({ "metrics": [] }))] }), "region: is missing");
    refused(json!({ "widgets": [widget(json!({ "region": "r" }))] }), "metrics: is missing");
}

#[test]
fn what_a_chart_cannot_be_is_named() {
    refused_chart(json!({ "accountId": "1" }), "widgets[0].properties.accountId: is not known");
    refused_chart(json!({ "setPeriodToTimeRange": true }), "setPeriodToTimeRange");
    refused_chart(json!({ "view": "cake" }), "view: \"cake\" is not one of timeSeries");
    refused_chart(json!({ "stat": "tm90" }), "stat: \"tm90\" is not a statistic");
    refused_chart(json!({ "stat": "p101" }), "\"p101\"");
    refused_chart(json!({ "period": 10 }), "period");
    refused_chart(json!({ "period": 90 }), "multiple of 60");
    refused_chart(json!({ "yAxis": { "left": { "unit": 1 } } }), "yAxis.left.unit");
    refused_chart(json!({ "annotations": { "alarms": ["a"] } }), "annotations.alarms");
    refused_chart(json!({ "annotations": { "vertical": [{ "value": "noon" }] } }), "annotations.vertical[0].value");
    refused_chart(json!({ "annotations": { "horizontal": [[{ "value": 1 }]] } }), "without two edges");
}

#[test]
fn what_a_row_cannot_be_is_named() {
    let row = |row: Value, message| refused_chart(json!({ "metrics": [row] }), message);
    row(json!("AWS/Lambda"), "metrics[0]: is no array");
    row(json!(["AWS/Lambda"]), "no namespace and name");
    row(json!(["AWS/Lambda", "Errors", "FunctionName"]), "a dimension without a value");
    row(json!([".", "Errors"]), "nothing above it");
    row(json!(["...", "f"]), "longer than the row");
    row(json!([{ "label": "empty" }]), "no namespace and name");
    row(json!(["A", 1]), "other than text");
    row(json!(["A", "B", { "expression": "m1" }]), "a metric and an expression");
    row(json!(["A", "B", { "id": "M1" }]), "metrics[0].id");
    row(json!(["A", "B", { "color": "red" }]), "metrics[0].color");
    row(json!(["A", "B", { "color": "#12345g" }]), "metrics[0].color");
    row(json!(["A", "B", { "label": "${LABEL}" }]), "dynamic");
    row(json!(["A", "B", { "accountId": "1" }]), "metrics[0].accountId");
    row(json!([{ "expression": "SEARCH('{A} B', 'Sum')" }]), "metrics[0]: the function SEARCH");
    row(json!([{ "expression": "m1" }]), "no metric or expression has the id m1");
    let twice = json!([["A", "B", { "id": "m" }], ["A", "C", { "id": "m" }]]);
    refused_chart(json!({ "metrics": twice }), "metrics[1]: has the id m of another row");
}

#[test]
fn statistics_have_the_names_of_cloudwatch() {
    use crate::template::Statistic;
    assert_eq!(Statistic::named("p99.9"), Some(Statistic::Percentile(99.9)));
    assert_eq!(Statistic::named("Sum"), Some(Statistic::Sum));
    for name in ["sum", "p", "pinf", "p-1", "p100.1", "IQM", "PR(:300)", ""] {
        assert_eq!(Statistic::named(name), None, "{name}");
    }
}

/// Any JSON that has the words of a dashboard.
fn bodies() -> impl Strategy<Value = Value> {
    let word =
        prop::sample::select(vec![".", "...", "AWS/Lambda", "metric", "text", "m1", "Sum", "#fff", "SUM(METRICS())"]);
    let leaf = prop_oneof![
        word.prop_map(Value::from),
        (0_u64..400).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    let key = prop::sample::select(vec![
        "widgets",
        "type",
        "properties",
        "metrics",
        "region",
        "annotations",
        "horizontal",
        "value",
        "expression",
        "id",
        "x",
        "y",
        "width",
        "period",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let array = prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from);
        let object = prop::collection::vec((key.clone(), inner), 0..5);
        let object =
            object.prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
        prop_oneof![array, object]
    })
}

proptest! {
    #[test]
    fn no_body_panics(body in bodies(), rows in bodies()) {
        let _ = check(&body);
        let chart = json!({ "region": "r", "metrics": [rows.clone()], "annotations": rows });
        let _ = check(&json!({ "widgets": [body, widget(chart)] }));
    }

    #[test]
    fn no_row_panics(rows in prop::collection::vec(prop::collection::vec("[.a]{1,3}", 0..6), 0..4)) {
        let _ = check(&json!({ "widgets": [widget(json!({ "region": "r", "metrics": rows }))] }));
    }

    #[test]
    fn a_period_holds_what_its_minutes_hold(minutes in 1_u64..12) {
        let metric = data().list()[0].metric.clone();
        let period = Duration::from_secs(minutes * 60);
        let points = data().series(&metric, crate::template::Statistic::Sum, period, at(0), at(10));
        prop_assert_eq!(points.iter().map(|(_, sum)| sum).sum::<f64>(), 55.0);
    }
}
