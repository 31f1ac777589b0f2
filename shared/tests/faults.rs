//! Faults on purpose, from the event as Lambda hands it over to what Lambda is told.
#![cfg(all(feature = "faults", feature = "http", feature = "dynamodb"))]

mod daemon;
mod emf;
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use daemon::{Daemon, ended};
use fake::{Fake, Reply};
use http::{HeaderMap, Method, StatusCode};
use lambda_http::lambda_runtime::{Diagnostic, LambdaEvent};
use lambda_http::tower::Service;
use lambda_http::{Adapter, Context};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::config::Environment;
use shared::dynamodb::{self, within_attempts};
use shared::faults::{Faults, Injecting, Means, Reading};
use shared::http::{Call as Outbound, Client};
use shared::problem::Problem;
use shared::retry::Schedule;
use shared::service::{Answer, Call, Handler, Routes, Settings, json, service};
use shared::service_url::ServiceUrl;
use shared::telemetry::trace::Tracer;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// Calls whom the body names, and says what came of it.
struct Calling {
    url: ServiceUrl,
    http: Client,
    dynamodb: aws_sdk_dynamodb::Client,
}

impl Handler for Calling {
    async fn handle(&self, call: Call) -> Answer {
        match call.json_body()? {
            b"\"unicorn\"" => {
                let (dependency, method, limit) = ("request-unicorn", Method::GET, Duration::from_millis(500));
                let (url, body) = (&self.url, Vec::new());
                let outbound = Outbound {
                    dependency,
                    method,
                    url,
                    body,
                    headers: Default::default(),
                    json: false,
                    attempt_timeout: limit,
                };
                let answer = self.http.send(&outbound, &call.context).await;
                json(
                    StatusCode::CREATED,
                    &answer.map_or_else(|error| error.to_string(), |answer| answer.status.to_string()),
                )
            }
            b"\"put\"" => {
                let put = self.dynamodb.put_item().table_name("rides").set_item(Some(Default::default())).send();
                let (result, attempts) = within_attempts(&Budget::lasting(Duration::from_secs(5)), put).await;
                let kind = result.err().map(|error| shared::telemetry::chain(&error));
                json(StatusCode::CREATED, &json!([attempts, kind]))
            }
            b"\"fail\"" => Err(Problem::Internal.into()),
            _ => json(StatusCode::CREATED, &json!({"booked": true})),
        }
    }
}

/// One process, with the other services as a socket and time that only passes on paper.
struct Process {
    fake: Fake,
    configuration: Arc<Mutex<Option<String>>>,
    pauses: Arc<Mutex<Vec<Duration>>>,
    seed: u64,
    tracer: Tracer,
}

/// What Lambda is told, and what the process printed.
struct Told {
    result: Result<Value, Diagnostic>,
    log: String,
}

impl Told {
    fn status(&self) -> u64 {
        self.result.as_ref().expect("an answer")["statusCode"].as_u64().expect("a status")
    }

    fn body(&self) -> &str {
        self.result.as_ref().expect("an answer")["body"].as_str().expect("a body")
    }

    /// The faults that were counted.
    fn counted(&self) -> Vec<String> {
        let documents = emf::documents(&self.log);
        let faults = documents.iter().filter(|document| document.get("FaultsInjected").is_some());
        faults.map(|document| document["fault"].as_str().expect("a fault").to_owned()).collect()
    }

    /// The line at the end of the request.
    fn completed(&self) -> Value {
        let mut lines = self.log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.rfind(|line| line["message"] == "request completed").expect("it was completed")
    }
}

impl Process {
    async fn with(configuration: Value) -> Self {
        Self {
            fake: Fake::start(|_| Reply::json(200, "{}")).await,
            configuration: Arc::new(Mutex::new(Some(configuration.to_string()))),
            pauses: Arc::default(),
            seed: 7,
            tracer: Tracer::default(),
        }
    }

    fn faults(&self) -> Faults {
        let (configuration, pauses) = (Arc::clone(&self.configuration), Arc::clone(&self.pauses));
        let read = move || -> Reading {
            let text = configuration.lock().expect("no poison").clone();
            Box::pin(async move { text.ok_or_else(|| "the store is gone".into()) })
        };
        let pause = move |wait| -> shared::faults::Wait {
            pauses.lock().expect("no poison").push(wait);
            Box::pin(std::future::ready(()))
        };
        Faults::new(
            "calling",
            Means {
                read: Box::new(read),
                ttl: Duration::ZERO,
                pause: Box::new(pause),
                directory: std::env::temp_dir(),
                seed: self.seed,
            },
        )
    }

    fn calling(&self) -> Calling {
        let environment: Environment = [
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.fake.url("/")),
            ("DYNAMODB_ATTEMPTS", "3".to_owned()),
            ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "500".to_owned()),
            ("CONNECT_TIMEOUT_MS", "500".to_owned()),
            ("FAILURE_INJECTION_PARAM", "/wild-rydes/dev/faults".to_owned()),
        ]
        .into_iter()
        .collect();
        let moment = Duration::from_millis(1);
        Calling {
            url: ServiceUrl::try_from(self.fake.url("/unicorn").as_str()).expect("a legal address"),
            http: Client::new(Duration::from_secs(1), Schedule { attempts: 3, base: moment, cap: moment })
                .expect("a TLS stack"),
            dynamodb: dynamodb::client(&environment).expect("a whole environment"),
        }
    }

    /// What becomes of an event with this body and request id, changed by `change`.
    async fn told_of(&self, body: &str, id: &str, change: impl FnOnce(&mut Value)) -> Told {
        let lines = Arc::new(Mutex::new(String::new()));
        let sink = Arc::clone(&lines);
        let environment: Environment = [("STAGE", "dev")].into_iter().collect();
        let log = shared::telemetry::subscriber("calling", &environment, move |line| {
            sink.lock().expect("no poison").push_str(line);
        });
        let _guard = tracing::subscriber::set_default(log);
        let settings = Settings {
            service: "calling",
            stage: "dev".into(),
            timeout: Duration::from_secs(20),
            tracer: self.tracer.clone(),
        };
        let routes = Routes {
            method: Method::POST,
            path: "/ride",
            also: &[],
            more: &[],
            health: "/health",
            caller_budget: true,
            headers: HeaderMap::new(),
        };
        let adapter = Adapter::from(service(settings, routes, self.calling()));
        let mut event: Value = serde_json::from_str(include_str!("../../events/ride-post.json")).expect("JSON");
        event["body"] = body.into();
        for headers in ["headers", "multiValueHeaders"] {
            let value = if headers == "headers" { json!(id) } else { json!([id]) };
            event[headers]["X-Request-ID"] = value;
        }
        change(&mut event);
        let mut context = Context::default();
        context.xray_trace_id = Some(TRACE.to_owned());
        let answer = Injecting::new(self.faults(), adapter).call(LambdaEvent::new(event, context)).await;
        let result = answer.map(|response| serde_json::to_value(&response).expect("JSON"));
        let log = lines.lock().expect("no poison").clone();
        Told { result, log }
    }

    async fn told(&self, body: &str) -> Told {
        self.told_of(body, "r-1", |_| {}).await
    }

    fn paused(&self) -> Vec<u128> {
        self.pauses.lock().expect("no poison").iter().map(Duration::as_millis).collect()
    }
}

#[tokio::test]
async fn without_flags_nothing_happens_and_nothing_is_said_of_faults() {
    let told = Process::with(json!({})).await.told("{}").await;
    assert_eq!((told.status(), told.counted().len()), (201, 0));
    assert!(told.completed().get("faults").is_none(), "{}", told.log);
}

#[tokio::test]
async fn latency_waits_before_the_handler_and_is_counted_and_told() {
    let flag = json!({"seed": 42, "latency": {"enabled": true, "min_latency": 100, "max_latency": 400}});
    let process = Process::with(flag).await;
    let told = process.told("{}").await;
    assert_eq!((told.status(), told.counted()), (201, vec!["latency".to_owned()]));
    let paused = process.paused();
    assert!(matches!(paused[..], [ms] if (100..400).contains(&ms)), "{paused:?}");
    assert_eq!(told.completed()["faults"], "latency");
    assert!(told.log.contains("\"fault\":\"latency\",\"seed\":42,"), "{}", told.log);
    let again = process.told("{}").await;
    assert_eq!((again.status(), process.paused()[1]), (201, paused[0]), "the same request, the same wait");
}

#[tokio::test]
async fn a_timeout_outlasts_the_time_limit_unless_it_has_a_buffer() {
    let process = Process::with(json!({"timeout": {"enabled": true}})).await;
    assert_eq!(process.told("{}").await.counted(), ["timeout"]);
    assert!(process.paused()[0] > 20_000, "{:?}", process.paused());
    let process = Process::with(json!({"timeout": {"enabled": true, "timeout_buffer_ms": 500}})).await;
    assert_eq!(process.told("{}").await.status(), 201);
    assert!((19_000..=19_500).contains(&process.paused()[0]), "{:?}", process.paused());
}

#[tokio::test]
async fn a_status_stands_in_for_the_handler() {
    let process = Process::with(json!({"statuscode": {"enabled": true, "status_code": 404}})).await;
    let told = process.told("\"unicorn\"").await;
    assert_eq!((told.status(), told.body()), (404, r#"{"message":"Injected status code 404"}"#));
    assert!(told.result.as_ref().expect("an answer").to_string().contains("\"x-request-id\":[\"r-1\"]"));
    assert_eq!((process.fake.requests().len(), told.completed()["faults"].as_str()), (0, Some("statuscode")));
}

#[tokio::test]
async fn an_exception_is_a_failure_of_the_function() {
    let process = Process::with(json!({"exception": {"enabled": true, "exception_msg": "the table is on fire"}})).await;
    let told = process.told("\"unicorn\"").await;
    let diagnostic = told.result.as_ref().expect_err("no answer");
    let (kind, message) = (diagnostic.error_type.as_str(), diagnostic.error_message.as_str());
    assert_eq!((kind, message), ("InjectedException", "the table is on fire"));
    let line = told.completed();
    assert_eq!((&line["level"], &line["error"]), (&json!("ERROR"), &json!("the table is on fire")));
    assert_eq!((process.fake.requests().len(), told.counted()), (0, vec!["exception".to_owned()]));
}

#[tokio::test]
async fn a_body_is_replaced_or_mangled_that_of_a_problem_too() {
    let process = Process::with(json!({"corruption": {"enabled": true, "body": "<html>"}})).await;
    for (body, status) in [("{}", 201), ("\"fail\"", 500)] {
        let told = process.told(body).await;
        assert_eq!((told.status(), told.body()), (status, "<html>"));
    }
    let told = Process::with(json!({"corruption": {"enabled": true}})).await.told("{}").await;
    assert!(told.body().starts_with("{\"bo") && told.body().ends_with('\u{FFFD}'), "{}", told.body());
    assert_eq!((told.completed()["faults"].as_str(), told.counted().len()), (Some("corruption"), 1));
}

#[tokio::test]
async fn the_temporary_directory_fills() {
    let told = Process::with(json!({"diskspace": {"enabled": true, "disk_space": 0.5}})).await.told("{}").await;
    assert_eq!((told.status(), told.counted()), (201, vec!["diskspace".to_owned()]));
    assert!(told.log.contains("\"written_bytes\":524288"), "{}", told.log);
}

#[tokio::test]
async fn a_denied_host_is_not_reached_by_any_client() {
    let process = Process::with(json!({"denylist": {"enabled": true, "deny_list": ["^127\\.0\\.0\\.1$"]}})).await;
    let told = process.told("\"unicorn\"").await;
    assert_eq!(told.body(), "\"could not connect, by an injected fault\"");
    assert_eq!(told.counted().len(), 3, "each attempt is one");
    let told = process.told("\"put\"").await;
    assert!(told.body().starts_with("[3,") && told.body().contains("could not connect, by an injected fault"));
    assert_eq!(process.fake.requests().len(), 0);
    let process = Process::with(json!({"denylist": {"enabled": true, "deny_list": ["amazonaws"]}})).await;
    let told = process.told("\"unicorn\"").await;
    assert_eq!((told.body(), told.counted().len(), process.fake.requests().len()), ("\"200 OK\"", 0, 1));
}

fn dependency(service: &str, more: Value) -> Value {
    let mut flag = json!({"enabled": true, "service": service});
    flag.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
    json!({"seed": 3, "dependency": flag})
}

#[tokio::test]
async fn a_call_of_a_service_is_answered_so_and_retried_as_if_it_were_real() {
    for (more, said, attempts) in [
        (json!({"fault": "error"}), "\"500 Internal Server Error\"", 3),
        (json!({"fault": "error", "status_code": 503}), "\"503 Service Unavailable\"", 1),
        (json!({"fault": "throttle"}), "\"429 Too Many Requests\"", 3),
        (json!({"fault": "error", "operation": "POST"}), "\"200 OK\"", 0),
    ] {
        let process = Process::with(dependency("request-unicorn", more.clone())).await;
        let told = process.told("\"unicorn\"").await;
        assert_eq!((told.body(), told.counted().len()), (said, attempts), "{more}");
        assert_eq!(process.fake.requests().len(), usize::from(attempts == 0), "{more}");
    }
}

#[tokio::test]
async fn a_slow_call_has_the_rest_of_its_time_and_one_without_rest_is_a_time_out() {
    let slow = |ms: u32| json!({"fault": "latency", "min_latency": ms, "max_latency": ms});
    let process = Process::with(dependency("request-unicorn", slow(200))).await;
    let told = process.told("\"unicorn\"").await;
    assert_eq!((told.body(), process.paused()), ("\"200 OK\"", vec![200]));
    let requests = process.fake.requests();
    let remaining: u64 = requests[0].header("x-remaining-ms").expect("it is sent").parse().expect("a number");
    assert!(remaining <= 300, "{remaining}");
    let process = Process::with(dependency("request-unicorn", slow(900))).await;
    let told = process.told("\"unicorn\"").await;
    assert_eq!(told.body(), "\"no answer within 500 ms, by an injected fault\"");
    assert_eq!((process.paused(), process.fake.requests().len()), (vec![500; 3], 0));
}

#[tokio::test]
async fn a_call_of_aws_fails_below_the_sdk_which_retries_it() {
    for (more, attempts, kind) in [
        (json!({"fault": "error", "operation": "PutItem"}), 3, "InternalServerError"),
        (json!({"fault": "throttle"}), 3, "ProvisionedThroughputExceededException"),
        (json!({"fault": "error", "status_code": 400}), 1, "ValidationException"),
    ] {
        let process = Process::with(dependency("dynamodb", more.clone())).await;
        let told = process.told("\"put\"").await;
        assert!(told.body().starts_with(&format!("[{attempts},")) && told.body().contains(kind), "{}", told.body());
        assert_eq!((told.counted().len(), process.fake.requests().len()), (attempts, 0), "{more}");
    }
    let slow = json!({"fault": "latency", "min_latency": 70, "max_latency": 70});
    let process = Process::with(dependency("dynamodb", slow)).await;
    assert_eq!(process.told("\"put\"").await.body(), "[1,null]");
    assert_eq!((process.paused(), process.fake.requests().len()), (vec![70], 1));
    let process = Process::with(dependency("dynamodb", json!({"fault": "error", "operation": "Scan"}))).await;
    assert_eq!(process.told("\"put\"").await.body(), "[1,null]");
}

#[tokio::test]
async fn conditions_are_asked_of_the_event_as_it_came() {
    let only_post = json!([{"path": "requestContext.httpMethod", "value": "POST"},
        {"path": "headers.X-Request-ID", "value": "^r-1$", "operator": "regex"}]);
    let process = Process::with(json!({"statuscode": {"enabled": true, "match": only_post}})).await;
    assert_eq!(process.told("{}").await.status(), 500);
    assert_eq!(process.told_of("{}", "r-2", |_| {}).await.status(), 201);
    let told = process.told_of("{}", "r-1", |event| event["requestContext"]["httpMethod"] = "PUT".into()).await;
    assert_eq!(told.status(), 201);
}

/// Which of these requests fail.
async fn failing(process: &Process, ids: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut failing = Vec::new();
    for id in ids {
        if process.told_of("{}", &format!("ride-{id}"), |_| {}).await.status() == 500 {
            failing.push(id);
        }
    }
    failing
}

#[tokio::test]
async fn a_seed_replays_a_run_in_any_process_and_in_any_order() {
    let run = |seed| json!({"seed": seed, "statuscode": {"enabled": true, "percentage": 30}});
    let one = failing(&Process::with(run(1)).await, 0..60).await;
    assert!((8..=30).contains(&one.len()), "about 18 of 60: {one:?}");
    let other = Process { seed: 99, ..Process::with(run(1)).await };
    let mut backwards = failing(&other, (0..60).rev()).await;
    backwards.reverse();
    assert_eq!(one, backwards);
    assert_ne!(one, failing(&Process::with(run(2)).await, 0..60).await);
}

#[tokio::test]
async fn the_callee_is_told_which_attempt_it_serves_so_that_a_retry_is_a_new_chance() {
    let fake = Fake::start(|number| Reply::json(if number < 2 { 500 } else { 200 }, "{}")).await;
    let process = Process { fake, ..Process::with(json!({})).await };
    assert_eq!(process.told("\"unicorn\"").await.body(), "\"200 OK\"");
    let requests = process.fake.requests();
    let attempts: Vec<_> = requests.iter().map(|request| request.header("x-fault-attempt")).collect();
    assert_eq!(attempts, [Some("0"), Some("1"), Some("2")]);
    let run = json!({"seed": 1, "statuscode": {"enabled": true, "percentage": 50}});
    let process = Process::with(run).await;
    let mut statuses = Vec::new();
    for attempt in 0..20 {
        let told = process.told_of("{}", "r-1", |event| {
            event["headers"]["X-Fault-Attempt"] = attempt.to_string().into();
            event["multiValueHeaders"]["X-Fault-Attempt"] = json!([attempt.to_string()]);
        });
        statuses.push(told.await.status());
    }
    assert!(statuses.contains(&201) && statuses.contains(&500), "{statuses:?}");
}

#[tokio::test]
async fn what_cannot_be_read_fails_no_request() {
    let process = Process::with(json!({"statuscode": {"enabled": true}})).await;
    for text in [None, Some("{".to_owned()), Some("[]".to_owned()), Some(r#"{"statuscode": 500}"#.to_owned())] {
        *process.configuration.lock().expect("no poison") = text.clone();
        assert_eq!(process.told("{}").await.status(), 201, "{text:?}");
    }
}

#[tokio::test]
async fn the_trace_is_marked_at_the_request_and_at_the_call() {
    let daemon = Daemon::start();
    let latency = json!({"enabled": true, "min_latency": 5, "max_latency": 5});
    let mut flags = dependency("dynamodb", json!({"fault": "throttle"}));
    flags["latency"] = latency;
    let process = Process { tracer: daemon.tracer(), ..Process::with(flags).await };
    let told = process.told("\"put\"").await;
    assert_eq!(told.status(), 201);
    let documents = daemon.until_end_of("handler");
    assert_eq!(ended(&documents, "handler")["annotations"]["faults"], "latency,dependency");
    assert_eq!(ended(&documents, "injected_fault")["annotations"]["fault"], "latency");
    let call = ended(&documents, "DynamoDB");
    assert_eq!((&call["annotations"]["fault"], &call["throttle"]), (&json!("dependency"), &json!(true)));
}

#[tokio::test]
async fn a_call_that_was_never_sent_waits_for_nobody_in_the_trace() {
    let daemon = Daemon::start();
    let flags = dependency("request-unicorn", json!({"fault": "error", "status_code": 503}));
    let process = Process { tracer: daemon.tracer(), ..Process::with(flags).await };
    process.told("\"unicorn\"").await;
    let documents = daemon.until_end_of("handler");
    let call = ended(&documents, "request-unicorn");
    assert_eq!(
        (&call["annotations"]["fault"], &call["http"]["response"]["status"]),
        (&json!("dependency"), &json!(503))
    );
    assert!(call["http"]["request"].get("traced").is_none(), "{call}");
}
