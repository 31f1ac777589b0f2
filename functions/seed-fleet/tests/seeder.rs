//! The custom resource from CloudFormation's event to its answer.

#[path = "../../../shared/tests/canary/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod canary;
#[path = "../../../shared/tests/daemon/mod.rs"]
mod daemon;
#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use canary::Log;
use daemon::{Daemon, ended};
use fake::{Fake, Received, Reply};
use seed_fleet::{FleetTable, SERVICE, Seeder, Settings, WriteError};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::events::Caller;
use shared::http::Client;
use shared::retry::Schedule;
use shared::ride::Unicorn;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const CREATE: &str = include_str!("../../../events/fleet-create.json");
const UPDATE: &str = include_str!("../../../events/fleet-update.json");
const DELETE: &str = include_str!("../../../events/fleet-delete.json");

/// Notes what is done to it, until it is told to fail or to panic.
#[derive(Clone, Default)]
struct Table {
    done: Arc<Mutex<Vec<String>>>,
    mood: &'static str,
}

impl Table {
    fn note(&self, what: String) -> Result<(), WriteError> {
        match self.mood {
            "panic" => panic!("a bug"),
            "fail" => Err(WriteError::Put { name: what, source: "the table is gone".into() }),
            _ => {
                self.done.lock().expect("no poison").push(what);
                Ok(())
            }
        }
    }
}

impl FleetTable for Table {
    async fn put(&self, unicorn: &Unicorn, _: &Budget) -> Result<(), WriteError> {
        self.note(format!("+{}", unicorn.name.as_str()))
    }

    async fn remove(&self, name: &str, _: &Budget) -> Result<(), WriteError> {
        self.note(format!("-{name}"))
    }
}

/// What was done to the table, the answers that arrived, and whether the handler was content.
async fn run(sample: &str, mood: &'static str, change: impl FnOnce(&mut Value)) -> (Vec<String>, Vec<Value>, bool) {
    let fake = Fake::start(|number| if number == 0 { Reply::Close } else { Reply::text(200, "") }).await;
    let mut event: Value = serde_json::from_str(sample).expect("JSON");
    event["ResponseURL"] = fake.url("/answer?X-Amz-Signature=secret").into();
    change(&mut event);
    let schedule = Schedule { attempts: 3, base: Duration::from_millis(1), cap: Duration::from_millis(1) };
    let timeout = Duration::from_secs(60);
    let daemon = Daemon::start();
    let tracer = daemon.tracer();
    let common = shared::settings::Settings { service: SERVICE, stage: "dev".into(), timeout, tracer };
    let settings = Settings { common, table: "fleet-table".into(), connect_timeout: timeout, schedule };
    let client = Client::new(settings.connect_timeout, schedule).expect("a TLS stack");
    let table = Table { mood, ..Table::default() };
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let caller = Caller { request_id: "r-1".into(), xray_trace_id: Some(trace.into()), ..Caller::default() };
    let content = Seeder::new(settings, table.clone(), client).handle(event, caller).await.is_ok();
    let done = table.done.lock().expect("no poison").clone();
    let requests = fake.requests();
    assert!(requests.iter().all(|request| request.head.starts_with("PUT /answer?X-Amz-Signature=secret ")));
    assert!(requests.iter().all(|request| request.header("content-type").is_none()), "the URL is signed without one");
    assert_traced(&daemon.until_end_of("handler"), &requests, mood);
    let trace_headers = requests.iter().filter(|request| request.header("x-amzn-trace-id").is_some());
    assert_eq!(trace_headers.count(), 0, "CloudFormation has no part in our trace");
    // The first answer was lost on purpose; the second is the same.
    let answers = requests.iter().skip(1).map(|request| serde_json::from_str(&request.body).expect("JSON")).collect();
    (done, answers, content)
}

/// The trace of a seeding: the table's part and one subsegment an attempt at CloudFormation, of whom it tells the host alone.
fn assert_traced(documents: &[Value], requests: &[Received], mood: &str) {
    let handler = ended(documents, "handler");
    assert_eq!(
        handler["annotations"],
        json!({"request_id": "r-1", "service": "seed-fleet", "stage": "dev", "cold_start": true})
    );
    let told: Vec<_> = documents.iter().filter(|document| document["name"] == "cloudformation").collect();
    assert_eq!(told.len(), requests.len());
    for document in told {
        let request = &document["http"]["request"];
        assert!(request["url"].as_str().is_some_and(|url| url.matches('/').count() == 3 && url.ends_with('/')));
        assert_eq!((&document["parent_id"], request.get("traced")), (&handler["id"], None));
    }
    let seeded = documents.iter().find(|document| document["name"] == "seed_fleet");
    // A delete seeds nothing, whatever the table's mood.
    let faulty = !mood.is_empty() && requests.iter().any(|request| request.body.contains("FAILED"));
    assert!(seeded.is_none_or(|seeded| (seeded["fault"] == true) == faulty), "{mood}: {seeded:?}");
}

#[tokio::test]
async fn a_create_seeds_the_fleet_and_says_so() {
    let (done, answers, content) = run(CREATE, "", |_| {}).await;
    assert_eq!(done, ["+Bucephalus", "+Shadowfax", "+Rocinante"]);
    assert!(content);
    assert_eq!(answers.len(), 1);
    let answer = &answers[0];
    assert_eq!((&answer["Status"], &answer["Reason"]), (&json!("SUCCESS"), &json!("")));
    assert_eq!(answer["PhysicalResourceId"], "fleet-fleet-table");
    for key in ["StackId", "RequestId", "LogicalResourceId"] {
        assert_eq!(answer[key], serde_json::from_str::<Value>(CREATE).expect("JSON")[key], "{key}");
    }
}

#[tokio::test]
async fn an_update_keeps_the_physical_id_and_removes_what_is_no_longer_wanted() {
    let (done, answers, _) = run(UPDATE, "", |_| {}).await;
    assert_eq!(done, ["+Bucephalus", "+Shadowfax", "+Rocinante", "-Binky"]);
    assert_eq!(answers[0]["PhysicalResourceId"], "fleet-wild-rydes-dev-unicorns");
}

#[tokio::test]
async fn a_delete_does_nothing_and_succeeds() {
    let (done, answers, _) = run(DELETE, "panic", |_| {}).await;
    assert!(done.is_empty());
    assert_eq!(answers[0]["Status"], "SUCCESS");
}

#[tokio::test]
async fn failures_panics_and_wrong_properties_are_answered_with_a_reason() {
    let wrong = |event: &mut Value| event["ResourceProperties"]["Unicorns"][1]["Color"] = Value::Null;
    let right = |_: &mut Value| {};
    for (mood, change, reason) in [
        ("fail", &right as &dyn Fn(&mut Value), "unicorn +Bucephalus could not be put: the table is gone"),
        ("panic", &right, "a bug in seed-fleet; its log says more"),
        ("", &wrong, "property /Unicorns/1/Color must not be null"),
    ] {
        let (done, answers, content) = run(CREATE, mood, change).await;
        assert_eq!((answers[0]["Status"].as_str(), answers[0]["Reason"].as_str()), (Some("FAILED"), Some(reason)));
        assert!(done.is_empty() && content, "{mood}");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_answered_is_an_error() {
    let (done, answers, content) =
        run(CREATE, "", |event| event["ResponseURL"] = "http://169.254.169.254/".into()).await;
    assert!(done.is_empty() && answers.is_empty() && !content);
}

#[tokio::test]
async fn an_update_is_a_deployment_whether_it_works_or_not_and_nothing_else_is() {
    let log = Log::of(SERVICE);
    for (sample, mood, expected) in
        [(UPDATE, "", 1), (UPDATE, "fail", 1), (UPDATE, "panic", 1), (CREATE, "", 0), (DELETE, "", 0)]
    {
        run(sample, mood, |_| {}).await;
        let documents = canary::emf::documents(&log.take());
        let calls: Vec<_> = documents.iter().filter(|document| document["dependency"] == "cloudformation").collect();
        assert_eq!((calls.len(), &calls[0]["Retries"], &calls[0]["DependencyErrors"]), (1, &json!(1), &json!(0)));
        let deployments: Vec<_> = documents.iter().filter(|document| document.get("Deployments").is_some()).collect();
        assert_eq!(deployments.len(), expected, "{mood} {sample:.30}");
        for document in deployments {
            assert_eq!((&document["Deployments"], &document["service"]), (&json!(1), &json!("seed-fleet")));
            assert_eq!(document["request_id"], "r-1");
        }
    }
}

#[tokio::test]
async fn a_seeding_has_one_line_with_its_ids_and_why_it_failed() {
    shared::panic::quiet_panics();
    let log = Log::of(SERVICE);
    for (mood, level, error) in [
        ("", "INFO", None),
        ("fail", "ERROR", Some("unicorn +Bucephalus could not be put: the table is gone")),
        ("panic", "ERROR", Some("a bug")),
    ] {
        run(CREATE, mood, |_| {}).await;
        let text = log.take();
        let own = text.lines().filter(|line| line.contains("custom resource") || line.contains("a bug"));
        let [line] = own.collect::<Vec<_>>()[..] else { panic!("{text}") };
        let line: Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["level"], level, "{mood}");
        assert!(line["duration_ms"].is_f64() && line["cold_start"] == true, "{line}");
        assert_eq!((&line["request_id"], &line["function_request_id"]), (&json!("r-1"), &json!("r-1")));
        assert_eq!(line["xray_trace_id"], "1-5759e988-bd862e3fe1be46a994272793");
        let told = line.get("error").and_then(Value::as_str);
        assert!(
            told.zip(error).map_or(told.is_none() && error.is_none(), |(told, error)| told.ends_with(error)),
            "{line}"
        );
    }
}
