//! How stored rides are counted: each once, at its own time.

#[path = "../../../shared/tests/canary/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod canary;
#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use canary::Log;
use fake::{Fake, Reply};
use lambda_http::tower::Service;
use lambda_http::{Context, RequestExt};
use put_ride_record::{PutRideRecord, RidesTable, SERVICE, routes};
use serde_json::{Value, json};
use shared::config::Environment;
use shared::service::{Settings, service};
use std::sync::Mutex;

fn environment(endpoint: String) -> Environment {
    [
        ("STAGE", "dev".to_owned()),
        ("TIMEOUT_MS", "5000".into()),
        ("DYNAMODB_ATTEMPTS", "3".into()),
        ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000".into()),
        ("CONNECT_TIMEOUT_MS", "1000".into()),
        ("AWS_REGION", "eu-west-1".into()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
    ]
    .into_iter()
    .collect()
}

/// The status of the answer and the lines of metrics, when the ride of the sample was asked for at this time.
async fn put(table: &Fake, request_time: &str) -> (u16, Vec<Value>) {
    let log = Log::of(SERVICE);
    let environment = environment(table.url("/"));
    let settings = Settings::read(SERVICE, &environment).expect("a whole environment");
    let client = shared::dynamodb::client(&environment).expect("a whole environment");
    let mut event: Value = serde_json::from_str(include_str!("../../../events/record-post.json")).expect("JSON");
    let mut body: Value = serde_json::from_str(event["body"].as_str().expect("a body")).expect("JSON");
    body["RequestTime"] = request_time.into();
    event["body"] = body.to_string().into();
    let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
    let handler = PutRideRecord::new(RidesTable::new(client, "rides".into()));
    let Ok(response) = service(settings, routes(), handler).call(request.with_lambda_context(Context::default())).await;
    (response.status().as_u16(), canary::emf::documents(&log.take()))
}

fn recorded(documents: &[Value]) -> Option<&Value> {
    documents.iter().find(|document| document.get("RidesRecorded").is_some())
}

/// A table that stores the first write, answers to it with `first`, and refuses those after it as DynamoDB does.
async fn table(first: Reply) -> Fake {
    let stored = Mutex::new(None);
    let fake = Fake::judging(move |_, request| {
        let request: Value = serde_json::from_str(&request.body).expect("JSON");
        let there = stored.lock().expect("no poison").replace(request["Item"].clone());
        let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
        there.map_or(first.clone(), |there| Reply::json(400, &json!({"__type": kind, "Item": there}).to_string()))
    });
    fake.await
}

#[tokio::test]
async fn a_new_ride_is_recorded_once_at_the_time_it_was_asked_for() {
    let asked = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(5);
    let table = table(Reply::json(200, "{}")).await;
    let (status, documents) = put(&table, &asked.to_string()).await;
    let line = recorded(&documents).expect("it is new");
    assert_eq!((status, &line["RidesRecorded"]), (201, &json!(1)));
    assert_eq!(line["_aws"]["Timestamp"], asked.as_millisecond());
    assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["service", "stage"], ["stage"]]));
    // The same ride again, in another request: it is stored, and was counted.
    let (status, documents) = put(&table, &asked.to_string()).await;
    assert_eq!((status, recorded(&documents)), (201, None));
    let other = asked + jiff::SignedDuration::from_secs(1);
    let (status, documents) = put(&table, &other.to_string()).await;
    assert_eq!((status, recorded(&documents)), (409, None));
}

#[tokio::test]
async fn a_ride_whose_first_answer_was_lost_is_recorded_once() {
    for lost in [Reply::Close, Reply::Never, Reply::json(500, "{}")] {
        let what = format!("{lost:?}");
        let (status, documents) = put(&table(lost).await, &jiff::Timestamp::now().to_string()).await;
        assert_eq!((status, recorded(&documents).map(|line| &line["RidesRecorded"])), (201, Some(&json!(1))), "{what}");
        let dynamodb = documents.iter().find(|document| document["dependency"] == "dynamodb").expect("it was called");
        assert_eq!((&dynamodb["DependencyErrors"], &dynamodb["Retries"]), (&json!(0), &json!(1)), "{what}");
    }
}

#[tokio::test]
async fn a_ride_that_is_not_known_to_be_stored_is_not_recorded() {
    let table = Fake::start(|_| Reply::json(500, "{}")).await;
    let (status, documents) = put(&table, &jiff::Timestamp::now().to_string()).await;
    assert_eq!((status, recorded(&documents)), (503, None));
}

#[tokio::test]
async fn a_ride_of_another_age_counts_now() {
    let table = table(Reply::json(200, "{}")).await;
    let before = jiff::Timestamp::now().as_millisecond();
    let (status, documents) = put(&table, "2018-11-28T21:16:20.123456Z").await;
    let line = recorded(&documents).expect("it is new");
    assert!(status == 201 && line["_aws"]["Timestamp"].as_i64().is_some_and(|at| at >= before), "{line}");
}
