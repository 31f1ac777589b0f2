//! From the event to the response, with services that misbehave.

use crate::canary::Log;
use crate::fake::{self, Fake, Reply};
use crate::system::{Answered, STORED, UNICORN, answer, ask, assert_unavailable, due_in, event, stores};
use http::StatusCode;
use lambda_http::{Context, RequestExt};
use request_ride::SERVICE;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::Duration;

#[tokio::test]
async fn a_ride_is_booked_and_what_was_stored_is_what_is_told() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let answered = ask(&fleet, &record, event(|_| {})).await;
    assert_eq!(answered.status, 201, "{}", answered.body);
    let keys: Vec<&String> = answered.body.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["RideId", "Unicorn", "RequestTime"]);

    let stored = record.requests();
    let mut told: Value = serde_json::from_str(&stored[0].body).expect("JSON");
    let location = told.as_object_mut().expect("an object").shift_remove("PickupLocation");
    assert_eq!(location, Some(json!({"Latitude": 42.35250862285574, "Longitude": -71.05289904884849})));
    assert_eq!(told, answered.body);

    let asked = fleet.requests();
    assert_eq!(asked[0].header("x-request-id"), Some("sample-ride"));
    assert_eq!(
        asked[0].header("x-amzn-trace-id"),
        Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
    );
    assert_eq!(asked[0].header("x-remaining-ms"), Some("1000"));
    assert_eq!(stored[0].header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_request_from_an_http_api_is_the_same_request() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let sample = include_str!("../../../../events/ride-post-http-api.json");
    let request = lambda_http::request::from_str(sample).expect("an event that lambda_http knows");
    assert_eq!(ask(&fleet, &record, request.with_lambda_context(Context::default())).await.status, 201);
}

#[tokio::test]
async fn without_a_stored_ride_there_is_no_201() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    for (reply, attempts) in [
        (Reply::json(200, STORED), 1),
        (Reply::json(201, r#"{"success": false}"#), 1),
        (Reply::json(201, r#"{}"#), 1),
        (Reply::json(201, "garbage"), 1),
        (Reply::text(201, STORED), 1),
        (Reply::json(302, STORED), 1),
        (Reply::json(403, STORED), 1),
        (Reply::json(503, STORED), 1),
        (Reply::json(500, STORED), 3),
        (Reply::json(502, STORED), 3),
        (Reply::json(504, STORED), 3),
        (Reply::json(429, STORED), 3),
        (Reply::CloseMidBody, 3),
        (Reply::Close, 3),
        (Reply::Garbage, 3),
        (Reply::Never, 3),
        (Reply::json(201, &format!(r#"{{"success": true, "x": "{}"}}"#, "x".repeat(70_000))), 1),
    ] {
        let what = format!("{reply:.60?}");
        let refused = matches!(&reply, Reply::Whole { status: 403, .. });
        let record = Fake::start(move |_| reply.clone()).await;
        let answered = ask(&fleet, &record, event(|_| {})).await;
        assert_unavailable(&answered, &what);
        assert_detail(&answered, if refused { NOT_STORED } else { NOT_KNOWN });
        assert_eq!(record.requests().len(), attempts, "{what}");
    }
    // Nobody was asked, so nothing is stored.
    let nowhere = HashMap::from([("fleet", fleet.url("/dev/unicorn"))]);
    let answered = answer(nowhere, event(|_| {})).await;
    assert_unavailable(&answered, "no address of the record service");
    assert_detail(&answered, NOT_STORED);
}

const NOT_STORED: &str = "The ride was not stored";
const NOT_KNOWN: &str = "It is not known whether the ride was stored. Repeating";

fn assert_detail(answered: &Answered, start: &str) {
    assert!(answered.body["detail"].as_str().is_some_and(|detail| detail.starts_with(start)), "{}", answered.body);
}

#[tokio::test]
async fn a_refused_ride_is_a_bug_of_ours_and_not_the_riders() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    for status in [400, 409, 413, 415, 422] {
        let record = Fake::start(move |_| Reply::json(status, "{}")).await;
        assert_eq!(ask(&fleet, &record, event(|_| {})).await.status, 500, "{status}");
    }
}

#[tokio::test]
async fn a_fleet_in_trouble_is_never_a_unicorn() {
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    for reply in [
        Reply::json(200, "{}"),
        Reply::json(200, "null"),
        Reply::json(200, r#"{"Name":"","Color":"Yellow","DeviceId":"1"}"#),
        Reply::json(200, r#"{"message":"Internal server error"}"#),
        Reply::text(200, UNICORN),
        Reply::json(201, UNICORN),
        Reply::json(301, UNICORN),
        Reply::json(404, UNICORN),
        Reply::json(500, UNICORN),
        Reply::json(503, UNICORN),
        Reply::CloseMidBody,
        Reply::Close,
        Reply::Garbage,
        Reply::Never,
    ] {
        let what = format!("{reply:?}");
        let fleet = Fake::start(move |_| reply.clone()).await;
        assert_unavailable(&ask(&fleet, &record, event(|_| {})).await, &what);
    }
    assert!(record.requests().is_empty(), "nothing is stored without a unicorn");
}

#[tokio::test]
async fn a_passing_trouble_is_survived() {
    let bumpy = |number: usize, good: Reply| match number {
        0 => Reply::CloseMidBody,
        1 => Reply::json(502, "{}"),
        _ => good,
    };
    let fleet = Fake::start(move |number| bumpy(number, Reply::json(200, UNICORN))).await;
    let record = Fake::start(move |number| bumpy(number, Reply::json(201, STORED))).await;
    let log = Log::of(SERVICE);
    let answered = ask(&fleet, &record, event(|_| {})).await;
    assert_eq!(answered.status, 201, "{}", answered.body);
    let lines = log.take();
    let lines = lines.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    let retries: Vec<Value> = lines.filter(|line: &Value| line["message"] == "attempt failed, trying again").collect();
    for dependency in ["request-unicorn", "put-ride-record"] {
        let retries: Vec<&Value> = retries.iter().filter(|line| line["dependency"] == dependency).collect();
        let [broken, refused] = retries[..] else { panic!("{retries:?}") };
        assert_eq!((&broken["level"], &refused["level"]), (&json!("INFO"), &json!("INFO")));
        assert!(broken["error"].as_str().is_some_and(|error| error.starts_with("the answer broke off")), "{broken}");
        assert_eq!(refused["status"], 502, "{refused}");
        assert_eq!(broken["request_id"], "sample-ride", "{broken}");
        assert_eq!(broken["xray_trace_id"], "1-5759e988-bd862e3fe1be46a994272793", "as the access log has it");
    }
    let bodies: Vec<String> = record.requests().into_iter().map(|request| request.body).collect();
    assert!(bodies.len() == 3 && bodies.iter().all(|body| *body == bodies[0]), "the same ride each time");
}

#[tokio::test]
async fn a_ride_that_was_stored_without_an_answer_is_no_error_and_no_second_ride() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    for broken in [Reply::Close, Reply::CloseMidBody, Reply::Never, Reply::Garbage, Reply::json(500, "{}")] {
        let what = format!("{broken:?}");
        let (record, stored) = stores(move |number| (number < 2).then(|| broken.clone())).await;
        let answered = ask(&fleet, &record, event(|_| {})).await;
        assert_eq!((answered.status, record.requests().len()), (201, 3), "{what}");
        let stored = stored.lock().expect("no poison").clone();
        let [ride] = &stored[..] else { panic!("{what}: {} rides", stored.len()) };
        assert!(ride.contains(answered.body["RideId"].as_str().expect("an id")), "{what}");
    }
}

#[tokio::test]
async fn nobody_at_the_address_is_a_503() {
    let closed = format!("http://127.0.0.1:{}/", fake::closed_port().await);
    let addresses = HashMap::from([("fleet", closed.clone()), ("record", closed)]);
    assert_unavailable(&answer(addresses, event(|_| {})).await, "a closed port");
    assert_unavailable(&answer(HashMap::new(), event(|_| {})).await, "no address at all");
}

#[tokio::test]
async fn a_short_budget_ends_the_waiting() {
    let slow = Fake::start(|_| Reply::Never).await;
    // 900 ms for all of it: less than one attempt may take, so there is no second.
    let request = due_in(event(|_| {}), Duration::from_millis(1_400));
    assert_unavailable(&ask(&slow, &slow, request).await, "a slow fleet");
    let requests = slow.requests();
    let [asked] = &requests[..] else { panic!("one attempt: {requests:?}") };
    let patience: u64 = asked.header("x-remaining-ms").and_then(|text| text.parse().ok()).expect("a number");
    assert!((1..=900).contains(&patience), "{patience}");
}

/// Else anyone could make a 503.
#[tokio::test]
async fn a_rider_cannot_shorten_the_budget() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    let request = event(|event| {
        event["headers"]["X-Remaining-Ms"] = "0".into();
        event["multiValueHeaders"]["X-Remaining-Ms"] = json!(["0"]);
    });
    assert_eq!(ask(&fleet, &record, request).await.status, 201);
}

#[tokio::test]
async fn bad_bodies_get_their_4xx_and_call_nobody() {
    let services = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let location = |latitude: &str| format!(r#"{{"PickupLocation":{{"Latitude":{latitude},"Longitude":1}}}}"#);
    let mut cases: Vec<(String, u16)> =
        ["", "null", "[]", "7", "{\"PickupLocation\":", "{} {}", "{\"a\":NaN}", "\u{feff}{}"]
            .iter()
            .map(|body| ((*body).to_owned(), 400))
            .collect();
    cases.push(("[".repeat(4_000), 400));
    cases.push(("[".repeat(10_000), 413));
    cases.push(("x".repeat(10_000_000), 413));
    for latitude in ["null", "\"1\"", "true", "[]", "{}", "90.00000000000002", "-91", "1e400", "-1e400"] {
        cases.push((location(latitude), 422));
    }
    cases.push(("{}".into(), 422));
    cases.push((location("1,\"Latitude\":1"), 422));
    cases.push((r#"{"PickupLocation":{"Latitude":1,"Longitude":1},"Rider":"me"}"#.into(), 422));
    for (body, expected) in cases {
        let answered = ask(&services, &services, event(|event| event["body"] = body.as_str().into())).await;
        assert_eq!(answered.status, expected, "{body:.80}");
        assert_eq!(answered.body["status"], expected, "{body:.80}");
        assert_eq!(answered.body.get("errors").is_some(), expected == 422, "{body:.80}");
        assert!(answered.headers.contains_key("x-request-id"), "{body:.80}");
    }
    let invalid_utf8 = event(|event| (event["body"], event["isBase64Encoded"]) = ("eyJhIjoi/yJ9".into(), true.into()));
    assert_eq!(ask(&services, &services, invalid_utf8).await.status, 400);
    let none = event(|event| event["body"] = Value::Null);
    assert_eq!(ask(&services, &services, none).await.status, 400);
    assert!(services.requests().is_empty());
}

#[tokio::test]
async fn the_edges_of_the_earth_are_on_it() {
    let fleet = Fake::start(|_| Reply::json(200, UNICORN)).await;
    let record = Fake::start(|_| Reply::json(201, STORED)).await;
    for (latitude, longitude) in [("90", "180"), ("-90", "-180"), ("-0.0", "0"), ("5e-324", "1E-400")] {
        let body = format!(r#"{{"PickupLocation":{{"Latitude":{latitude},"Longitude":{longitude}}}}}"#);
        let answered = ask(&fleet, &record, event(|event| event["body"] = body.as_str().into())).await;
        assert_eq!(answered.status, StatusCode::CREATED.as_u16(), "{body}");
    }
}
