//! Nothing leaks: planted secrets go in through every field and header, and come out nowhere.

use http::Method;
use lab::assembly::Lab;
use lab::aws::Trouble;
use serde_json::{Value, json};

use crate::client::{Answer, RIDE, ask, send};
use crate::signed::send_signed;
use crate::stack::{self, eventually, url};

/// A token, a card number, an e-mail address, an exact place. Distinct enough to be found in any text.
const CANARIES: [&str; 5] = [
    "eyJcanaryToken7f3a.eyJzdWIiOiJ4In0.c2ln",
    "4929-1234-5678-9012",
    "canary@example.org",
    "33.123456789",
    "-44.987654321",
];

/// Headers that a stranger may fill with anything. `X-Request-ID` and `X-Trace-ID` are not here: they are echoed by contract.
const HEADERS: [&str; 12] = [
    "authorization",
    "cookie",
    "idempotency-key",
    "origin",
    "referer",
    "traceparent",
    "user-agent",
    "x-amzn-trace-id",
    "x-api-key",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-remaining-ms",
];

fn assert_clean(what: &str, answer: &Answer) {
    for canary in CANARIES {
        assert!(!answer.text.contains(canary), "{what}: {canary} in {}", answer.text);
        for (name, value) in &answer.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            assert!(!value.contains(canary), "{what}: {canary} in {name}: {value}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_sends_is_in_no_log_line_trace_metric_error_or_header() {
    let lab = stack::start().await;
    let to = url(&lab, "/dev/ride");
    for canary in CANARIES {
        for name in HEADERS {
            let headers = [("content-type", "application/json"), (name, canary)];
            assert_clean(name, &send(Method::POST, &to, &headers, RIDE).await);
            let unsigned = send(Method::POST, &url(&lab, "/dev/record"), &headers, "{}").await;
            assert_eq!(unsigned.status, 403, "{name}: {}", unsigned.text);
        }
        let place = json!({"Latitude": canary, "Longitude": canary});
        for body in [
            json!({"PickupLocation": canary}).to_string(),
            json!({"PickupLocation": place}).to_string(),
            canary.to_owned(),
            format!(
                "{{\"PickupLocation\":{{\"Latitude\":33.123456789,\"Longitude\":-44.987654321}},\"{{\":\"{canary}\"}}"
            ),
        ] {
            let headers = [("content-type", "application/json")];
            assert_clean("body", &send(Method::POST, &to, &headers, body.clone()).await);
            assert_clean("record", &send_signed(&lab, Method::POST, "/dev/record", &headers, body).await);
        }
        let record = json!({
            "RideId": canary, "RequestTime": canary, "Rider": canary, "PickupLocation": place,
            "Unicorn": {"Name": canary, "Color": canary, "DeviceId": canary},
        });
        let headers = [("content-type", "application/json")];
        assert_clean("record", &send_signed(&lab, Method::POST, "/dev/record", &headers, record.to_string()).await);
        let query = format!("/dev/ride?q={canary}");
        assert_clean("query", &send(Method::POST, &url(&lab, &query), &headers, RIDE).await);
    }
    // The text of an error inside, too.
    lab.dynamodb.switch.set(Some(Trouble::Fail));
    let place = r#"{"PickupLocation":{"Latitude":33.123456789,"Longitude":-44.987654321}}"#;
    let failed = send(Method::POST, &to, &[("content-type", "application/json")], place).await;
    assert_eq!(failed.status, 503, "{}", failed.text);
    assert_clean("failure", &failed);
    assert!(!failed.text.contains("told to fail"), "the cause stays inside: {}", failed.text);

    let id = failed.header("x-amzn-requestid").expect("an id");
    let told = || lab.observation.request(id).is_some_and(|detail| detail.request.guilty.is_some());
    eventually("the last trace has arrived", told).await;
    let logs = lab.logs.lines();
    assert!(logs.iter().any(|line| line.text.contains("\"status\":422")), "what was refused is logged");
    for line in logs {
        assert_none("a log line", &line.text);
    }
    search_traces(&lab);
    for listed in lab.instruments.metrics.list() {
        assert_none("a metric", &format!("{listed:?}"));
    }
    search_console(&lab).await;
}

fn assert_none(what: &str, text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} in {what}: {text}");
    }
}

fn search_traces(lab: &Lab) {
    let mut seen = 0;
    lab.instruments.xray.traces.each(|trace| {
        for document in trace.documents {
            let mut document = document.as_ref().clone();
            // API Gateway writes down which program asked, here as in AWS.
            if let Some(request) = document.http.get_mut("request").and_then(Value::as_object_mut) {
                request.remove("user_agent");
            }
            assert_none("a trace", &format!("{document:?}"));
            seen += 1;
        }
        assert_none("a trace's id", trace.id);
        true
    });
    assert!(seen > 1_000, "traces were searched: {seen} segments and subsegments");
}

async fn search_console(lab: &Lab) {
    let list = ask(lab, "/api/requests?limit=1000").await;
    let requests = list["requests"].as_array().expect("requests");
    assert!(requests.len() > 150, "all of them are listed: {}", requests.len());
    let ids = requests.iter().map(|request| request["id"].as_str().expect("an id"));
    let mut paths: Vec<String> = ids.map(|id| format!("/api/requests/{id}")).collect();
    for path in [
        "state",
        "alarms",
        "requests?limit=1000",
        "logs?limit=10000&metrics=1",
        "errors",
        "map?minutes=60",
        "metrics",
        "dashboards",
        "dashboards/wild-rydes-dev-service",
        "dashboards/wild-rydes-dev-debug",
    ] {
        paths.push(format!("/api/{path}"));
    }
    for path in paths {
        assert_none(&path, &ask(lab, &path).await.to_string());
    }
}
