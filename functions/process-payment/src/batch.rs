use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// A message of the queue, as Lambda hands it on.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The id that failures are told by.
    pub message_id: String,
    /// What changes this message in the queue.
    pub receipt_handle: String,
    /// What it says.
    pub body: String,
    #[serde(default)]
    attributes: Attributes,
}

#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    #[serde(default)]
    approximate_receive_count: String,
    /// In milliseconds since the Unix epoch.
    #[serde(default)]
    sent_timestamp: String,
}

/// What becomes of a batch: the queue forgets all but these.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>
#[derive(Debug, Default, Serialize, PartialEq, Eq)]
pub struct Failures {
    #[serde(rename = "batchItemFailures")]
    items: Vec<Failure>,
}

#[derive(Debug, Serialize, PartialEq, Eq)]
struct Failure {
    #[serde(rename = "itemIdentifier")]
    id: String,
}

/// The event is no batch of messages. It fails as a whole, and every message of it comes again.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the event is no batch of SQS messages")]
pub struct NotABatch;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<Message>,
}

/// The messages of an event.
///
/// # Errors
/// It is no batch of messages.
pub fn messages(event: &Value) -> Result<Vec<Message>, NotABatch> {
    // The parser's error may quote a body.
    Event::deserialize(event).map(|event| event.records).map_err(|_| NotABatch)
}

impl Message {
    /// How often it was received, this time included; at least 1.
    pub fn received(&self) -> u32 {
        self.attributes.approximate_receive_count.parse().unwrap_or(1).max(1)
    }

    /// When it was sent to the queue, or moved there; nothing when that is not known.
    pub fn sent(&self) -> Option<Timestamp> {
        self.attributes.sent_timestamp.parse().ok().and_then(|sent| Timestamp::from_millisecond(sent).ok())
    }

    /// How long it has been in the queue; nothing when that is not known.
    pub fn waited(&self, now: Timestamp) -> Duration {
        self.sent().and_then(|sent| Duration::try_from(now.duration_since(sent)).ok()).unwrap_or_default()
    }
}

impl Failures {
    /// Those messages, in order.
    pub fn of(messages: impl Iterator<Item = String>) -> Self {
        Self { items: messages.map(|id| Failure { id }).collect() }
    }

    /// The ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.items.iter().map(|failure| failure.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_batch_is_read_as_lambda_sends_it() {
        let event = serde_json::from_str(include_str!("../../../events/payments-queue.json")).expect("a sample");
        let messages = messages(&event).expect("a batch");
        let read: Vec<_> = messages.iter().map(|message| (message.message_id.as_str(), message.received())).collect();
        assert_eq!(read, [("059f36b4-87a3-44ab-83d2-661975830a7d", 1), ("2e1424d4-f796-459a-8184-9c92662be6da", 3)]);
        let at = |ms| Timestamp::from_millisecond(ms).expect("in range");
        assert_eq!(messages[0].waited(at(1_795_209_390_500)), Duration::from_millis(7_500));
        assert_eq!(messages[0].waited(at(0)), Duration::ZERO, "a clock that is behind");
    }

    #[test]
    fn what_is_no_batch_is_refused() {
        for event in
            [json!(null), json!([]), json!({}), json!({"Records": [{"messageId": "1"}]}), json!({"Records": 1})]
        {
            assert_eq!(messages(&event), Err(NotABatch), "{event}");
        }
        assert_eq!(messages(&json!({"Records": []})), Ok(Vec::new()));
    }

    #[test]
    fn failures_are_spelt_as_lambda_reads_them() {
        let failures = Failures::of(["a".to_owned()].into_iter());
        let written = serde_json::to_value(&failures).expect("JSON");
        assert_eq!(written, json!({"batchItemFailures": [{"itemIdentifier": "a"}]}));
        assert_eq!(serde_json::to_value(Failures::default()).expect("JSON"), json!({"batchItemFailures": []}));
    }
}
