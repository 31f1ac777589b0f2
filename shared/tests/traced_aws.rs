//! What calls to AWS leave in a trace: the real client against a socket that answers as DynamoDB does, or not.
#![cfg(feature = "dynamodb")]

#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod canary;
mod daemon;
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use canary::Log;
use daemon::{Daemon, ended};
use fake::{Fake, Reply};
use serde_json::{Value, json};
use shared::aws::counted;
use shared::budget::Budget;
use shared::config::Environment;
use shared::dynamodb::{self, within};
use shared::telemetry::trace::{Blame, Outcome, Tracer, below, step};
use std::time::Duration;

const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const UNSAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";

/// DynamoDB's content type, and the header with its id for the request.
const DYNAMODB: &str = "application/x-amz-json-1.0\r\nx-amzn-requestid: REQUEST7";

/// What DynamoDB says.
fn says(status: u16, body: &str) -> Reply {
    Reply::Whole { status, content_type: DYNAMODB, body: body.to_owned() }
}

fn refusal(name: &str) -> String {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{name}"), "message": "no, thanks"}).to_string()
}

fn client(fake: &Fake) -> aws_sdk_dynamodb::Client {
    let environment: Environment = [
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", fake.url("/")),
        ("DYNAMODB_ATTEMPTS", "3".to_owned()),
        ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000".to_owned()),
        ("CONNECT_TIMEOUT_MS", "1000".to_owned()),
    ]
    .into_iter()
    .collect();
    dynamodb::client(&environment).expect("a whole environment")
}

/// A put within a budget in this trace: whether it went well, and its attempts.
async fn put(fake: &Fake, tracer: &Tracer, trace: &str, budget: Duration) -> (bool, u32) {
    let handler = tracer.begin(Some(trace), "handler");
    let put = client(fake).put_item().table_name("rides").set_item(Some(Default::default())).send();
    let budget = Budget::lasting(budget);
    let (result, attempts) = below(handler.as_ref(), counted(within(&budget, put))).await;
    if let Some(handler) = handler {
        handler.end(&Outcome::fine());
    }
    (result.is_ok(), attempts)
}

/// The subsegment of a put that is answered so, answer by answer; the last one is repeated.
async fn traced_put(replies: Vec<Reply>, budget: Duration) -> (Value, bool, u32) {
    let daemon = Daemon::start();
    let fake = Fake::start(move |number| replies[number.min(replies.len() - 1)].clone()).await;
    let (good, attempts) = put(&fake, &daemon.tracer(), SAMPLED, budget).await;
    let documents = daemon.until_end_of("handler");
    let call = ended(&documents, "DynamoDB");
    assert_eq!(call["parent_id"], ended(&documents, "handler")["id"]);
    assert_eq!((&call["namespace"], &call["aws"]["operation"]), (&json!("aws"), &json!("PutItem")));
    assert_eq!((&call["aws"]["table_name"], &call["aws"]["region"]), (&json!("rides"), &json!("eu-west-1")));
    (call.clone(), good, attempts)
}

const LONG: Duration = Duration::from_secs(20);

fn outcomes(call: &Value) -> Vec<&str> {
    let attempts = call["metadata"]["attempts"].as_array().expect("attempts");
    attempts.iter().filter_map(|attempt| attempt["outcome"].as_str()).collect()
}

#[tokio::test]
async fn a_call_that_succeeds_after_all_shows_what_it_went_through() {
    let slow_down = refusal("ProvisionedThroughputExceededException");
    let replies = vec![says(400, &slow_down), says(500, "{}"), says(200, "{}")];
    let (call, good, attempts) = traced_put(replies, LONG).await;
    assert_eq!((good, attempts, &call["aws"]["retries"]), (true, 3, &json!(2)));
    assert_eq!(outcomes(&call), ["ProvisionedThroughputExceededException", "500", "ok"]);
    assert_eq!((&call["aws"]["request_id"], &call["http"]["response"]["status"]), (&json!("REQUEST7"), &json!(200)));
    assert!(call["metadata"]["attempts"][0]["duration_ms"].as_f64().is_some_and(|time| time > 0.0), "{call}");
    assert!(["error", "fault", "throttle", "cause"].iter().all(|flag| call.get(flag).is_none()), "{call}");
}

#[tokio::test]
async fn a_failed_call_is_marked_by_what_aws_said_and_names_it() {
    let both = |error: &'static str, and: &'static str| vec![error, and];
    for (status, name, marks, expected_attempts) in [
        (400, "ProvisionedThroughputExceededException", both("error", "throttle"), 3),
        (400, "ConditionalCheckFailedException", vec!["error"], 1),
        (400, "AccessDeniedException", vec!["error"], 1),
        (500, "InternalServerError", vec!["fault"], 3),
    ] {
        let (call, good, attempts) = traced_put(vec![says(status, &refusal(name))], LONG).await;
        assert_eq!((good, attempts), (false, expected_attempts), "{name}");
        let marked: Vec<_> = ["error", "throttle", "fault"].into_iter().filter(|flag| call[*flag] == true).collect();
        assert_eq!(marked, marks, "{name}");
        let exception = &call["cause"]["exceptions"][0];
        assert_eq!((&exception["type"], &exception["message"]), (&json!(name), &json!("no, thanks")));
        assert_eq!((outcomes(&call).len(), &exception["remote"]), (attempts as usize, &json!(true)));
    }
}

#[tokio::test]
async fn no_answer_is_a_fault_whose_attempts_are_seen() {
    let (call, good, attempts) = traced_put(vec![Reply::Never], LONG).await;
    assert_eq!((good, attempts, outcomes(&call)), (false, 3, vec!["timed out"; 3]));
    assert_eq!(call["fault"], true);
    let (call, _, attempts) = traced_put(vec![Reply::Close], LONG).await;
    assert_eq!((attempts, outcomes(&call), &call["fault"]), (3, vec!["no answer"; 3], &json!(true)));
    let (call, ..) = traced_put(vec![Reply::Garbage], LONG).await;
    assert_eq!(call["fault"], true, "{call}");
    let (call, ..) = traced_put(vec![says(200, "no JSON")], LONG).await;
    assert_eq!((outcomes(&call)[0], &call["fault"]), ("an answer that cannot be read", &json!(true)), "{call}");
}

#[tokio::test]
async fn a_call_that_is_given_up_is_a_fault_and_its_attempt_is_counted() {
    let (call, good, attempts) = traced_put(vec![Reply::Never], Duration::from_millis(150)).await;
    assert_eq!((good, attempts, &call["fault"]), (false, 1, &json!(true)));
    assert_eq!((&call["cause"]["exceptions"][0]["type"], outcomes(&call)), (&json!("given up"), vec!["given up"]));
}

/// What AWS says about a put with this error: in its log line, and in its trace.
async fn told_of(name: &str, message: &str) -> String {
    let error = json!({"__type": name, "message": message}).to_string();
    let fake = Fake::start(move |_| says(400, &error)).await;
    let daemon = Daemon::start();
    let handler = daemon.tracer().begin(Some(SAMPLED), "handler").expect("sampled");
    let log = Log::of("test");
    let put = client(&fake).put_item().table_name("rides").set_item(Some(Default::default())).send();
    let budget = Budget::lasting(LONG);
    let put = step("put", within(&budget, async { put.await.map_err(Box::new) }));
    let error = below(Some(&handler), put).await.expect_err("refused");
    handler.end(&error.blame());
    tracing::error!(error = &error as &dyn std::error::Error, "refused");
    let documents = daemon.until_end_of("handler");
    assert_eq!(ended(&documents, "DynamoDB")["error"], true);
    log.take() + &Value::from(documents).to_string()
}

/// A value that is refused is quoted; a wrong signature is answered with the request as it should have been signed.
#[tokio::test]
async fn what_aws_says_is_told_only_where_it_cannot_repeat_the_request() {
    for secret in canary::SECRETS {
        let message = format!("The parameter cannot be converted to a numeric value: {secret}");
        for name in ["ValidationException", "InvalidSignatureException", "com.amazon.coral.service#Other"] {
            let told = told_of(name, &message).await;
            canary::assert_clean(&told, name);
            assert!(told.contains(name.rsplit('#').next().expect("a name")), "{told}");
        }
    }
    let who = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: dynamodb:PutItem";
    let told = told_of("AccessDeniedException", who).await;
    assert_eq!(told.matches("is not authorized").count(), 4, "log, call, step and handler: {told}");
}

#[tokio::test]
async fn an_endless_name_of_an_error_does_not_cost_the_document() {
    let (call, ..) = traced_put(vec![says(400, &refusal(&"A".repeat(70_000)))], LONG).await;
    assert_eq!((outcomes(&call), &call["error"]), (vec!["400"], &json!(true)));
}

/// What one of the published interceptors did not: under a filter that disables the SDK's own spans, and without a
/// sampled trace, every call must work as if nobody watched.
#[tokio::test]
async fn a_call_works_the_same_whoever_watches() {
    let daemon = Daemon::start();
    for level in ["ERROR", "INFO", "TRACE"] {
        let environment: Environment = [("LOG_LEVEL", level)].into_iter().collect();
        let _guard = tracing::subscriber::set_default(shared::telemetry::subscriber("test", &environment, |_| {}));
        for (tracer, trace) in [(daemon.tracer(), SAMPLED), (daemon.tracer(), UNSAMPLED), (Tracer::default(), SAMPLED)]
        {
            let fake = Fake::start(|number| says(if number == 0 { 500 } else { 200 }, "{}")).await;
            assert_eq!(put(&fake, &tracer, trace, LONG).await, (true, 2), "{level} {trace}");
        }
    }
}
