//! What goes over the wire.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::misbehaving::{Behaviour, Misbehaving};
use super::{booking, options};
use crate::load::{self, Client, Options, Profile, Progress, Summary};

async fn run(profile: &Profile, options: &Options) -> load::Outcome {
    let progress = watch::Sender::new(Progress::default());
    load::run(profile, options, &progress, std::future::pending()).await.expect("runs")
}

#[tokio::test]
async fn each_rider_sends_the_body_of_the_profile_once() {
    let server = Misbehaving::start(|_| Behaviour::Book).await;
    let profile = booking("{duration: 0.5, arrivalRate: 40}");
    let options = Options { token: Some("t0ken".to_owned()), ..options(&format!("{}/dev/", server.origin)) };
    let outcome = run(&profile, &options).await;
    let requests = server.requests();
    assert_eq!(requests.len(), 20);
    for request in &requests {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/dev/ride"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("authorization"), Some("Bearer t0ken"));
        assert_eq!(request.header("idempotency-key"), None);
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        assert_eq!(body, json!({"PickupLocation": {"Latitude": 42.5, "Longitude": -71.25}}));
    }
    let told: BTreeSet<&str> = outcome.ledger.entries.iter().flat_map(|entry| entry.rides()).collect();
    assert_eq!(told.len(), 20);
    let attempt = &outcome.ledger.entries[0].attempts[0];
    assert!(attempt.request_id.is_some() && attempt.bytes > 0 && !attempt.latency.is_zero(), "{attempt:?}");
    let summary = Summary::of(&outcome.ledger, &profile);
    assert_eq!((summary.counter("http.codes.201"), summary.counter("plugins.expect.ok")), (20, 40));
}

#[tokio::test]
async fn riders_can_be_told_apart_by_where_they_stand() {
    let server = Misbehaving::start(|_| Behaviour::Book).await;
    let options = Options { tell_apart: true, client: Client::Browser, ..options(&server.origin) };
    let outcome = run(&booking("{duration: 0.2, arrivalCount: 10}"), &options).await;
    let sent: BTreeSet<String> = server.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(sent.len(), 10, "no two bodies are the same");
    for entry in &outcome.ledger.entries {
        let latitude = entry.latitude.expect("a latitude");
        assert!((latitude - 42.5).abs() < 1e-7, "{latitude}");
        let body = json!({"PickupLocation": {"Latitude": latitude, "Longitude": -71.25}}).to_string();
        assert!(sent.contains(&body), "{body} in {sent:?}");
    }
}
