//! The operations on messages: send, receive, delete, change the visibility, each also in batches of ten.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::engine::{Attribute, Content, MAX_SIZE, MAX_VISIBILITY, Millis, Received};
use super::error::{Code, SqsError};
use super::poll::Wanted;
use super::request::Members;
use super::{Sqs, content, digest};

/// Who calls, as far as messages keep it.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// `SenderId`.
    pub(super) id: String,
    /// The header `X-Amzn-Trace-Id`.
    pub(super) trace: Option<String>,
}

impl Sqs {
    pub(super) fn send_message(&self, queue: &str, request: Members<'_>, caller: &Caller) -> Result<Json, SqsError> {
        let (content, delay) = content::read(request, &caller.id, caller.trace.as_deref())?;
        self.send_one(queue, content, delay).map(Json::Object)
    }

    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
    pub(super) fn send_batch(&self, queue: &str, request: Members<'_>, caller: &Caller) -> Result<Json, SqsError> {
        let entries = request.entries()?;
        let read =
            entries.into_iter().map(|(id, entry)| (id, content::read(entry, &caller.id, caller.trace.as_deref())));
        let read: Vec<_> = read.collect();
        let sizes = read.iter().filter_map(|(_, entry)| entry.as_ref().ok()).map(|(content, _)| content.size());
        let size: usize = sizes.sum();
        if size > MAX_SIZE {
            let message = format!("Batch requests cannot be longer than {MAX_SIZE} bytes. You have sent {size} bytes.");
            return Err(SqsError::new(Code::BatchRequestTooLong, message));
        }
        let results =
            read.into_iter().map(|(id, entry)| (id, entry.and_then(|(one, delay)| self.send_one(queue, one, delay))));
        Ok(each(results))
    }

    fn send_one(&self, queue: &str, content: Content, delay: Option<Millis>) -> Result<Map<String, Json>, SqsError> {
        let mut result = Map::new();
        result.insert("MD5OfMessageBody".to_owned(), digest::of_body(&content.body).into());
        let of_attributes = digest::of_attributes(&content.attributes);
        result.extend(of_attributes.map(|sum| ("MD5OfMessageAttributes".to_owned(), sum.into())));
        let of_system = content.trace_header.as_deref().and_then(digest::of_trace_header);
        result.extend(of_system.map(|sum| ("MD5OfMessageSystemAttributes".to_owned(), sum.into())));
        let id = self.with(|engine, now| engine.send(now, queue, content, delay))?;
        result.insert("MessageId".to_owned(), id.into());
        Ok(result)
    }

    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>
    pub(super) async fn receive_message(&self, queue: &str, request: Members<'_>) -> Result<Json, SqsError> {
        let request = request.standard()?;
        let most = request.integer("MaxNumberOfMessages", 1..=10)?.unwrap_or(1);
        let visibility = request.integer("VisibilityTimeout", 0..=MAX_VISIBILITY / 1000)?.map(|seconds| seconds * 1000);
        let wait = request.integer("WaitTimeSeconds", 0..=20)?.map(Duration::from_secs);
        let wanted = Wanted { most: usize::try_from(most).unwrap_or(1), visibility, wait };
        let received = self.poll(queue, wanted).await?;
        let mut system = request.texts("MessageSystemAttributeNames");
        // Its older name.
        system.extend(request.texts("AttributeNames"));
        let own = request.texts("MessageAttributeNames");
        let messages: Vec<Json> = received.iter().map(|message| self.message(message, &system, &own)).collect();
        Ok(if messages.is_empty() { json!({}) } else { json!({"Messages": messages}) })
    }

    fn message(&self, received: &Received, system: &[&str], own: &[&str]) -> Json {
        let mut message = json!({
            "MessageId": received.id,
            "ReceiptHandle": received.handle,
            "MD5OfBody": digest::of_body(&received.content.body),
            "Body": received.content.body,
        });
        let wanted = |name: &String| system.contains(&"All") || system.contains(&name.as_str());
        let attributes: Map<String, Json> =
            self.system_attributes(received).into_iter().filter(|(name, _)| wanted(name)).collect();
        if !attributes.is_empty() {
            message["Attributes"] = attributes.into();
        }
        let named = |name: &str| own.iter().any(|pattern| names(pattern, name));
        let attributes: BTreeMap<&String, &Attribute> =
            received.content.attributes.iter().filter(|(name, _)| named(name)).collect();
        // The sum is that of what is returned: SDKs check it against that.
        if let Some(sum) = digest::of_attributes(attributes.iter().map(|(name, attribute)| (*name, *attribute))) {
            message["MD5OfMessageAttributes"] = sum.into();
            message["MessageAttributes"] =
                attributes.into_iter().map(|(name, one)| (name.clone(), content::shown(one))).collect();
        }
        message
    }

    /// What SQS knows of a message, as texts.
    pub(crate) fn system_attributes(&self, received: &Received) -> Map<String, Json> {
        let source = received.gave_up.as_deref().map(|name| self.arn(name));
        let known = [
            ("ApproximateFirstReceiveTimestamp", Some(received.first_received.to_string())),
            ("ApproximateReceiveCount", Some(received.receives.to_string())),
            ("AWSTraceHeader", received.content.trace_header.clone()),
            ("DeadLetterQueueSourceArn", source),
            ("SenderId", Some(received.content.sender.clone())),
            ("SentTimestamp", Some(received.enqueued.to_string())),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect()
    }

    pub(super) fn delete_message(&self, queue: &str, request: Members<'_>) -> Result<Json, SqsError> {
        self.delete_one(queue, request).map(Json::Object)
    }

    pub(super) fn delete_batch(&self, queue: &str, request: Members<'_>) -> Result<Json, SqsError> {
        Ok(each(request.entries()?.into_iter().map(|(id, entry)| (id, self.delete_one(queue, entry)))))
    }

    fn delete_one(&self, queue: &str, entry: Members<'_>) -> Result<Map<String, Json>, SqsError> {
        let handle = entry.required("ReceiptHandle")?;
        self.with(|engine, now| engine.delete(now, queue, handle)).map(|()| Map::new())
    }

    pub(super) fn change_visibility(&self, queue: &str, request: Members<'_>) -> Result<Json, SqsError> {
        self.change_one(queue, request).map(Json::Object)
    }

    pub(super) fn change_batch(&self, queue: &str, request: Members<'_>) -> Result<Json, SqsError> {
        Ok(each(request.entries()?.into_iter().map(|(id, entry)| (id, self.change_one(queue, entry)))))
    }

    fn change_one(&self, queue: &str, entry: Members<'_>) -> Result<Map<String, Json>, SqsError> {
        let handle = entry.required("ReceiptHandle")?;
        let timeout = entry.integer("VisibilityTimeout", 0..=MAX_VISIBILITY / 1000)?;
        let timeout = timeout.ok_or_else(|| {
            SqsError::new(Code::MissingParameter, "The request must contain the parameter VisibilityTimeout.")
        })?;
        self.with(|engine, now| engine.change_visibility(now, queue, handle, timeout * 1000)).map(|()| Map::new())
    }
}

/// `All`, `.*`, a name, or the beginning of one before `.*`.
fn names(pattern: &str, name: &str) -> bool {
    pattern == "All" || pattern == name || pattern.strip_suffix(".*").is_some_and(|prefix| name.starts_with(prefix))
}

/// The answer to a batch: what was done, and what was not, each by its id.
fn each<'a>(results: impl Iterator<Item = (&'a str, Result<Map<String, Json>, SqsError>)>) -> Json {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, result) in results {
        match result {
            Ok(mut result) => {
                result.insert("Id".to_owned(), id.into());
                successful.push(Json::Object(result));
            }
            Err(error) => failed.push(json!({
                "Id": id,
                "Code": error.code.query_code(),
                "Message": error.message,
                "SenderFault": error.code.is_the_senders(),
            })),
        }
    }
    json!({"Successful": successful, "Failed": failed})
}
