//! What is measured of calls to others, by the real clients against sockets that answer as they are told.
#![cfg(all(feature = "http", feature = "dynamodb", feature = "params"))]

#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod canary;
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use canary::Log;
use fake::{Fake, Reply, closed_port};
use http::Method;
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::config::Environment;
use shared::context::RequestContext;
use shared::dynamodb;
use shared::http::{Call, Client};
use shared::params::{Parameter, Settings, Ssm};
use shared::request_id::RequestId;
use shared::retry::Schedule;
use shared::service_url::ServiceUrl;
use shared::telemetry::metrics::Recorder;
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(9);

/// The lines of metrics of a request that does this work.
async fn measured(work: impl Future<Output = ()>) -> Vec<Value> {
    let log = Log::of("dependencies");
    let recorder = Recorder::default();
    recorder.clone().during(work).await;
    recorder.flush();
    tracing::info!("done"); // a log that is taken is never empty
    canary::emf::documents(&log.take())
}

/// Errors and retries of one call, if there was one.
fn outcome(documents: &[Value], dependency: &str) -> Option<(u64, u64)> {
    let document = documents.iter().find(|document| document["dependency"] == dependency)?;
    assert!(document["DependencyLatency"].is_f64(), "one value in milliseconds: {document}");
    Some((document["DependencyErrors"].as_u64()?, document["Retries"].as_u64()?))
}

async fn call(url: String, budget: Budget) -> Vec<Value> {
    let moment = Duration::from_millis(1);
    let client = Client::new(LONG, Schedule { attempts: 3, base: moment, cap: moment }).expect("a TLS stack");
    let url = ServiceUrl::try_from(url.as_str()).expect("a legal address");
    let (dependency, method, attempt_timeout) = ("put-ride-record", Method::POST, Duration::from_secs(1));
    let call = Call {
        dependency,
        method,
        url: &url,
        body: Vec::new(),
        headers: Default::default(),
        json: true,
        attempt_timeout,
    };
    let request_id = RequestId::parse("r-1").expect("a legal id");
    let context = RequestContext { request_id, budget, trace: None, traceparent: None };
    // How it went is what the metrics are asked for.
    measured(async { drop(client.send(&call, &context).await) }).await
}

#[tokio::test]
async fn a_call_of_a_service_counts_once_with_its_retries() {
    for (first, then, expected) in [
        (Reply::json(201, "{}"), Reply::Close, (0, 0)),
        (Reply::json(503, "{}"), Reply::Close, (1, 0)),
        (Reply::json(409, "{}"), Reply::Close, (1, 0)),
        (Reply::json(500, "{}"), Reply::json(201, "{}"), (0, 1)),
        (Reply::Close, Reply::json(201, "{}"), (0, 1)),
        (Reply::json(502, "{}"), Reply::json(502, "{}"), (1, 2)),
        (Reply::Never, Reply::Never, (1, 2)),
    ] {
        let what = format!("{first:?} {then:?}");
        let fake = Fake::start(move |number| if number == 0 { first.clone() } else { then.clone() }).await;
        let documents = call(fake.url("/"), Budget::lasting(LONG)).await;
        assert_eq!(outcome(&documents, "put-ride-record"), Some(expected), "{what}");
        assert_eq!(documents.len(), 1, "{what}");
    }
    let refused = call(format!("http://127.0.0.1:{}/", closed_port().await), Budget::lasting(LONG)).await;
    assert_eq!(outcome(&refused, "put-ride-record"), Some((1, 2)));
}

#[tokio::test]
async fn a_call_that_there_was_no_time_for_does_not_count() {
    assert!(call("http://127.0.0.1:1/".into(), Budget::lasting(Duration::ZERO)).await.is_empty());
}

fn environment(fake: &Fake) -> Environment {
    [
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ("AWS_ENDPOINT_URL", fake.url("/")),
        ("DYNAMODB_ATTEMPTS", "3".into()),
        ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000".into()),
        ("CONNECT_TIMEOUT_MS", "1000".into()),
    ]
    .into_iter()
    .collect()
}

#[tokio::test]
async fn a_call_of_the_sdk_counts_once_with_its_retries_and_a_condition_that_failed_is_an_answer() {
    let kind = |kind: &str| format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{kind}"}}"#);
    let throttled = Reply::json(400, &kind("ThrottlingException"));
    for (first, then, expected) in [
        (Reply::json(200, "{}"), Reply::Close, (0, 0)),
        (Reply::json(400, &kind("ConditionalCheckFailedException")), Reply::Close, (0, 0)),
        (Reply::json(400, &kind("ResourceNotFoundException")), Reply::Close, (1, 0)),
        (throttled.clone(), Reply::json(200, "{}"), (0, 1)),
        (Reply::json(500, "{}"), Reply::json(400, &kind("ConditionalCheckFailedException")), (0, 1)),
        (throttled.clone(), throttled, (1, 2)),
        (Reply::Never, Reply::Never, (1, 2)),
    ] {
        let what = format!("{first:?} {then:?}");
        let fake = Fake::start(move |number| if number == 0 { first.clone() } else { then.clone() }).await;
        let client = dynamodb::client(&environment(&fake)).expect("a whole environment");
        let put = async { client.put_item().table_name("rides").send().await.map_err(Box::new) };
        let documents = measured(async { drop(dynamodb::within(&Budget::lasting(LONG), put).await) }).await;
        assert_eq!(outcome(&documents, "dynamodb"), Some(expected), "{what}");
    }
}

#[tokio::test]
async fn a_call_that_the_budget_ended_has_failed_with_the_retries_it_had() {
    let fake = Fake::start(|_| Reply::Never).await;
    let client = dynamodb::client(&environment(&fake)).expect("a whole environment");
    let put = async { client.put_item().table_name("rides").send().await.map_err(Box::new) };
    let budget = Budget::lasting(Duration::from_millis(60));
    let documents = measured(async { drop(dynamodb::within(&budget, put).await) }).await;
    assert_eq!(outcome(&documents, "dynamodb"), Some((1, 0)));
}

#[tokio::test]
async fn an_address_is_a_miss_when_it_is_read_and_a_hit_while_it_is_good() {
    let name = "/wild-rydes-ride-record/dev/URL";
    let good = json!({"Parameter": {"Name": name, "Type": "String", "Value": "https://api.example.com/"}}).to_string();
    let fake =
        Fake::start(move |number| if number == 1 { Reply::json(200, &good) } else { Reply::json(500, "{}") }).await;
    let ssm = Ssm::new(&environment(&fake), LONG, LONG).expect("a whole environment");
    let settings = Settings { ttl: Duration::from_secs(60), timeout: LONG };
    let parameter = Parameter::new(name, Arc::new(ssm), settings);
    let (now, budget) = (Instant::now(), Budget::lasting(LONG));
    let get = |moment| {
        let asked = parameter.get_at(moment, &budget);
        measured(async { assert!(asked.await.is_ok()) })
    };
    let counts = |documents: &[Value]| {
        let own = documents.iter().find(|document| document.get("CacheHits").is_some()).expect("it was asked for");
        (own["CacheHits"].as_u64(), own["CacheMisses"].as_u64())
    };
    let first = get(now).await;
    assert_eq!((counts(&first), outcome(&first, "ssm")), ((Some(0), Some(1)), Some((0, 1))));
    let second = get(now).await;
    assert_eq!((counts(&second), outcome(&second, "ssm")), ((Some(1), Some(0)), None));
    let stale = get(now + settings.ttl).await;
    assert_eq!((counts(&stale), outcome(&stale, "ssm")), ((Some(0), Some(1)), Some((1, 1))));
}
