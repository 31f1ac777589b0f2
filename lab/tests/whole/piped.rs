//! From a table over a function to a queue, with real processes.

use std::path::Path;

use lab::assembly::Lab;
use serde_json::{Value, json};

use super::stack::{Variation, eventually};

/// A lab whose seconds of back-off take a twentieth.
async fn start(data: Option<&Path>) -> Lab {
    let variation = Variation::default().template(include_str!("piped.yaml")).compress(20);
    data.into_iter().fold(variation, Variation::data).start().await
}

async fn put(lab: &Lab, id: &str, rider: Option<&str>) {
    let mut item = json!({"Id": {"S": id}});
    if let Some(rider) = rider {
        item["Rider"] = json!({"S": rider});
    }
    lab.dynamodb.call("PutItem", &json!({"TableName": "items", "Item": item})).await.expect("stored");
}

fn bodies(lab: &Lab, queue: &str) -> Vec<Value> {
    let contents = lab.sqs.contents(queue);
    contents.iter().map(|content| serde_json::from_str(&content.body).expect("JSON")).collect()
}

/// The ids of the jobs that were made, in the order of their coming.
fn jobs(lab: &Lab) -> Vec<String> {
    bodies(lab, "jobs").iter().map(|job| job["Id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn new_items_become_jobs_and_a_bad_one_steps_aside() {
    let lab = start(None).await;
    put(&lab, "1", Some("ada")).await;
    put(&lab, "1", Some("changed")).await;
    put(&lab, "p", Some("probe")).await;
    put(&lab, "bad", None).await;
    put(&lab, "2", None).await;
    eventually("the second item is a job", || jobs(&lab).len() == 2).await;
    assert_eq!(jobs(&lab), ["1", "2"]);
    let letters = bodies(&lab, "dead");
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0]["context"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(letters[0]["DDBStreamBatchInfo"]["streamArn"].as_str(), lab.stack.tables["Items"].stream_arn.as_deref());
    let told = lab.logs.lines().into_iter().any(|line| line.text.contains("PIPE jobs: 1 records are given up"));
    assert!(told, "the log says so");
}

#[tokio::test]
async fn a_function_that_is_killed_at_its_work_loses_nothing() {
    let lab = start(None).await;
    put(&lab, "kill", None).await;
    put(&lab, "after", None).await;
    // The function ends its own process at that item, every time: the batch is halved, and only that item is given up.
    eventually("the item behind it is a job", || jobs(&lab) == ["after"]).await;
    assert_eq!(bodies(&lab, "dead").len(), 1);
}

#[tokio::test]
async fn what_the_queue_held_comes_again_after_a_restart() {
    let directory = tempfile::tempdir().expect("a directory");
    {
        let lab = start(Some(directory.path())).await;
        put(&lab, "1", None).await;
        eventually("it is a job", || jobs(&lab) == ["1"]).await;
    }
    let lab = start(Some(directory.path())).await;
    put(&lab, "2", None).await;
    eventually("both are jobs", || jobs(&lab) == ["1", "2"]).await;
}
