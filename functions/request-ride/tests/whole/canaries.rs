//! Nothing of what a caller or another service says comes out in logs, errors or headers.

use crate::canary::{Log, SECRETS, assert_clean, planted};
use crate::fake::{Fake, Reply};
use crate::memory::Memory;
use crate::system::{STORED, UNICORN, addresses, answer_with};
use lambda_http::{Context, RequestExt};
use request_ride::SERVICE;
use serde_json::{Value, json};

#[tokio::test]
async fn nothing_of_a_request_comes_out() {
    let sample = include_str!("../../../../events/ride-post-cognito.json");
    let sample: Value = serde_json::from_str(sample).expect("JSON");
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let stores = Fake::start(|_| Reply::json(201, STORED)).await;
    let fails = Fake::start(|_| Reply::json(503, "{}")).await;
    let log = Log::of(SERVICE);
    for (place, event) in planted(&sample) {
        for record in [&stores, &fails] {
            let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
            let request = request.with_lambda_context(Context::default());
            let answered = answer_with(addresses(&fleet, record), request, &Memory::default()).await;
            assert_clean(&format!("{:?} {}", answered.headers, answered.bytes), &place);
            assert_clean(&log.take(), &place);
        }
    }
}

#[tokio::test]
async fn nothing_of_another_services_answer_comes_out() {
    let sample: Value = serde_json::from_str(include_str!("../../../../events/ride-post.json")).expect("JSON");
    let good = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let log = Log::of(SERVICE);
    for secret in SECRETS {
        let text = json!({"message": secret, "Name": [secret], secret: secret}).to_string();
        for (status, body) in
            [(200, &text), (201, &text), (403, &text), (409, &text), (500, &text), (200, &secret.into())]
        {
            let bad = Fake::judging({
                let body = body.clone();
                move |_, _| Reply::json(status, &body)
            })
            .await;
            for (fleet, record) in [(&bad, &good), (&good, &bad)] {
                let request = lambda_http::request::from_str(&sample.to_string()).expect("an event");
                let request = request.with_lambda_context(Context::default());
                let answered = answer_with(addresses(fleet, record), request, &Memory::default()).await;
                let place = format!("a {status} with {body}");
                assert!(answered.status >= 500, "{place}");
                assert_clean(&format!("{:?} {}", answered.headers, answered.bytes), &place);
                assert_clean(&log.take(), &place);
            }
        }
    }
}
