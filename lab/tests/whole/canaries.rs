//! Nothing leaks: planted secrets go in through every field and header, and come out nowhere.

use http::Method;
use lab::aws::Trouble;
use serde_json::json;

use crate::client::{Answer, RIDE, send};
use crate::signed::send_signed;
use crate::stack::{self, url};

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
async fn what_a_stranger_sends_is_in_no_log_line_error_or_header() {
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

    let logs = lab.logs.lines();
    assert!(logs.iter().any(|line| line.text.contains("\"status\":422")), "what was refused is logged");
    for line in logs {
        for canary in CANARIES {
            assert!(!line.text.contains(canary), "{canary} in {}", line.text);
        }
    }
}
