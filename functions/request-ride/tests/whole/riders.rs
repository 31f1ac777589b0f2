//! Who rides.

use crate::fake::{Fake, Reply};
use crate::system::{STORED, UNICORN, ask, event};
use serde_json::{Value, json};

/// The answer to a request with this authoriser, and the rider that was stored.
async fn ridden(authorizer: Value) -> (u16, Option<Value>) {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let request = event(|event| event["requestContext"]["authorizer"] = authorizer);
    let answered = ask(&fleet, &record, request).await;
    assert!(!answered.body.to_string().contains("Rider"), "{}", answered.body);
    let stored = record.requests().first().map(|stored| serde_json::from_str::<Value>(&stored.body).expect("JSON"));
    (answered.status, stored.map(|stored| stored["Rider"].clone()))
}

#[tokio::test]
async fn the_subject_of_the_token_is_the_rider() {
    let sample: Value = serde_json::from_str(include_str!("../../../../events/ride-post-cognito.json")).expect("JSON");
    let authorizer = sample["requestContext"]["authorizer"].clone();
    assert_eq!(ridden(authorizer).await, (201, Some("7d8ca528-4931-4254-9273-ea5ee853f271".into())));
}

#[tokio::test]
async fn without_a_user_pool_there_is_no_rider() {
    for authorizer in [Value::Null, json!({}), json!({"principalId": "x", "integrationLatency": 7})] {
        assert_eq!(ridden(authorizer.clone()).await, (201, Some(Value::Null)), "{authorizer}");
    }
}

#[tokio::test]
async fn a_token_that_names_nobody_books_nothing() {
    let long = "x".repeat(129);
    for sub in [Value::Null, "".into(), "a\nb".into(), long.into(), 7.into(), json!(["a"])] {
        assert_eq!(ridden(json!({"claims": {"sub": sub}})).await, (403, None), "{sub}");
    }
    for claims in [json!({}), json!("sub"), Value::Null] {
        assert_eq!(ridden(json!({"claims": claims})).await, (403, None), "{claims}");
    }
}

/// The status and the rider that was stored for a request to the probe's route, changed.
async fn probed(change: impl FnOnce(&mut Value)) -> (u16, Option<Value>) {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let sample = include_str!("../../../../events/probe-ride-post.json");
    let request = event(|event| {
        *event = serde_json::from_str(sample).expect("JSON");
        change(event);
    });
    let answered = ask(&fleet, &record, request).await;
    let stored = record.requests().first().map(|stored| serde_json::from_str::<Value>(&stored.body).expect("JSON"));
    (answered.status, stored.map(|stored| stored["Rider"].clone()))
}

#[tokio::test]
async fn the_probe_books_as_riders_do_and_rides_under_its_own_name() {
    assert_eq!(probed(|_| {}).await, (201, Some("heartbeat-probe".into())));
    let claims = json!({"claims": {"sub": "7d8ca528-4931-4254-9273-ea5ee853f271"}});
    let with_claims = probed(|event| event["requestContext"]["authorizer"] = claims).await;
    assert_eq!(with_claims, (201, Some("heartbeat-probe".into())), "the route decides, nothing else");
    assert_eq!(probed(|event| event["httpMethod"] = "GET".into()).await, (405, None));
    assert_eq!(probed(|event| event["body"] = "{}".into()).await, (422, None));
}

#[tokio::test]
async fn nothing_that_a_rider_sends_makes_him_the_probe() {
    type Change = fn(&mut Value);
    let changes: [Change; 5] = [
        |event| event["path"] = "/probe/ride".into(),
        |event| event["requestContext"]["path"] = "/dev/probe/ride".into(),
        |event| event["headers"]["X-Original-URL"] = "/probe/ride".into(),
        |event| event["queryStringParameters"] = json!({"path": "/probe/ride", "rider": "heartbeat-probe"}),
        |event| event["requestContext"]["authorizer"] = json!({"principalId": "heartbeat-probe"}),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
        let record = Fake::start(|_| Reply::json(201, STORED)).await;
        assert_eq!(ask(&fleet, &record, event(change)).await.status, 201, "change {number}");
        let stored: Value = serde_json::from_str(&record.requests()[0].body).expect("JSON");
        assert_eq!(stored["Rider"], Value::Null, "change {number}");
    }
}
