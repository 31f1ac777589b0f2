//! Requests and answers by the API's reference.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>

use super::*;

#[tokio::test]
async fn a_message_is_received_as_it_was_sent() {
    let sqs = sqs();
    let attributes = json!({
        "kind": {"DataType": "String", "StringValue": "x"},
        "size.kb": {"DataType": "Number", "StringValue": "-1.5e3"},
        "raw": {"DataType": "Binary.gif", "BinaryValue": "AP8="},
    });
    let trace =
        json!({"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}});
    let request = json!({"MessageBody": "test", "MessageAttributes": attributes, "MessageSystemAttributes": trace});
    let sent = ok(&sqs, "SendMessage", request).await;
    assert_eq!(sent["MD5OfMessageBody"], "098f6bcd4621d373cade4e832627b4f6");
    assert_eq!(sent["MD5OfMessageSystemAttributes"].as_str().map(str::len), Some(32));
    let request = json!({"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]});
    let received = ok(&sqs, "ReceiveMessage", request).await;
    let message = &received["Messages"][0];
    assert_eq!(message["Body"], "test");
    assert_eq!(message["MessageId"], sent["MessageId"]);
    assert_eq!(message["MD5OfBody"], sent["MD5OfMessageBody"]);
    assert_eq!(message["MD5OfMessageAttributes"], sent["MD5OfMessageAttributes"]);
    assert_eq!(message["MessageAttributes"], attributes);
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(message["Attributes"]["SenderId"], "AROA:somebody");
    assert_eq!(message["Attributes"]["AWSTraceHeader"], "Root=1-5759e988-bd862e3fe1be46a994272793");
    assert_eq!(ok(&sqs, "ReceiveMessage", json!({})).await, json!({}), "nothing left, and no list of it");
}

#[tokio::test]
async fn attributes_come_only_to_who_asks_for_them() {
    let sqs = sqs();
    let text = json!({"DataType": "String", "StringValue": "x"});
    let request = json!({"MessageBody": "b", "MessageAttributes": {"a.1": text, "a.2": text, "b": text}});
    ok(&sqs, "SendMessage", request).await;
    let request =
        json!({"VisibilityTimeout": 0, "MessageAttributeNames": ["a.*"], "AttributeNames": ["SentTimestamp"]});
    let message = ok(&sqs, "ReceiveMessage", request).await["Messages"][0].clone();
    let names: Vec<&String> = message["MessageAttributes"].as_object().expect("some").keys().collect();
    assert_eq!(names, ["a.1", "a.2"]);
    assert_eq!(message["Attributes"].as_object().map(|some| some.len()), Some(1));
}

#[tokio::test]
async fn a_batch_fails_message_by_message() {
    let sqs = sqs();
    let entries = json!([
        {"Id": "good", "MessageBody": "a"},
        {"Id": "control", "MessageBody": "\u{1}"},
        {"Id": "late", "MessageBody": "b", "DelaySeconds": 901},
    ]);
    let sent = ok(&sqs, "SendMessageBatch", json!({"Entries": entries})).await;
    assert_eq!(sent["Successful"].as_array().map(Vec::len), Some(1));
    assert_eq!(sent["Successful"][0]["Id"], "good");
    let codes: Vec<&Json> = sent["Failed"].as_array().expect("a list").iter().map(|one| &one["Code"]).collect();
    assert_eq!(codes, ["InvalidMessageContents", "InvalidParameterValue"]);
    assert_eq!(sent["Failed"][0]["SenderFault"], true);
    let handle = ok(&sqs, "ReceiveMessage", json!({})).await["Messages"][0]["ReceiptHandle"].clone();
    let entries = json!([{"Id": "1", "ReceiptHandle": handle}, {"Id": "2", "ReceiptHandle": "x"}]);
    let deleted = ok(&sqs, "DeleteMessageBatch", json!({"Entries": entries})).await;
    assert_eq!(deleted["Successful"], json!([{"Id": "1"}]));
    assert_eq!(deleted["Failed"][0]["Code"], "ReceiptHandleIsInvalid");
    let entries = json!([{"Id": "1", "ReceiptHandle": handle, "VisibilityTimeout": 1}]);
    let changed = ok(&sqs, "ChangeMessageVisibilityBatch", json!({"Entries": entries})).await;
    assert_eq!(changed["Failed"][0]["Code"], "InvalidParameterValue", "{changed}");
}

#[tokio::test]
async fn a_batch_that_is_none_is_refused_as_a_whole() {
    let sqs = sqs();
    let entry = |id: &str| json!({"Id": id, "MessageBody": "x"});
    let eleven: Vec<Json> = (0..11).map(|id| entry(&id.to_string())).collect();
    let half = "x".repeat(600_000);
    for (entries, code) in [
        (json!([]), Code::EmptyBatchRequest),
        (json!(eleven), Code::TooManyEntriesInBatchRequest),
        (json!([entry("a"), entry("a")]), Code::BatchEntryIdsNotDistinct),
        (json!([entry("a b")]), Code::InvalidBatchEntryId),
        (json!([{"Id": "a", "MessageBody": half}, {"Id": "b", "MessageBody": half}]), Code::BatchRequestTooLong),
    ] {
        assert_eq!(refused(&sqs, "SendMessageBatch", json!({"Entries": entries})).await, code);
    }
    assert_eq!(sqs.depth("q").all(), 0);
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let sqs = sqs();
    let attribute = |value: Json| json!({"MessageBody": "b", "MessageAttributes": {"a": value}});
    for (operation, request, code) in [
        ("SendMessage", json!({}), Code::MissingParameter),
        ("SendMessage", json!({"MessageBody": ""}), Code::MissingParameter),
        ("SendMessage", json!({"MessageBody": "\u{fffe}"}), Code::InvalidMessageContents),
        ("SendMessage", json!({"MessageBody": "b", "MessageGroupId": "g"}), Code::UnsupportedOperation),
        ("SendMessage", json!({"MessageBody": "b", "QueueUrl": "http://h/123456789012/x"}), Code::QueueDoesNotExist),
        ("SendMessage", json!({"MessageBody": "b", "QueueUrl": "http://h/999999999999/q"}), Code::QueueDoesNotExist),
        ("SendMessage", attribute(json!({"DataType": "Text", "StringValue": "x"})), Code::InvalidParameterValue),
        ("SendMessage", attribute(json!({"DataType": "Number", "StringValue": "x"})), Code::InvalidParameterValue),
        ("SendMessage", attribute(json!({"DataType": "String", "StringValue": ""})), Code::InvalidParameterValue),
        ("SendMessage", attribute(json!({"DataType": "Binary", "BinaryValue": "?"})), Code::InvalidParameterValue),
        ("ReceiveMessage", json!({"MaxNumberOfMessages": 11}), Code::InvalidParameterValue),
        ("ReceiveMessage", json!({"WaitTimeSeconds": 21}), Code::InvalidParameterValue),
        ("ReceiveMessage", json!({"VisibilityTimeout": 43_201}), Code::InvalidParameterValue),
        ("ChangeMessageVisibility", json!({"ReceiptHandle": "x"}), Code::MissingParameter),
        ("GetQueueAttributes", json!({"AttributeNames": ["Colour"]}), Code::InvalidAttributeName),
        ("GetQueueUrl", json!({"QueueName": "nowhere"}), Code::QueueDoesNotExist),
        ("CreateQueue", json!({"QueueName": "q"}), Code::UnknownOperationException),
    ] {
        assert_eq!(refused(&sqs, operation, request.clone()).await, code, "{operation} {request}");
    }
    assert_eq!(sqs.depth("q").all(), 0);
}

#[tokio::test]
async fn a_queue_says_what_it_is() {
    let sqs = sqs();
    ok(&sqs, "SendMessage", json!({"MessageBody": "a"})).await;
    let all = ok(&sqs, "GetQueueAttributes", json!({"AttributeNames": ["All"]})).await["Attributes"].clone();
    assert_eq!(all["ApproximateNumberOfMessages"], "1");
    assert_eq!(all["VisibilityTimeout"], "30");
    assert_eq!(all["QueueArn"], "arn:aws:sqs:eu-west-1:123456789012:q");
    assert_eq!(all["SqsManagedSseEnabled"], "true");
    for name in ["CreatedTimestamp", "LastModifiedTimestamp"] {
        let second: i64 = all[name].as_str().and_then(|text| text.parse().ok()).expect("seconds of the epoch");
        assert!((0..60).contains(&(Timestamp::now().as_second() - second)), "{name} {second}");
    }
    let policy = all["RedrivePolicy"].as_str().expect("a text");
    assert_eq!(
        serde_json::from_str::<Json>(policy).expect("JSON"),
        json!({"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:dead", "maxReceiveCount": 1})
    );
    let one = ok(&sqs, "GetQueueAttributes", json!({"AttributeNames": ["DelaySeconds", "Policy"]})).await;
    assert_eq!(one, json!({"Attributes": {"DelaySeconds": "0"}}));
    let url = ok(&sqs, "GetQueueUrl", json!({"QueueName": "q"})).await;
    assert_eq!(url["QueueUrl"], "https://sqs.eu-west-1.amazonaws.com/123456789012/q");
    ok(&sqs, "PurgeQueue", json!({})).await;
    assert_eq!(refused(&sqs, "PurgeQueue", json!({})).await, Code::PurgeQueueInProgress);
}

#[tokio::test]
async fn a_long_poll_ends_with_the_first_message() {
    let sqs = sqs();
    let waiting = {
        let sqs = sqs.clone();
        tokio::spawn(async move { ok(&sqs, "ReceiveMessage", json!({"WaitTimeSeconds": 20})).await })
    };
    // On one thread, so that it is waiting by now.
    tokio::task::yield_now().await;
    let started = std::time::Instant::now();
    ok(&sqs, "SendMessage", json!({"MessageBody": "a"})).await;
    let received = waiting.await.expect("no panic");
    assert_eq!(received["Messages"][0]["Body"], "a");
    assert!(started.elapsed() < Duration::from_secs(15), "it did not wait for its end");
}

#[tokio::test]
async fn a_long_poll_sees_what_becomes_visible_by_itself() {
    let sqs = sqs();
    ok(&sqs, "SendMessage", json!({"MessageBody": "a", "DelaySeconds": 1})).await;
    assert_eq!(ok(&sqs, "ReceiveMessage", json!({"WaitTimeSeconds": 0})).await, json!({}));
    let started = std::time::Instant::now();
    let received = ok(&sqs, "ReceiveMessage", json!({"WaitTimeSeconds": 20})).await;
    assert_eq!(received["Messages"][0]["Body"], "a");
    assert!(started.elapsed() < Duration::from_secs(5), "it did not wait for its end");
}

#[tokio::test]
async fn a_service_sends_all_or_nothing() {
    let sqs = sqs();
    let arn = format!("{PREFIX}:q");
    let send = |bodies: &[&str]| {
        let bodies = bodies.iter().map(|body| (*body).to_owned()).collect();
        let (sqs, arn) = (sqs.clone(), arn.clone());
        async move { sqs.send_from_service(&arn, bodies).await }
    };
    assert_eq!(send(&["a", "\u{0}"]).await.map_err(|error| error.code), Err(Code::InvalidMessageContents));
    assert_eq!(
        send(&["a", &"x".repeat(engine::MAX_SIZE + 1)]).await.map_err(|error| error.code),
        Err(Code::InvalidParameterValue)
    );
    assert_eq!(sqs.contents("q"), []);
    assert_eq!(send(&["a", "b"]).await.expect("sent").len(), 2);
    let bodies: Vec<String> = sqs.contents("q").iter().map(|content| content.body.clone()).collect();
    assert_eq!(bodies, ["a", "b"]);
    let nowhere = sqs.send_from_service("arn:aws:sqs:eu-west-1:123456789012:x", Vec::new()).await;
    assert_eq!(nowhere.expect_err("no queue").code, Code::QueueDoesNotExist);
    sqs.switch.set(Some(crate::aws::Trouble::Fail));
    assert_eq!(send(&["c"]).await.expect_err("broken").code, Code::InternalFailure);
}
