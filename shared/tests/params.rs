//! Addresses out of SSM: the real client against a socket that answers as SSM does, and then no longer does.
#![cfg(feature = "params")]

#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use fake::{Fake, Reply};
use serde_json::json;
use shared::budget::Budget;
use shared::config::Environment;
use shared::params::{Parameter, Settings, Ssm};
use std::sync::Arc;
use std::time::{Duration, Instant};

const NAME: &str = "/wild-rydes-ride-record/dev/URL";
const TTL: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(1);

fn parameter(fake: &Fake) -> Parameter<Ssm> {
    let environment: Environment = [
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_ENDPOINT_URL_SSM", fake.url("/")),
    ]
    .into_iter()
    .collect();
    let ssm = Ssm::new(&environment, TIMEOUT, TIMEOUT).expect("a whole environment");
    Parameter::new(NAME, Arc::new(ssm), Settings { ttl: TTL, timeout: TIMEOUT })
}

fn value(url: &str) -> Reply {
    Reply::json(200, &json!({"Parameter": {"Name": NAME, "Type": "String", "Value": url}}).to_string())
}

#[tokio::test]
async fn the_address_outlives_an_ssm_that_fails_after_the_start() {
    let denied = r#"{"__type":"AccessDeniedException","message":"no"}"#;
    for trouble in [Reply::json(500, "{}"), Reply::json(400, denied), Reply::Close, Reply::Garbage, Reply::Never] {
        let what = format!("{trouble:?}");
        let good = value("https://api.example.com/dev/record");
        let fake = Fake::start(move |number| if number == 0 { good.clone() } else { trouble.clone() }).await;
        let (parameter, start, budget) = (parameter(&fake), Instant::now(), Budget::lasting(TTL));
        let first = parameter.get_at(start, &budget).await.expect("SSM answers");
        assert_eq!(first.as_url().as_str(), "https://api.example.com/dev/record");
        let asked = Instant::now();
        assert_eq!(parameter.get_at(start + TTL, &budget).await.as_ref(), Ok(&first), "{what}");
        // Far below the budget, which is a minute.
        assert!(asked.elapsed() < TIMEOUT * 10, "{what}");
        assert!(fake.requests().len() > 1, "{what}");
    }
}

#[tokio::test]
async fn a_slow_ssm_is_waited_for_no_longer_than_allowed() {
    let fake = Fake::start(|_| Reply::Never).await;
    let started = Instant::now();
    assert!(parameter(&fake).get(&Budget::lasting(TTL)).await.is_err());
    assert!(started.elapsed() < TIMEOUT * 10, "{:?}", started.elapsed());
}
