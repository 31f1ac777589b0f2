//! The states of the alarms, from a socket that answers as CloudWatch does.

#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use fake::{Fake, Reply};
use ops::Alarms;
use ops::store::{Alarm, Rings};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::config::Environment;
use shared::context::RequestContext;
use shared::http::{Client, Signer};
use shared::request_id::RequestId;
use shared::retry::Schedule;
use std::time::Duration;

fn alarms(fake: &Fake) -> Alarms {
    let environment: Environment = [
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL_CLOUDWATCH", &fake.url("/")),
    ]
    .into_iter()
    .collect();
    let patience = Duration::from_secs(2);
    let once = Schedule { attempts: 1, base: patience, cap: patience };
    let signer = Signer::of_service(&environment, "monitoring").expect("a whole environment");
    let client = Client::new(patience, once).expect("TLS").signed_by(signer);
    Alarms::new(&environment, client, "dev", patience).expect("a whole environment")
}

fn context() -> RequestContext {
    let request_id = RequestId::parse("r-1").expect("an id");
    RequestContext { request_id, budget: Budget::lasting(Duration::from_secs(5)), trace: None, traceparent: None }
}

#[tokio::test]
async fn alarms_that_are_on_come_pages_first_with_what_they_mean() {
    let described = |name: &str, description: &str, since: f64| json!({"AlarmName": name, "AlarmDescription": description, "StateTransitionedTimestamp": since, "StateUpdatedTimestamp": since + 60.0, "StateValue": "ALARM"});
    let mut old = described("wild-rydes-dev-ops-errors", "Ticket. The page fails: often.", 0.0);
    old.as_object_mut().expect("an object").remove("StateTransitionedTimestamp");
    let metric = [
        old,
        described("wild-rydes-dev-queue-growth-rate", "No notice. Part of queue-growth: more come than go.", 2.0),
        described("wild-rydes-dev-deploying", "No notice. A deployment.", 2.0),
        described("wild-rydes-dev-oldest-payment", "Ticket. Payments wait: the oldest one too long. Runbook: x", 1.0),
        described("wild-rydes-dev-payment-failed", "Page. A ride goes unpaid: one payment failed for good.", 9.5),
    ];
    let composite = [described("wild-rydes-dev-warning-light", "Page. Something is wrong. Look here first.", 3.0)];
    let body = json!({"MetricAlarms": metric, "CompositeAlarms": composite}).to_string();
    let fake = Fake::start(move |_| Reply::json(200, &body)).await;
    let alarms = alarms(&fake);
    let told =
        |alarm: &Alarm| format!("{} {} {} {}", alarm.name, alarm.page, alarm.meaning, alarm.since.as_millisecond());
    let ringing: Vec<String> = alarms.ringing(&context()).await.expect("known").iter().map(told).collect();
    let expected = [
        "warning-light true Something is wrong 3000",
        "payment-failed true A ride goes unpaid 9500",
        "oldest-payment false Payments wait 1000",
        "ops-errors false The page fails 60000", // by the time that is always there
    ];
    assert_eq!(ringing, expected);
    alarms.ringing(&context()).await.expect("kept");
    let requests = fake.requests();
    assert_eq!(requests.len(), 1, "an answer is good for a while");
    let request = &requests[0];
    assert_eq!(request.header("x-amz-target"), Some("GraniteServiceVersion20100801.DescribeAlarms"));
    assert_eq!(request.header("content-type"), Some("application/x-amz-json-1.0"));
    let signature = request.header("authorization").unwrap_or_default();
    assert!(
        signature.contains("/eu-west-1/monitoring/aws4_request") && signature.contains("x-amz-target"),
        "{signature}"
    );
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    assert_eq!((&body["AlarmNamePrefix"], &body["StateValue"]), (&json!("wild-rydes-dev-"), &json!("ALARM")));
}

#[tokio::test]
async fn without_an_answer_nobody_knows() {
    for reply in [Reply::json(403, "{}"), Reply::json(200, "[]"), Reply::Close, Reply::Never] {
        let what = format!("{reply:?}");
        let fake = Fake::start(move |_| reply.clone()).await;
        assert_eq!(alarms(&fake).ringing(&context()).await, None, "{what}");
    }
}
