//! Documents whole and broken.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::template::Statistic;

const RECEIVED: i64 = 1_574_109_732_004;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).expect("in range")
}

fn extracted(text: &str) -> Extraction {
    // The clock starts now, so that everything before is the machine's time.
    extract(text, "/aws/lambda/f", at(RECEIVED), &Clock::starting_now(1))
}

fn shown(datum: &Datum) -> String {
    let MetricName { namespace, name, dimensions } = &datum.metric;
    format!("{namespace} {name} {dimensions:?} {} {} @{}", datum.value, datum.unit, datum.at.as_millisecond())
}

/// AWS's own example, with changes.
fn document(change: impl FnOnce(&mut Value)) -> String {
    let mut document = json!({
        "_aws": {
            "Timestamp": RECEIVED,
            "CloudWatchMetrics": [{
                "Namespace": "lambda-function-metrics",
                "Dimensions": [["functionVersion"]],
                "Metrics": [{ "Name": "time", "Unit": "Milliseconds" }]
            }]
        },
        "functionVersion": "$LATEST",
        "time": 100,
        "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee"
    });
    change(&mut document);
    document.to_string()
}

fn directive(document: &mut Value) -> &mut Value {
    &mut document["_aws"]["CloudWatchMetrics"][0]
}

#[track_caller]
fn faulty(text: &str, name: &str, why: &str) {
    let Extraction { data, faults } = extracted(text);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].to_string().contains(why), "{faults:?}");
    let counted = format!(r#"AWS/Logs {name} {{"LogGroupName": "/aws/lambda/f"}} 1 None @{RECEIVED}"#);
    assert_eq!(data.iter().map(shown).collect::<Vec<_>>(), [counted]);
}

#[track_caller]
fn unparsable(text: &str, why: &str) {
    faulty(text, "EMFParsingErrors", why);
}

#[track_caller]
fn invalid(change: impl FnOnce(&mut Value), why: &str) {
    faulty(&document(change), "EMFValidationErrors", why);
}

#[test]
fn awss_example_is_one_value() {
    let Extraction { data, faults } = extracted(&document(|_| {}));
    assert_eq!(faults, []);
    let expected =
        format!(r#"lambda-function-metrics time {{"functionVersion": "$LATEST"}} 100 Milliseconds @{RECEIVED}"#);
    assert_eq!(data.iter().map(shown).collect::<Vec<_>>(), [expected]);
}

#[test]
fn every_value_counts_under_every_set_of_every_directive() {
    let text = document(|document| {
        document["time"] = json!([1, 2.5]);
        document["stage"] = json!("dev");
        directive(document)["Dimensions"] = json!([["functionVersion", "stage"], []]);
        let second = json!({ "Namespace": "B", "Dimensions": [["stage"]], "Metrics": [{ "Name": "time" }] });
        document["_aws"]["CloudWatchMetrics"].as_array_mut().expect("an array").push(second);
    });
    let Extraction { data, faults } = extracted(&text);
    assert_eq!(faults, []);
    let shown: Vec<_> = data.iter().map(|datum| (datum.metric.dimensions.len(), datum.value, datum.unit)).collect();
    let unit = "Milliseconds";
    assert_eq!(
        shown,
        [(2, 1.0, unit), (2, 2.5, unit), (0, 1.0, unit), (0, 2.5, unit), (1, 1.0, "None"), (1, 2.5, "None")]
    );
}

#[test]
fn other_lines_are_left_alone() {
    let lines = [
        "",
        "START RequestId: 1",
        r#"{"level":"INFO","message":"hello"}"#,
        r#"{"message":"{\"_aws\":{\"CloudWatchMetrics\":[]}}"}"#,
        r#"{"CloudWatchMetrics":[]}"#,
        r#"["_aws", {"CloudWatchMetrics": 1}]"#,
    ];
    for line in lines {
        assert_eq!(extracted(line), Extraction::default(), "{line}");
    }
}

#[test]
fn what_has_not_the_form_is_a_parsing_error() {
    let whole = document(|_| {});
    unparsable(&whole[..whole.len() - 1], "no JSON object");
    unparsable(&format!("{whole} trailing"), "no JSON object");
    unparsable(&document(|document| document["_aws"]["Timestamp"] = json!("now")), "Timestamp");
    unparsable(&document(|document| document["_aws"]["Timestamp"] = json!(1.5)), "Timestamp");
    unparsable(
        &document(|document| document["_aws"]["CloudWatchMetrics"] = json!({})),
        "CloudWatchMetrics is no array",
    );
    unparsable(&document(|document| directive(document)["Namespace"] = json!(5)), "Namespace is no text");
    unparsable(&document(|document| directive(document)["Dimensions"] = json!(["a"])), "a member of Dimensions");
    unparsable(&document(|document| directive(document)["Metrics"] = json!([{}])), "Name is no text");
    unparsable(&document(|document| document["text"] = json!("a".repeat(LONGEST))), "longer than");
}

#[test]
fn names_and_units_have_limits() {
    invalid(|document| directive(document)["Namespace"] = json!(""), "namespace");
    invalid(|document| directive(document)["Namespace"] = json!("AWS/Lambda"), "belongs to AWS");
    invalid(|document| directive(document)["Namespace"] = json!("a".repeat(256)), "namespace");
    invalid(|document| directive(document)["Metrics"][0]["Name"] = json!(""), "name of a metric");
    invalid(|document| directive(document)["Metrics"][0]["Unit"] = json!("ms"), "not a unit");
    invalid(|document| directive(document)["Metrics"][0]["StorageResolution"] = json!(30), "StorageResolution");
    invalid(|document| document["functionVersion"] = json!("a".repeat(1025)), "functionVersion");
    invalid(|document| document["functionVersion"] = json!(" "), "functionVersion");
    invalid(|document| document["functionVersion"] = json!("é"), "functionVersion");
}

#[test]
fn a_second_is_a_resolution_too() {
    for resolution in [1, 60] {
        let text = document(|document| directive(document)["Metrics"][0]["StorageResolution"] = json!(resolution));
        assert_eq!(extracted(&text).faults, []);
    }
}

#[test]
fn members_that_are_referred_to_must_be_there() {
    invalid(|document| document["time"] = json!("100"), "no number");
    invalid(|document| document["time"] = json!([1, null]), "no number");
    invalid(|document| document["time"] = json!(1e200), "no number");
    invalid(|document| document["functionVersion"] = json!(5), "no text");
    invalid(|document| drop(document.as_object_mut().map(|root| root.remove("time"))), "not at the root");
    invalid(|document| directive(document)["Dimensions"] = json!([["other"]]), "other is no text");
}

#[test]
fn counts_have_limits() {
    invalid(|document| document["time"] = json!(vec![1; 101]), "more than 100 values");
    invalid(
        |document| directive(document)["Metrics"] = json!(vec![json!({"Name": "time"}); 101]),
        "more than 100 metrics",
    );
    let keys: Vec<String> = (0..31).map(|key| format!("k{key}")).collect();
    invalid(|document| directive(document)["Dimensions"] = json!([keys]), "more than 30 dimensions");
    assert_eq!(extracted(&document(|document| document["time"] = json!(vec![1; 100]))).data.len(), 100);
}

#[test]
fn a_time_long_ago_or_ahead_is_invalid_and_one_between_is_kept() {
    let (hour, day) = (3_600_000, 86_400_000);
    let with = |ms: i64| document(|document| document["_aws"]["Timestamp"] = json!(ms));
    assert_eq!(extracted(&with(RECEIVED - 14 * day)).data[0].at, at(RECEIVED - 14 * day));
    assert_eq!(extracted(&with(RECEIVED + 2 * hour)).data[0].at, at(RECEIVED + 2 * hour));
    invalid(|document| document["_aws"]["Timestamp"] = json!(RECEIVED - 14 * day - 1), "two weeks");
    invalid(|document| document["_aws"]["Timestamp"] = json!(RECEIVED + 2 * hour + 1), "two hours");
    invalid(|document| document["_aws"]["Timestamp"] = json!(i64::MAX), "range");
}

#[test]
fn an_invalid_metric_does_not_take_the_others_with_it() {
    let text = document(|document| {
        directive(document)["Metrics"] = json!([{ "Name": "time" }, { "Name": "gone" }, { "Name": "lost" }]);
    });
    let Extraction { data, faults } = extracted(&text);
    assert_eq!(faults.len(), 2);
    let names: Vec<_> = data.iter().map(|datum| (datum.metric.name.as_str(), datum.value)).collect();
    assert_eq!(names, [("time", 100.0), ("EMFValidationErrors", 2.0)]);
}

#[test]
fn the_documents_time_is_brought_to_the_clock() {
    let clock = Clock::starting_now(60);
    let machine = Timestamp::now() + SignedDuration::from_secs(30);
    let text = document(|document| document["_aws"]["Timestamp"] = json!(machine.as_millisecond()));
    let data = extract(&text, "g", clock.at(machine), &clock).data;
    let off = data[0].at.duration_since(clock.at(machine)).abs();
    assert!(off < SignedDuration::from_secs(1), "{off}");
}

#[test]
fn values_reach_their_metric() {
    let metrics = crate::cloudwatch::Metrics::default();
    extracted(&document(|document| document["time"] = json!([1, 2, 3])))
        .data
        .into_iter()
        .for_each(|datum| metrics.put(datum));
    let metric = &metrics.list()[0].metric;
    let minute = std::time::Duration::from_secs(60);
    let points = metrics.series(metric, Statistic::Sum, minute, at(RECEIVED), at(RECEIVED + 1));
    assert_eq!(points.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [6.0]);
}

/// Fractions that have few digits: of many, serde_json reads the last bit differently than the language does.
fn eighths() -> impl Strategy<Value = f64> {
    (-8_000_000_i32..8_000_000).prop_map(|eighths| f64::from(eighths) / 8.0)
}

proptest! {
    #[test]
    fn no_line_panics(text in "\\{.{0,80}\"CloudWatchMetrics\".{0,80}") {
        let _ = extracted(&text);
    }

    #[test]
    fn no_document_cut_anywhere_panics(cut in 0_usize..400) {
        let whole = document(|_| {});
        let _ = extracted(&whole[..cut.min(whole.len())]);
    }

    #[test]
    fn valid_documents_give_exactly_their_values(
        metrics in prop::collection::btree_map("[A-Z][a-z]{1,8}", prop::collection::vec(eighths(), 1..=100), 1..8),
        sets in prop::collection::vec(prop::collection::btree_map("[a-z]{1,8}", "[a-z0-9-]{1,16}", 0..5), 1..4),
    ) {
        let mut root = serde_json::Map::new();
        // A key that two sets have has one value.
        let values: BTreeMap<_, _> = sets.iter().flatten().collect();
        root.extend(values.iter().map(|(key, value)| ((*key).clone(), json!(value))));
        root.extend(metrics.iter().map(|(name, values)| (name.clone(), json!(values))));
        let definitions: Vec<_> = metrics.keys().map(|name| json!({ "Name": name, "Unit": "Count" })).collect();
        let keys: Vec<Vec<_>> = sets.iter().map(|set| set.keys().collect()).collect();
        root.insert("_aws".into(), json!({
            "Timestamp": RECEIVED,
            "CloudWatchMetrics": [{ "Namespace": "N", "Dimensions": keys, "Metrics": definitions }]
        }));
        let Extraction { data, faults } = extracted(&serde_json::Value::from(root).to_string());
        prop_assert_eq!(faults, vec![]);
        let mut expected = Vec::new();
        for (name, numbers) in &metrics {
            for set in &sets {
                let dimensions: BTreeMap<_, _> = set.keys().map(|key| (key.clone(), values[key].clone())).collect();
                expected.extend(numbers.iter().map(|number| (name.clone(), dimensions.clone(), *number)));
            }
        }
        let found = data.into_iter().map(|datum| (datum.metric.name, datum.metric.dimensions, datum.value));
        prop_assert_eq!(found.collect::<Vec<_>>(), expected);
    }
}
