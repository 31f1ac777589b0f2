//! The event that a function gets.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value as Json, json};

use crate::sqs::engine::{Attribute, Received, Value};
use crate::sqs::{Sqs, digest};

/// A message as a record of the event. The trace of its sender goes with it, as the attribute `AWSTraceHeader`; the invocation
/// is a trace of its own, which X-Ray links to those of all its messages.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html>
pub(super) fn record(received: &Received, sqs: &Sqs, queue_arn: &str, region: &str) -> Json {
    let content = &received.content;
    let attributes: Map<String, Json> =
        content.attributes.iter().map(|(name, attribute)| (name.clone(), shown(attribute))).collect();
    let mut record = json!({
        "messageId": received.id,
        "receiptHandle": received.handle,
        "body": content.body,
        "attributes": sqs.system_attributes(received),
        "messageAttributes": attributes,
        "md5OfBody": digest::of_body(&content.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": region,
    });
    if let Some(sum) = digest::of_attributes(&content.attributes) {
        record["md5OfMessageAttributes"] = sum.into();
    }
    record
}

/// Lists are always there, and always empty.
fn shown(attribute: &Attribute) -> Json {
    let mut shown = json!({"stringListValues": [], "binaryListValues": [], "dataType": attribute.data_type});
    match &attribute.value {
        Value::Text(text) => shown["stringValue"] = text.clone().into(),
        Value::Binary(bytes) => shown["binaryValue"] = STANDARD.encode(bytes).into(),
    }
    shown
}

/// The event of these records.
pub(super) fn event(records: Vec<Json>) -> Bytes {
    json!({"Records": records}).to_string().into()
}

/// Parts whose events are within `limit` bytes each, in order: ten messages may be 10 MiB, and an invocation takes 6 MB.
/// "The payload size" ends a batch. <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching>
pub(super) fn split<T>(records: Vec<(T, Json)>, limit: usize) -> Vec<Vec<(T, Json)>> {
    const AROUND: usize = r#"{"Records":[]}"#.len();
    let mut parts: Vec<Vec<(T, Json)>> = Vec::new();
    let mut length = usize::MAX;
    for (one, record) in records {
        let more = record.to_string().len() + 1;
        match parts.last_mut().filter(|_| length.saturating_add(more) <= limit) {
            Some(part) => {
                length += more;
                part.push((one, record));
            }
            None => {
                length = AROUND + more;
                parts.push(vec![(one, record)]);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_for_one_event_is_several() {
        let records = |lengths: &[usize]| lengths.iter().map(|length| ((), json!("x".repeat(*length)))).collect();
        let sizes = |lengths: &[usize]| -> Vec<usize> {
            let parts = split(records(lengths), 100);
            for part in parts.iter().filter(|part| part.len() > 1) {
                let event = event(part.iter().map(|(_, record)| record.clone()).collect());
                assert!(event.len() <= 100, "{}", event.len());
            }
            parts.iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(&[10, 10, 10]), [3]);
        assert_eq!(sizes(&[40, 40, 40]), [2, 1]);
        assert_eq!(sizes(&[50, 50, 50]), [1, 1, 1]);
        assert_eq!(sizes(&[80, 1, 1, 80]), [1, 2, 1]);
        assert_eq!(sizes(&[200, 1]), [1, 1], "one that is too much alone is left to Lambda to refuse");
        assert_eq!(sizes(&[]), Vec::<usize>::new());
    }
}
