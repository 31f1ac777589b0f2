//! The room through AWS's own client, which knows the protocol from AWS's model of it.

use aws_credential_types::Credentials;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Region};
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeName, MessageSystemAttributeNameForSends, MessageSystemAttributeValue,
    QueueAttributeName, SendMessageBatchRequestEntry,
};
use aws_sdk_sqs::{Client, Config};

use super::served::{Served, serve};
use super::*;

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

async fn client(sqs: &Sqs) -> (Client, Served) {
    let served = serve(sqs).await;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("person", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(&served.origin)
        .build();
    (Client::from_conf(config), served)
}

fn url(name: &str) -> String {
    format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{name}")
}

#[tokio::test]
async fn a_message_goes_all_the_way() {
    let sqs = sqs();
    let (client, _served) = client(&sqs).await;
    let own =
        MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([0, 255])).build().expect("whole");
    let trace = MessageSystemAttributeValue::builder().data_type("String").string_value(TRACE).build();
    let sent = client
        .send_message()
        .queue_url(url("q"))
        .message_body("test")
        .message_attributes("raw", own.clone())
        .message_system_attributes(MessageSystemAttributeNameForSends::AwsTraceHeader, trace.expect("whole"))
        .send()
        .await
        .expect("sent");
    assert_eq!(sent.md5_of_message_body(), Some("098f6bcd4621d373cade4e832627b4f6"));
    let received = client
        .receive_message()
        .queue_url(url("q"))
        .wait_time_seconds(5)
        .message_attribute_names("All")
        .message_system_attribute_names(MessageSystemAttributeName::All)
        .send()
        .await
        .expect("received");
    let message = &received.messages()[0];
    assert_eq!((message.body(), message.message_id()), (Some("test"), sent.message_id()));
    assert_eq!(message.md5_of_message_attributes(), sent.md5_of_message_attributes());
    assert_eq!(message.message_attributes().and_then(|all| all.get("raw")), Some(&own));
    let system = message.attributes().expect("some");
    assert_eq!(system[&MessageSystemAttributeName::AwsTraceHeader], TRACE);
    assert_eq!(system[&MessageSystemAttributeName::ApproximateReceiveCount], "1");
    let handle = message.receipt_handle().expect("a handle");
    let change = client.change_message_visibility().queue_url(url("q")).receipt_handle(handle);
    change.visibility_timeout(60).send().await.expect("changed");
    client.delete_message().queue_url(url("q")).receipt_handle(handle).send().await.expect("deleted");
    let attributes = client.get_queue_attributes().queue_url(url("q")).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await.expect("attributes");
    let attributes = attributes.attributes().expect("some");
    assert_eq!(attributes[&QueueAttributeName::ApproximateNumberOfMessages], "0");
    assert_eq!(attributes[&QueueAttributeName::VisibilityTimeout], "30");
    let found = client.get_queue_url().queue_name("q").send().await.expect("found");
    assert_eq!(found.queue_url(), Some(url("q").as_str()));
}

#[tokio::test]
async fn a_batch_says_what_failed() {
    let sqs = sqs();
    let (client, _served) = client(&sqs).await;
    let entry = |id: &str, body: &str| {
        SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().expect("whole")
    };
    let batch = client.send_message_batch().queue_url(url("q"));
    let sent = batch.entries(entry("a", "x")).entries(entry("b", "\u{1}")).send().await.expect("answered");
    assert_eq!(sent.successful().iter().map(|one| one.id()).collect::<Vec<_>>(), ["a"]);
    let failed: Vec<(&str, &str, bool)> =
        sent.failed().iter().map(|one| (one.id(), one.code(), one.sender_fault())).collect();
    assert_eq!(failed, [("b", "InvalidMessageContents", true)]);
}

#[tokio::test]
async fn dead_letters_are_moved_and_listed() {
    let sqs = sqs();
    let (client, _served) = client(&sqs).await;
    client.send_message().queue_url(url("q")).message_body("a").send().await.expect("sent");
    for _ in 0..2 {
        client.receive_message().queue_url(url("q")).visibility_timeout(0).send().await.expect("answered");
    }
    let dead = format!("{PREFIX}:dead");
    let started = client.start_message_move_task().source_arn(&dead).max_number_of_messages_per_second(500);
    let started = started.send().await.expect("started");
    assert!(started.task_handle().is_some());
    let back = client.receive_message().queue_url(url("q")).wait_time_seconds(10).send().await.expect("answered");
    assert_eq!(back.messages()[0].body(), Some("a"));
    let listed = client.list_message_move_tasks().source_arn(&dead).send().await.expect("listed");
    let task = &listed.results()[0];
    assert_eq!((task.status(), task.approximate_number_of_messages_moved()), (Some("COMPLETED"), 1));
}

#[tokio::test]
async fn errors_are_those_of_the_model() {
    let sqs = sqs();
    let (client, _served) = client(&sqs).await;
    let error = client.send_message().queue_url(url("x")).message_body("b").send().await.expect_err("no queue");
    assert!(error.into_service_error().is_queue_does_not_exist());
    let error = client.send_message().queue_url(url("q")).message_body("\u{1}").send().await.expect_err("refused");
    assert!(error.into_service_error().is_invalid_message_contents());
    let error = client.delete_message().queue_url(url("q")).receipt_handle("x").send().await.expect_err("refused");
    assert!(error.into_service_error().is_receipt_handle_is_invalid());
    let error = client.send_message_batch().queue_url(url("q")).set_entries(Some(Vec::new())).send().await;
    assert!(error.expect_err("refused").into_service_error().is_empty_batch_request());
    client.send_message().queue_url(url("q")).message_body("b").send().await.expect("sent");
    let received = client.receive_message().queue_url(url("q")).visibility_timeout(0).send().await.expect("received");
    let change = client.change_message_visibility().queue_url(url("q")).visibility_timeout(1);
    let change = change.set_receipt_handle(received.messages()[0].receipt_handle().map(str::to_owned));
    let error = change.send().await.expect_err("it is visible");
    assert!(error.into_service_error().is_message_not_inflight());
    client.purge_queue().queue_url(url("q")).send().await.expect("purged");
    let error = client.purge_queue().queue_url(url("q")).send().await.expect_err("too soon");
    assert!(error.into_service_error().is_purge_queue_in_progress());
    let error = client.start_message_move_task().source_arn("arn:aws:sqs:r:a:x").send().await.expect_err("no queue");
    assert!(error.into_service_error().is_resource_not_found_exception());
    let error = client.receive_message().queue_url(url("q")).max_number_of_messages(11).send().await;
    assert_eq!(error.expect_err("refused").code(), Some("InvalidParameterValue"));
    sqs.switch.set(Some(crate::aws::Trouble::Throttle));
    let error = client.send_message().queue_url(url("q")).message_body("b").send().await.expect_err("throttled");
    assert!(error.into_service_error().is_request_throttled());
}
