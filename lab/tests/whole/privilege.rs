//! Least privilege, proven: what each function did, as the lab saw it, against what the template's policies allow it.

use std::collections::{BTreeMap, BTreeSet};

use lab::assembly::Lab;
use lab::aws::Call;
use lab::iam::{self, Decision};
use lab::lambda::{Invocation, Outcome};
use serde_json::{Value, json};

use crate::client::{RIDE, post, send};
use crate::payments::{asked, book, ordered, until};
use crate::signed::send_as_person;
use crate::stack::{Variation, eventually, url};

/// Actions of the platform on a function's behalf, which no code of ours calls: the log and the trace.
const OF_THE_PLATFORM: [&str; 2] = ["logs:", "xray:"];

/// Actions that IAM grants on everything or not at all.
const ON_EVERYTHING: [&str; 1] = ["cloudwatch:DescribeAlarms"];

/// Every path of a payment: charged; tried again; refused; no job at all; redriven from the dead letters. And what the page asks for.
async fn pay(lab: &Lab) {
    let scenario = "/dev/finance/scenario";
    let all = |count: &Value| count["inQueue"] == 0 && count["complete"].as_u64() >= Some(2);
    until(lab, "/dev/count", "the rides are paid for", all).await;
    ordered(lab, scenario, &json!({"scenario": "UnreliableProcessing", "percentage": 100})).await;
    let ride = book(lab).await;
    let tried = |list: &Value| list["payments"][0]["Attempts"].as_u64() >= Some(1);
    until(lab, "/dev/payments?status=Queued", "it is tried", tried).await;
    ordered(lab, scenario, &json!({"scenario": "Reset"})).await;
    let once = |charges: &Value| charges["charged"] == 1;
    until(lab, &format!("/dev/finance/charges?ride={ride}"), "it is charged", once).await;
    ordered(lab, scenario, &json!({"scenario": "BrokenOrder"})).await;
    let red = |list: &Value| list["payments"].as_array().is_some_and(|list| list.len() == 1);
    let failed = until(lab, "/dev/payments?status=Failed", "it failed", red).await["payments"][0].clone();
    let dead_letters = &lab.stack.queues["PaymentsDeadLetters"];
    let letter = json!({"RideId": failed["RideId"], "RequestTime": failed["PlacedAt"]}).to_string();
    lab.sqs.send_from_service(&dead_letters.arn, vec![letter]).await.expect("sent");
    let moved = ordered(lab, "/dev/payments/redrive", &json!({"limit": 1})).await.json();
    assert_eq!(moved["moved"], 1, "{moved}");
    let no_job = vec!["no job".to_owned()];
    lab.sqs.send_from_service(&lab.stack.queues["PaymentsQueue"].arn, no_job).await.expect("sent");
    eventually("what is no job is among the dead letters", || lab.sqs.depth(&dead_letters.name).all() == 1).await;
    asked(lab, "/dev/finance/charges").await;
    assert_eq!(send_as_person(lab, http::Method::GET, "/dev/ops", "").await.status, 200);
}

/// Every path through the functions that touches AWS: a new fleet, a changed fleet, rides with and without an idempotency
/// key, a repeated one, another body with the same key, and a key while the fleet is gone.
async fn full_run() -> (Vec<Call>, Lab) {
    let data = tempfile::tempdir().expect("a directory");
    let first = Variation::default().data(data.path()).start().await;
    let to = url(&first, "/ride");
    assert_eq!(post(&to, RIDE).await.status, 201);
    let keyed = [("content-type", "application/json"), ("idempotency-key", "key-1")];
    for _ in 0..2 {
        assert_eq!(send(http::Method::POST, &to, &keyed, RIDE).await.status, 201);
    }
    let other = RIDE.replace("42.", "43.");
    assert_eq!(send(http::Method::POST, &to, &keyed, other).await.status, 422);
    let heartbeat = Invocation::new("{}", "");
    let beat = first.lambda.invoke("ProbeFunction", heartbeat).await;
    assert!(matches!(beat, Outcome::Success(_)), "{beat:?}");
    pay(&first).await;
    let mut calls = first.calls.all();
    // The first lab must be gone, for its database is used again.
    drop(first);
    // A unicorn leaves the fleet: the update removes it.
    let second = Variation::default()
        .changed(|stack| {
            for resource in stack.custom_resources.values_mut() {
                if let Some(Value::Array(unicorns)) = resource.properties.get_mut("Unicorns") {
                    unicorns.pop();
                }
            }
        })
        .data(data.path())
        .start()
        .await;
    calls.extend(second.calls.all());
    // No unicorn can be had: a key is looked up all the same.
    let without_fleet = Variation::default()
        .changed(|stack| {
            for role in stack.roles.values_mut() {
                role.statements.retain(|statement| statement["Action"] != "dynamodb:Scan");
            }
        })
        .start()
        .await;
    let refused = send(http::Method::POST, &url(&without_fleet, "/ride"), &keyed, RIDE).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
    calls.extend(without_fleet.calls.all());
    (calls, second)
}

/// Actions and resources by function, as they were called.
fn by_function(calls: Vec<Call>) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut called: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for call in calls {
        if let Some(function) = call.function {
            called.entry(function).or_default().insert((call.action, call.resource));
        }
    }
    called
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_function_may_do_all_it_does_and_nothing_it_never_did() {
    let (calls, lab) = full_run().await;
    let called = by_function(calls);
    let stack = &lab.stack;
    for function in stack.functions.values() {
        let none = BTreeSet::new();
        let did = called.get(&function.name).unwrap_or(&none);
        let role = stack
            .roles
            .values()
            .find(|role| Some(&role.arn) == function.role_arn.as_ref())
            .unwrap_or_else(|| panic!("{} has a role of its own", function.name));
        for (action, resource) in did {
            let decision = iam::evaluate(&role.statements, action, resource).expect("judged");
            assert_eq!(decision, Decision::Allowed, "{} did {action} on {resource}", function.name);
        }
        for statement in &role.statements {
            let (actions, resources) = (texts(&statement["Action"]), texts(&statement["Resource"]));
            let [action] = actions[..] else { panic!("{}: one action a statement: {statement}", function.name) };
            let [resource] = resources[..] else { panic!("{}: one resource a statement: {statement}", function.name) };
            assert!(!action.contains('*'), "{}: {statement}", function.name);
            if OF_THE_PLATFORM.iter().any(|prefix| action.starts_with(prefix)) {
                continue;
            }
            let on_everything = ON_EVERYTHING.contains(&action);
            assert_eq!(resource.contains('*'), on_everything, "{}: {statement}", function.name);
            let used = did.iter().any(|(done, on)| done == action && (on == resource || on_everything));
            assert!(used, "{} may {action} on {resource} and never did; it did {did:?}", function.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_without_the_right_is_refused_as_aws_would() {
    let lab = Variation::default()
        .changed(|stack| {
            for role in stack.roles.values_mut() {
                role.statements.retain(|statement| statement["Action"] != "dynamodb:PutItem");
            }
        })
        .try_start()
        .await;
    // Already the fleet cannot be seeded.
    let error = lab.expect_err("does not start").to_string();
    assert!(error.contains("FAILED"), "{error}");
}
