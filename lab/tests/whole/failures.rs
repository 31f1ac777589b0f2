//! What a rider sees when something behind request-ride fails: never a 201, never a unicorn, always an answer in time.

use std::time::Duration;

use lab::aws::Trouble;

use crate::client::{Answer, RIDE, post};
use crate::fake_services::{Behaviour, FakeServices, STORED, UNICORN};
use crate::signed::get_signed;
use crate::stack::{self, Variation, rows, url};

/// request-ride's own limit, as the template states it.
const BUDGET: Duration = Duration::from_secs(25);

fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(answer.header("retry-after").is_some(), "a 503 says when to come back");
    let problem = answer.json();
    assert_eq!(problem["status"], 503);
    assert_eq!(problem["requestId"].as_str(), answer.header("x-request-id"));
    assert!(!answer.text.contains("Rocinante"), "a failure is no unicorn: {}", answer.text);
    assert!(answer.took < BUDGET, "answered within the budget, not after {:?}", answer.took);
}

/// Books through services that behave so and returns the answer and how often each was called.
async fn book_through(fleet: Behaviour, record: Behaviour) -> (Answer, usize, usize) {
    let services = FakeServices::start(fleet, record).await;
    let lab = Variation::default().parameter("ApiBaseUrl", &services.origin).start().await;
    let answer = post(&url(&lab, "/ride"), RIDE).await;
    (answer, services.count("GET "), services.count("POST "))
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_work_book_the_ride() {
    let (answer, fleet, record) = book_through(UNICORN, STORED).await;
    assert_eq!((answer.status.as_u16(), fleet, record), (201, 1, 1), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_table_is_a_503_and_no_ride() {
    let lab = stack::start().await;
    lab.dynamodb.switch.set(Some(Trouble::Fail));
    let answer = post(&url(&lab, "/ride"), RIDE).await;
    lab.dynamodb.switch.set(None);
    assert_unavailable(&answer);
    assert!(rows(&lab).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_table_is_a_503_in_time_or_a_stored_ride() {
    let lab = stack::start().await;
    lab.dynamodb.switch.set(Some(Trouble::Slow(Duration::from_secs(30))));
    let answer = post(&url(&lab, "/ride"), RIDE).await;
    assert_unavailable(&answer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_service_that_is_down_is_a_503() {
    for behaviour in [
        Behaviour::Closes,
        Behaviour::Garbage,
        Behaviour::ClosesMidBody,
        Behaviour::Answer(500, "{}"),
        Behaviour::Answer(502, r#"{"message":"Internal server error"}"#),
        Behaviour::Answer(504, r#"{"message":"Endpoint request timed out"}"#),
    ] {
        let (answer, _, record) = book_through(UNICORN, behaviour.clone()).await;
        assert_unavailable(&answer);
        assert_eq!(record, 3, "{behaviour:?} is tried three times");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_service_that_has_tried_itself_is_not_tried_again() {
    let (answer, _, record) = book_through(UNICORN, Behaviour::Answer(503, "{}")).await;
    assert_unavailable(&answer);
    assert_eq!(record, 1, "retries happen in one layer");
}

#[tokio::test(flavor = "multi_thread")]
async fn anything_but_a_stored_ride_is_no_201() {
    for behaviour in [
        Behaviour::Answer(200, r#"{"success":true}"#),
        Behaviour::Answer(201, r#"{"success":false}"#),
        Behaviour::Answer(201, "stored"),
        Behaviour::Answer(204, ""),
        Behaviour::Endless,
    ] {
        let (answer, _, _) = book_through(UNICORN, behaviour.clone()).await;
        assert!(answer.status.is_server_error(), "{behaviour:?}: {} {}", answer.status, answer.text);
        assert!(!answer.text.contains("Rocinante"), "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_fails_is_a_503_and_nothing_is_recorded() {
    for behaviour in [
        Behaviour::Answer(500, "{}"),
        Behaviour::Answer(200, "{}"),
        Behaviour::Answer(200, r#"{"Name":"Rocinante"}"#),
        Behaviour::Answer(200, r#"{"errorMessage":"boom"}"#),
        Behaviour::ClosesMidBody,
        Behaviour::Endless,
    ] {
        let (answer, _, record) = book_through(behaviour.clone(), STORED).await;
        assert_unavailable(&answer);
        assert_eq!(record, 0, "{behaviour:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_never_answers_is_a_503_inside_the_budget() {
    let (answer, fleet, record) = book_through(Behaviour::Silent, STORED).await;
    assert_unavailable(&answer);
    assert_eq!((fleet, record), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_service_that_never_answers_is_a_503_inside_the_budget() {
    let (answer, _, record) = book_through(UNICORN, Behaviour::Silent).await;
    assert_unavailable(&answer);
    assert_eq!(record, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_fleet_is_a_503() {
    let empty = "Unicorns: []";
    let text = stack::template();
    let start = text.find("      Unicorns:\n").expect("the fleet's property");
    let end = text[start..].find("\n\n").expect("its end") + start;
    let lab =
        Variation::default().template(&text.replace(&text[start..end], &format!("      {empty}\n"))).start().await;
    let unicorn = get_signed(&lab, "/unicorn").await;
    assert_unavailable(&unicorn);
    assert_unavailable(&post(&url(&lab, "/ride"), RIDE).await);
    assert!(rows(&lab).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rides_go_on_when_ssm_fails_after_the_start() {
    // Expired at once, so that every request asks SSM again.
    let lab =
        Variation::default().replacing("PARAMETER_TTL_SECONDS: \"60\"", "PARAMETER_TTL_SECONDS: \"1\"").start().await;
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    for trouble in [Trouble::Fail, Trouble::Unavailable, Trouble::Throttle, Trouble::Slow(Duration::from_secs(30))] {
        lab.ssm.switch.set(Some(trouble.clone()));
        tokio::time::sleep(Duration::from_millis(1_100)).await; // the TTL itself, which no condition can stand for
        let answer = post(&url(&lab, "/ride"), RIDE).await;
        assert_eq!(answer.status, 201, "{trouble:?}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_url_in_ssm_is_refused_and_the_old_one_kept() {
    let lab =
        Variation::default().replacing("PARAMETER_TTL_SECONDS: \"60\"", "PARAMETER_TTL_SECONDS: \"1\"").start().await;
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    for hostile in
        ["http://169.254.169.254/latest/meta-data", "http://example.com/record", "file:///etc/passwd", "not a url"]
    {
        lab.ssm.put("/wild-rydes-ride-record/dev/URL", "String", hostile);
        tokio::time::sleep(Duration::from_millis(1_100)).await; // the TTL itself
        let answer = post(&url(&lab, "/ride"), RIDE).await;
        assert_eq!(answer.status, 201, "{hostile}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_seats_are_a_429_that_says_when_to_come_back() {
    let lab = Variation::default().parameter("ReservedConcurrency", "0").start().await;
    let answer = post(&url(&lab, "/ride"), RIDE).await;
    assert_eq!(answer.status, 429, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert!(answer.header("retry-after").is_some() && answer.header("access-control-allow-origin").is_some());
    assert_eq!(answer.json()["status"], 429);
}
