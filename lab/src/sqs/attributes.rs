//! `GetQueueUrl` and `GetQueueAttributes`.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>

use serde_json::{Map, Value as Json, json};

use super::Sqs;
use super::error::{Code, SqsError};
use super::request::Members;
use crate::template::{Queue, RedriveAllow};

/// What FIFO queues, policies and keys would have: names that SQS knows and that have no value here.
const WITHOUT_VALUE: [&str; 5] =
    ["Policy", "FifoQueue", "ContentBasedDeduplication", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"];

impl Sqs {
    pub(super) fn queue_url(&self, request: Members<'_>) -> Result<Json, SqsError> {
        let name = request.required("QueueName")?;
        let queue = self.queues.get(name).ok_or_else(SqsError::no_such_queue)?;
        Ok(json!({"QueueUrl": queue.url}))
    }

    pub(super) fn queue_attributes(&self, name: &str, request: Members<'_>) -> Result<Json, SqsError> {
        let queue = self.queues.get(name).ok_or_else(SqsError::no_such_queue)?;
        let depth = self.with(|engine, now| engine.depth(now, name))?;
        let mut all = of_template(queue);
        // Nobody changes a queue of the lab's but by starting it again.
        let made = self.made.as_second().to_string();
        all.extend(["CreatedTimestamp", "LastModifiedTimestamp"].map(|name| (name.to_owned(), made.clone().into())));
        let counts = [
            ("ApproximateNumberOfMessages", depth.visible),
            ("ApproximateNumberOfMessagesNotVisible", depth.in_flight),
            ("ApproximateNumberOfMessagesDelayed", depth.delayed),
        ];
        all.extend(counts.map(|(name, count)| (name.to_owned(), count.to_string().into())));
        let wanted = request.texts("AttributeNames");
        let unknown = wanted.iter().find(|name| **name != "All" && !all.contains_key(**name) && !known(name));
        if let Some(unknown) = unknown {
            return Err(SqsError::new(Code::InvalidAttributeName, format!("Unknown Attribute {unknown}.")));
        }
        all.retain(|name, _| wanted.contains(&"All") || wanted.contains(&name.as_str()));
        Ok(if all.is_empty() { json!({}) } else { json!({"Attributes": all}) })
    }
}

fn known(name: &str) -> bool {
    WITHOUT_VALUE.contains(&name) || matches!(name, "RedrivePolicy" | "RedriveAllowPolicy")
}

/// Every value is a text.
fn of_template(queue: &Queue) -> Map<String, Json> {
    let seconds = |time: std::time::Duration| Json::from(time.as_secs().to_string());
    let mut attributes = Map::new();
    attributes.insert("QueueArn".to_owned(), queue.arn.clone().into());
    attributes.insert("VisibilityTimeout".to_owned(), seconds(queue.visibility_timeout));
    attributes.insert("DelaySeconds".to_owned(), seconds(queue.delay));
    attributes.insert("MessageRetentionPeriod".to_owned(), seconds(queue.retention));
    attributes.insert("ReceiveMessageWaitTimeSeconds".to_owned(), seconds(queue.wait));
    attributes.insert("MaximumMessageSize".to_owned(), queue.maximum_message_size.to_string().into());
    // What a queue has that says nothing else; the lab passes over what templates say of encryption.
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-sqs-sse-queue.html
    attributes.insert("SqsManagedSseEnabled".to_owned(), "true".into());
    if let Some(redrive) = &queue.redrive {
        let policy = json!({"deadLetterTargetArn": redrive.dead_letters, "maxReceiveCount": redrive.max_receive_count});
        attributes.insert("RedrivePolicy".to_owned(), policy.to_string().into());
    }
    let allow = match &queue.redrive_allow {
        RedriveAllow::All => None,
        RedriveAllow::None => Some(json!({"redrivePermission": "denyAll"})),
        RedriveAllow::Queues(arns) => Some(json!({"redrivePermission": "byQueue", "sourceQueueArns": arns})),
    };
    attributes.extend(allow.map(|policy| ("RedriveAllowPolicy".to_owned(), policy.to_string().into())));
    attributes
}
