use super::*;
use crate::config::Environment;
use crate::telemetry::subscriber;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[path = "../../../tests/emf/mod.rs"]
mod emf;

/// What the log of a process holds after `work`, in an environment that adds these variables.
fn written_where(variables: &[(&'static str, &'static str)], work: impl FnOnce()) -> String {
    let lines = Arc::new(Mutex::new(String::new()));
    let sink = Arc::clone(&lines);
    let environment: Environment = [("STAGE", "dev")].iter().chain(variables).copied().collect();
    let log = subscriber("moody", &environment, move |line| sink.lock().expect("one thread").push_str(line));
    tracing::subscriber::with_default(log, work);
    let text = lines.lock().expect("one thread");
    text.clone()
}

fn documents(work: impl FnOnce()) -> Vec<Value> {
    emf::documents(&written_where(&[], work))
}

/// All values of a metric.
fn values(documents: &[Value], name: &str) -> Vec<f64> {
    let of = |document: &Value| match document.get(name) {
        Some(Value::Array(values)) => values.clone(),
        Some(value) => vec![value.clone()],
        None => Vec::new(),
    };
    documents.iter().flat_map(of).filter_map(|value| value.as_f64()).collect()
}

#[test]
fn a_request_has_one_line_for_each_thing_it_is_about() {
    let documents = documents(|| {
        let recorder = Recorder::default();
        recorder.record(REQUEST_LATENCY, OfService, Duration::from_micros(12_345));
        recorder.call("ssm", Duration::from_millis(3), false, 0);
        recorder.call("dynamodb", Duration::from_millis(7), true, 2);
        recorder.call("ssm", Duration::from_millis(5), false, 1);
        recorder.record(COLD_START, OfService, 1);
        recorder.flush();
        recorder.flush(); // has nothing left to say
    });
    assert_eq!(documents.len(), 3);
    let [own, ssm, dynamodb] = documents.as_slice() else { panic!("{documents:?}") };
    assert_eq!((&own["RequestLatency"], &own["ColdStart"]), (&json!(12.345), &json!(1)));
    let directive = &own["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(
        (&directive["Namespace"], &directive["Dimensions"]),
        (&json!("WildRydes"), &json!([["service", "stage"]]))
    );
    let units = json!([{"Name": "RequestLatency", "Unit": "Milliseconds"}, {"Name": "ColdStart", "Unit": "Count"}]);
    assert_eq!(directive["Metrics"], units);
    assert_eq!((&ssm["dependency"], &ssm["DependencyLatency"]), (&json!("ssm"), &json!([3.0, 5.0])));
    assert_eq!((&ssm["DependencyErrors"], &ssm["Retries"]), (&json!([0, 0]), &json!([0, 1])));
    assert_eq!((&dynamodb["dependency"], &dynamodb["DependencyErrors"]), (&json!("dynamodb"), &json!(1)));
    let dimensions = &dynamodb["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
    assert_eq!(dimensions, &json!([["service", "stage", "dependency"]]));
}

#[test]
fn a_ride_counts_at_its_own_time_unless_that_is_too_far() {
    let hours = |hours| Timestamp::now() + SignedDuration::from_hours(hours);
    for (at, kept) in
        [(hours(-1), true), (hours(-14 * 24 + 2), true), (hours(1), true), (hours(-14 * 24), false), (hours(2), false)]
    {
        let documents = documents(|| emit(RIDES_RECORDED, OfRide(at), 1));
        let [document] = documents.as_slice() else { panic!("{documents:?}") };
        let own = document["_aws"]["Timestamp"] == at.as_millisecond();
        assert_eq!(own, kept, "{at}");
        assert_eq!(document["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["service", "stage"], ["stage"]]));
    }
}

#[test]
fn counts_of_one_ride_share_a_line_whatever_is_below_the_millisecond() {
    let at = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("an instant");
    let documents = documents(|| {
        let recorder = Recorder::default();
        recorder.record(RIDES_REQUESTED, OfRide(at + Duration::from_micros(999)), 1);
        recorder.record(RIDES_ACCEPTED, OfRide(at), 1);
        recorder.flush();
    });
    assert_eq!(documents.len(), 1);
}

#[test]
fn no_level_keeps_metrics_back_and_no_format_changes_them() {
    let emitted = || emit(HEARTBEAT_RIDES, OfService, 1);
    for variables in [
        &[("LOG_LEVEL", "ERROR")][..],
        &[("AWS_LAMBDA_LOG_LEVEL", "ERROR"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")],
        &[("AWS_LAMBDA_LOG_FORMAT", "Text")],
        &[("LOG_LEVEL", "TRACE")],
    ] {
        let documents = emf::documents(&written_where(variables, emitted));
        assert_eq!(values(&documents, "HeartbeatRides"), [1.0], "{variables:?}");
    }
}

/// Lambda drops what is below the level that it is told, and takes a line without a level for INFO.
#[test]
fn a_line_has_a_level_only_where_lambda_would_drop_it_without() {
    for (level, expected) in
        [("TRACE", None), ("INFO", None), ("WARN", Some("WARN")), ("error", Some("ERROR")), ("FATAL", Some("FATAL"))]
    {
        let text = written_where(&[("AWS_LAMBDA_LOG_LEVEL", level)], || emit(COLD_START, OfService, 0));
        assert_eq!(emf::documents(&text)[0].get("level").and_then(Value::as_str), expected, "{level}");
    }
    assert!(emf::documents(&written_where(&[], || emit(COLD_START, OfService, 0)))[0].get("level").is_none());
}

#[test]
fn a_line_has_the_ids_of_the_invocation_and_nothing_else_of_its_spans() {
    let documents = documents(|| {
        let ids = tracing::error_span!(
            "invocation",
            function_request_id = "f-1",
            request_id = "r-1",
            xray_trace_id = "1-a",
            cold_start = false,
            token = "CANARY"
        );
        ids.in_scope(|| {
            tracing::error_span!("get_unicorn", name = "Rocinante").in_scope(|| emit(COLD_START, OfService, 0))
        });
    });
    let expected =
        [("function_request_id", json!("f-1")), ("request_id", json!("r-1")), ("xray_trace_id", json!("1-a"))];
    for (key, value) in expected.into_iter().chain([("cold_start", json!(false)), ("service", json!("moody"))]) {
        assert_eq!(documents[0][key], value, "{key}");
    }
    assert!(documents[0].get("token").is_none() && documents[0].get("name").is_none(), "{}", documents[0]);
}

#[test]
fn without_a_stage_the_line_is_still_legal() {
    let text = written_where(&[("STAGE", "")], || emit(COLD_START, OfService, 0));
    assert_eq!(emf::documents(&text)[0]["stage"], "unknown");
}

#[test]
fn without_a_log_metrics_go_nowhere() {
    emit(COLD_START, OfService, 1);
}

#[tokio::test]
async fn each_request_has_its_own_recorder() {
    let recorder = Recorder::default();
    let other = Recorder::default();
    let count = |count| async move {
        tokio::task::yield_now().await;
        Recorder::current().add(CACHE_HITS, OfService, count);
    };
    let work = async { tokio::join!(recorder.clone().during(count(1)), other.during(count(10)), count(100)) };
    work.await;
    recorder.clone().during(count(2)).await;
    assert_eq!(values(&documents(|| recorder.flush()), "CacheHits"), [3.0]);
}

/// Something that is recorded.
#[derive(Debug, Clone)]
enum Act {
    Latency(Duration),
    Call(&'static str, Duration, bool, u32),
    Ride(i64, u32),
    Hits(u32),
}

fn act() -> impl Strategy<Value = Act> {
    let dependency = prop_oneof![Just("dynamodb"), Just("ssm"), Just("put-ride-record")];
    prop_oneof![
        any::<Duration>().prop_map(Act::Latency),
        (dependency, any::<Duration>(), any::<bool>(), any::<u32>()).prop_map(|(a, b, c, d)| Act::Call(a, b, c, d)),
        (-377_705_023_201_000..=253_402_207_200_000_i64, any::<u32>()).prop_map(|(at, count)| Act::Ride(at, count)),
        any::<u32>().prop_map(Act::Hits),
    ]
}

proptest! {
    #[test]
    fn whatever_is_recorded_gives_legal_lines_and_all_of_it(acts in proptest::collection::vec(act(), 0..400)) {
        let documents = documents(|| {
            let recorder = Recorder::default();
            for act in acts.iter().cloned() {
                match act {
                    Act::Latency(latency) => recorder.record(REQUEST_LATENCY, OfService, latency),
                    Act::Call(dependency, latency, failed, retries) => recorder.call(dependency, latency, failed, retries),
                    Act::Ride(at, count) => {
                        let at = Timestamp::from_millisecond(at).expect("within jiff's range");
                        recorder.record(RIDES_RECORDED, OfRide(at), count);
                    }
                    Act::Hits(count) => recorder.add(CACHE_HITS, OfService, count),
                }
            }
            recorder.flush();
        });
        let number = |kind: fn(&Act) -> bool| acts.iter().filter(|act| kind(act)).count();
        prop_assert_eq!(values(&documents, "RequestLatency").len(), number(|act| matches!(act, Act::Latency(_))));
        prop_assert_eq!(values(&documents, "Retries").len(), number(|act| matches!(act, Act::Call(..))));
        prop_assert_eq!(values(&documents, "RidesRecorded").len(), number(|act| matches!(act, Act::Ride(..))));
        let hits: u64 = acts.iter().map(|act| if let Act::Hits(count) = act { u64::from(*count) } else { 0 }).sum();
        prop_assert_eq!(values(&documents, "CacheHits").iter().sum::<f64>(), hits as f64);
    }
}
