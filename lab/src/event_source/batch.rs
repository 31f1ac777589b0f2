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

/// A batch that grows until its function could not take more: ten messages may be 10 MiB, and an invocation takes 6 MB.
/// "The payload size" ends a batch, as its size and its window do.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching>
#[derive(Debug)]
pub(super) struct Filling<T> {
    taken: Vec<T>,
    bytes: usize,
    most: usize,
    limit: usize,
}

impl<T> Filling<T> {
    /// At most so many messages, and bytes of their event.
    pub(super) fn new(most: usize, limit: usize) -> Self {
        const AROUND: usize = r#"{"Records":[]}"#.len();
        Self { taken: Vec::new(), bytes: AROUND, most, limit }
    }

    /// Takes one in, by the bytes of its record, or hands it back. The first is taken in any case: one that is too much alone is
    /// left to Lambda to refuse.
    pub(super) fn push(&mut self, one: T, bytes: usize) -> Result<(), T> {
        let comma = 1;
        let grown = self.bytes.saturating_add(bytes + comma);
        if !self.taken.is_empty() && (self.room() == 0 || grown > self.limit) {
            return Err(one);
        }
        self.bytes = grown;
        self.taken.push(one);
        Ok(())
    }

    /// How many more messages it takes.
    pub(super) fn room(&self) -> usize {
        self.most.saturating_sub(self.taken.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    pub(super) fn taken(self) -> Vec<T> {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_much_for_one_event_is_several() {
        let sizes = |lengths: &[usize]| -> Vec<usize> {
            let mut waiting: std::collections::VecDeque<Json> =
                lengths.iter().map(|length| json!("x".repeat(*length))).collect();
            let mut sizes = Vec::new();
            while !waiting.is_empty() {
                let mut filling = Filling::new(3, 100);
                while let Some(record) = waiting.pop_front() {
                    let bytes = record.to_string().len();
                    if let Err(record) = filling.push(record, bytes) {
                        waiting.push_front(record);
                        break;
                    }
                }
                let records = filling.taken();
                sizes.push(records.len());
                let event = event(records.clone());
                assert!(event.len() <= 100 || records.len() == 1, "{}", event.len());
            }
            sizes
        };
        assert_eq!(sizes(&[10, 10, 10]), [3]);
        assert_eq!(sizes(&[1, 1, 1, 1]), [3, 1]);
        assert_eq!(sizes(&[40, 40, 40]), [2, 1], "to the byte");
        assert_eq!(sizes(&[41, 40, 40]), [1, 2]);
        assert_eq!(sizes(&[50, 50, 50]), [1, 1, 1]);
        assert_eq!(sizes(&[80, 1, 1, 80]), [1, 2, 1]);
        assert_eq!(sizes(&[200, 1]), [1, 1]);
        assert_eq!(sizes(&[]), Vec::<usize>::new());
    }
}
