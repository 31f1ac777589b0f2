//! The handler from the event to the response, against a socket that answers as DynamoDB does.

#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use fake::{Fake, Reply};
use http::{StatusCode, header};
use lambda_http::tower::Service;
use lambda_http::{Context, RequestExt};
use request_unicorn::{CachedFleet, RequestUnicorn, SERVICE, UnicornsTable, routes};
use serde_json::{Value, json};
use shared::config::Environment;
use shared::service::service;
use std::collections::BTreeSet;
use std::time::Duration;

fn environment(endpoint: &str) -> Environment {
    [
        ("STAGE", "dev"),
        ("TIMEOUT_MS", "20000"),
        ("DYNAMODB_ATTEMPTS", "2"),
        ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000"),
        ("CONNECT_TIMEOUT_MS", "1000"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
    ]
    .into_iter()
    .collect()
}

/// The answers to this many requests with one process.
async fn answers(fake: &Fake, sample: &str, requests: usize) -> Vec<(u16, Value, bool)> {
    let environment = environment(&fake.url("/"));
    let settings = shared::service::Settings::read(SERVICE, &environment).expect("a whole environment");
    let client = shared::dynamodb::client(&environment).expect("a whole environment");
    let table = UnicornsTable::new(client, "wild-rydes-dev-unicorns".into());
    let fleet = CachedFleet::new(table, Duration::from_secs(60));
    let mut service = service(settings, routes(), RequestUnicorn::new(fleet));
    let mut answers = Vec::new();
    for _ in 0..requests {
        let request = lambda_http::request::from_str(sample).expect("an event that lambda_http knows");
        let Ok(response) = service.call(request.with_lambda_context(Context::default())).await;
        let (parts, body) = response.into_parts();
        let body = serde_json::from_str(&body).expect("every answer is JSON");
        answers.push((parts.status.as_u16(), body, parts.headers.contains_key(header::RETRY_AFTER)));
    }
    answers
}

const REST: &str = include_str!("../../../events/unicorn-get.json");
const HTTP_API: &str = include_str!("../../../events/unicorn-get-http-api.json");

fn row(name: &str) -> Value {
    json!({"Name": {"S": name}, "Color": {"S": "White"}, "DeviceId": {"S": "21fc3d3a"}})
}

#[tokio::test]
async fn every_unicorn_of_every_page_comes_and_the_table_is_scanned_once() {
    let fake = Fake::start(|number| {
        let page = match number {
            0 => json!({"Items": [row("Bucephalus"), {"Name": {"N": "7"}}], "LastEvaluatedKey": {"Name": {"S": "a"}}}),
            1 => json!({"Items": [], "LastEvaluatedKey": {"Name": {"S": "b"}}}),
            _ => json!({"Items": [row("Shadowfax"), row("Rocinante")]}),
        };
        Reply::json(200, &page.to_string())
    })
    .await;
    let mut names = BTreeSet::new();
    for (status, unicorn, _) in answers(&fake, REST, 200).await {
        assert_eq!(status, StatusCode::OK.as_u16());
        assert_eq!(unicorn.as_object().map(|fields| fields.len()), Some(3));
        names.insert(unicorn["Name"].as_str().map(str::to_owned));
    }
    assert_eq!(names, ["Bucephalus", "Rocinante", "Shadowfax"].map(|name| Some(name.to_owned())).into());
    assert_eq!(fake.requests().len(), 3);
    assert!(fake.requests()[2].body.contains(r#""ExclusiveStartKey":{"Name":{"S":"b"}}"#));
}

#[tokio::test]
async fn an_empty_fleet_and_a_broken_table_are_a_503() {
    // When a broken table is scanned again is a matter of time, which `fleet/tests.rs` sets.
    for (reply, requests, scans) in
        [(Reply::json(200, r#"{"Items":[]}"#), 5, 1), (Reply::json(500, "{}"), 1, 2), (Reply::Never, 1, 2)]
    {
        let what = format!("{reply:?}");
        let fake = Fake::start(move |_| reply.clone()).await;
        for (status, body, retry_after) in answers(&fake, HTTP_API, requests).await {
            assert_eq!((status, retry_after), (503, true), "{what}");
            assert!(body.get("Name").is_none(), "{what}");
        }
        assert_eq!(fake.requests().len(), scans, "{what}");
    }
}
