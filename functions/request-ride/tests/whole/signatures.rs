//! Calls of the other services are signed.

use crate::fake::{Fake, Reply};
use crate::system::{STORED, UNICORN, ask, assert_unavailable, event};
use std::collections::BTreeSet;

#[tokio::test]
async fn every_attempt_is_signed_anew() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|number| if number < 2 { Reply::json(500, "{}") } else { Reply::json(201, STORED) }).await;
    assert_eq!(ask(&fleet, &record, event(|_| {})).await.status, 201);
    let [asked] = &fleet.requests()[..] else { panic!("one request") };
    let stored = record.requests();
    assert_eq!(stored.len(), 3);
    let mut dates = BTreeSet::new();
    let mut signatures = BTreeSet::new();
    for request in stored.iter().chain([asked]) {
        let date = request.header("x-amz-date").expect("a date");
        let authorization = request.header("authorization").expect("a signature");
        let scope = format!("Credential=AKIDEXAMPLE/{}/eu-west-1/execute-api/aws4_request, ", &date[..8]);
        assert!(authorization.starts_with(&format!("AWS4-HMAC-SHA256 {scope}")), "{authorization}");
        assert_eq!(request.header("x-amz-security-token"), Some("session"));
        dates.insert(date.to_owned());
        signatures.insert(authorization.to_owned());
    }
    assert_eq!((dates.len(), signatures.len()), (4, 4));
    let signed = "SignedHeaders=host;x-amz-date;x-amz-security-token;x-remaining-ms;x-request-id,";
    assert!(asked.header("authorization").is_some_and(|text| text.contains(signed)));
}

#[tokio::test]
async fn a_gateway_that_lets_us_not_in_is_asked_once() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let secret = r#"{"message":"The Canonical String for this request should have been x-amz-security-token:session"}"#;
    let closed = Fake::start(move |_| Reply::json(403, secret)).await;
    for (fleet, record) in [(&closed, &fleet), (&fleet, &closed)] {
        let before = closed.requests().len();
        let answered = ask(fleet, record, event(|_| {})).await;
        assert_unavailable(&answered, "a closed gateway");
        assert!(!answered.body.to_string().contains("session"), "{}", answered.body);
        assert_eq!(closed.requests().len() - before, 1);
    }
}
