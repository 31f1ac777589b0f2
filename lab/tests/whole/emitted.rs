//! What the template's alarms and dashboards read is really written: by the functions and the rooms of a lab that has been given
//! a hard time, not by a list of names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use http::Method;
use lab::assembly::Lab;
use lab::template::{MetricName, Source, Stack, graphed};
use serde_json::json;

use crate::client::{RIDE, get, post, send, switch};
use crate::payments::{ordered, until};
use crate::stack::{self, Variation, url};

/// Namespace, name and dimensions' names. Which function or table it is of makes no difference to whether it is written.
type Kind = (String, String, Vec<String>);

/// What nothing in the lab writes: its tables have no capacity to run out of, and its engine carries out one transaction after the
/// other. `data/alarms.txt` has these metrics as AWS writes them.
const NOT_WRITTEN: [(&str, &str, &[&str]); 5] = [
    ("AWS/DynamoDB", "TransactionConflict", &["TableName"]),
    ("AWS/DynamoDB", "ReadThrottleEvents", &["TableName"]),
    ("AWS/DynamoDB", "WriteThrottleEvents", &["TableName"]),
    ("AWS/DynamoDB", "ReadThrottleEvents", &["GlobalSecondaryIndexName", "TableName"]),
    ("AWS/DynamoDB", "WriteThrottleEvents", &["GlobalSecondaryIndexName", "TableName"]),
];

fn of(namespace: &str, name: &str, dimensions: &[&str]) -> Kind {
    (namespace.to_owned(), name.to_owned(), dimensions.iter().map(|name| (*name).to_owned()).collect())
}

fn kind(metric: &MetricName) -> Kind {
    (metric.namespace.clone(), metric.name.clone(), metric.dimensions.keys().cloned().collect())
}

/// What is read, with one of those who read it.
fn read(stack: &Stack) -> BTreeMap<Kind, String> {
    let mut read = BTreeMap::new();
    for alarm in stack.alarms.values() {
        for query in &alarm.queries {
            if let Source::Metric { metric, .. } = &query.source {
                read.insert(kind(metric), alarm.name.clone());
            }
        }
    }
    for dashboard in stack.dashboards.values() {
        let widgets = dashboard.body["widgets"].as_array().expect("widgets").iter();
        for widget in widgets.filter(|widget| widget["type"] == "metric") {
            for line in graphed(&widget["properties"]).expect("lines") {
                if let Source::Metric { metric, .. } = &line.source {
                    read.insert(kind(metric), dashboard.name.clone());
                }
            }
        }
    }
    read
}

fn written(lab: &Lab) -> BTreeSet<Kind> {
    lab.instruments.metrics.list().iter().map(|listed| kind(&listed.metric)).collect()
}

async fn start(data: &Path, release: &str) -> Lab {
    // Queues are told of once a minute: twelve seconds.
    let variation = Variation::default().scheduled().compress(5).data(data).parameter("Release", release);
    variation.parameter("ReservedConcurrency", "4").parameter("TableBillingMode", "PROVISIONED").start().await
}

async fn book(lab: &Lab, key: &str) -> u16 {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    send(Method::POST, &url(lab, "/ride"), &headers, RIDE).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alarms_and_dashboards_read_is_written() {
    // The second start is an update of what the first has made, as a deployment is.
    let directory = tempfile::tempdir().expect("a directory");
    drop(start(directory.path(), "1").await);
    let lab = start(directory.path(), "2").await;
    assert_eq!(book(&lab, "once").await, 201);
    assert_eq!(book(&lab, "once").await, 201);
    // The unicorns are kept by whoever has read them: an environment that starts has not.
    lab.lambda.retire("RequestUnicornFunction");
    for table in ["RidesTable", "IdempotencyTable", "UnicornsTable"] {
        switch(&lab, table, Some("fail")).await;
        book(&lab, table).await;
        switch(&lab, table, None).await;
    }
    let wrong = [("x-amz-target", "DynamoDB_20120810.PutItem"), ("content-type", "application/x-amz-json-1.0")];
    let item = json!({"TableName": lab.table("RidesTable"), "Item": {}}).to_string();
    assert_eq!(send(Method::POST, &lab.endpoints.dynamodb, &wrong, item).await.status, 400);
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    // A ride that is no ride, one that finance refuses, and so many failures in a row that finance is left alone.
    let no_ride = json!({"TableName": lab.table("RidesTable"), "Item": {"RideId": {"S": "none"}}});
    lab.dynamodb.call("PutItem", &no_ride).await.expect("stored");
    let scenario = "/dev/finance/scenario";
    ordered(&lab, scenario, &json!({"scenario": "BrokenOrder"})).await;
    until(&lab, "/dev/count", "the broken order failed", |count| count["failed"] == 1).await;
    ordered(&lab, scenario, &json!({"scenario": "UnreliableProcessing", "percentage": 100})).await;
    for number in 0..15 {
        assert_eq!(book(&lab, &format!("unpaid-{number}")).await, 201);
    }
    // No function of ours prints what CloudWatch cannot read.
    let unruly = stack::unruly().start().await;
    assert_eq!(get(&url(&unruly, "/unruly/malformed")).await.status, 200);

    let wanted = read(&lab.stack);
    assert!(wanted.len() > 30, "metrics were found: {}", wanted.len());
    let excused: BTreeSet<Kind> =
        NOT_WRITTEN.iter().map(|(namespace, name, dimensions)| of(namespace, name, dimensions)).collect();
    let missing = || {
        let written: BTreeSet<Kind> = written(&lab).union(&written(&unruly)).cloned().collect();
        let missing = wanted.iter().filter(|(kind, _)| !written.contains(*kind) && !excused.contains(*kind));
        missing.map(|(kind, by)| format!("{kind:?}, which {by} reads")).collect::<Vec<_>>()
    };
    let deadline = Instant::now() + Duration::from_secs(40);
    for number in 0.. {
        if missing().is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "never written: {:#?}", missing());
        // The age of a queue leaves out what was received three times, so that somebody has to come meanwhile.
        book(&lab, &format!("late-{number}")).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    for kind in excused {
        assert!(wanted.contains_key(&kind), "nothing reads {kind:?} any more");
        assert!(!written(&lab).contains(&kind), "{kind:?} is written after all");
    }
}
