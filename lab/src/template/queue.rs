//! `AWS::SQS::Queue`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html>

use std::time::Duration;

use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::Stack;
use super::properties::{Known, TAGS};
use super::queued::{Queue, Redrive, RedriveAllow};
use super::references::{queue_arn, queue_url};
use super::stack::Resolved;
use super::tree::Node;

const ENCRYPTION: &str = "the lab keeps nothing encrypted at rest";

const PROPERTIES: Known = Known {
    what: "AWS::SQS::Queue",
    used: &[
        "DelaySeconds",
        "FifoQueue",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "QueueName",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "VisibilityTimeout",
    ],
    without_effect: &[
        TAGS,
        ("KmsDataKeyReusePeriodSeconds", ENCRYPTION),
        ("KmsMasterKeyId", ENCRYPTION),
        ("SqsManagedSseEnabled", ENCRYPTION),
    ],
};
const REDRIVE: Known =
    Known { what: "RedrivePolicy", used: &["deadLetterTargetArn", "maxReceiveCount"], without_effect: &[] };
const REDRIVE_ALLOW: Known =
    Known { what: "RedriveAllowPolicy", used: &["redrivePermission", "sourceQueueArns"], without_effect: &[] };
const OF_FIFO: [&str; 3] = ["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"];

pub(crate) fn read(item: &Resolved<'_>, scope: &Scope<'_>) -> Result<Queue, TemplateError> {
    let node = &item.properties;
    if let Some(fifo) = OF_FIFO.iter().find_map(|key| node.get(key)) {
        return Err(fifo.error("is of FIFO queues, and the lab runs standard ones"));
    }
    PROPERTIES.check(node)?;
    let name = item.physical_name(scope)?;
    let name_node = node.get("QueueName").unwrap_or(node);
    let fifo = node.get("FifoQueue").map_or(Ok(false), Node::boolean)?;
    if fifo || name.ends_with(".fifo") {
        return Err(name_node.error(format!("\"{name}\" is a FIFO queue, and the lab runs standard ones")));
    }
    let well_named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(1..=80).contains(&name.len()) || !name.bytes().all(well_named) {
        return Err(
            name_node.error(format!("\"{name}\" is no queue name: 1 to 80 letters, digits, hyphens and underscores"))
        );
    }
    let seconds = |key: &str, range, default| {
        node.get(key).map_or(Ok(default), |seconds| seconds.integer(range)).map(Duration::from_secs)
    };
    Ok(Queue {
        logical_id: item.id.to_owned(),
        arn: queue_arn(scope.inputs, &name),
        url: queue_url(scope.inputs, &name),
        visibility_timeout: seconds("VisibilityTimeout", 0..=43_200, 30)?,
        delay: seconds("DelaySeconds", 0..=900, 0)?,
        retention: seconds("MessageRetentionPeriod", 60..=1_209_600, 345_600)?,
        wait: seconds("ReceiveMessageWaitTimeSeconds", 0..=20, 0)?,
        maximum_message_size: node
            .get("MaximumMessageSize")
            .map_or(Ok(1_048_576), |size| size.integer(1_024..=1_048_576))?,
        redrive: node.get("RedrivePolicy").map(redrive).transpose()?,
        redrive_allow: node.get("RedriveAllowPolicy").map_or(Ok(RedriveAllow::All), redrive_allow)?,
        name,
    })
}

fn redrive(node: &Node) -> Result<Redrive, TemplateError> {
    REDRIVE.check(node)?;
    Ok(Redrive {
        dead_letters: node.require("deadLetterTargetArn")?.text()?,
        max_receive_count: node.require("maxReceiveCount")?.integer(1..=1_000)?,
    })
}

fn redrive_allow(node: &Node) -> Result<RedriveAllow, TemplateError> {
    REDRIVE_ALLOW.check(node)?;
    let permission = node.require("redrivePermission")?.one_of(&["allowAll", "byQueue", "denyAll"])?;
    let arns = node.get("sourceQueueArns");
    match (permission.as_str(), arns) {
        ("byQueue", _) => {
            let arns = node.require("sourceQueueArns")?;
            let read: Vec<String> = arns.list()?.iter().map(Node::text).collect::<Result<_, _>>()?;
            if !(1..=10).contains(&read.len()) {
                return Err(arns.error(format!("{} queues, and byQueue takes 1 to 10", read.len())));
            }
            Ok(RedriveAllow::Queues(read))
        }
        (_, Some(arns)) => Err(arns.error("goes with redrivePermission byQueue only")),
        ("denyAll", None) => Ok(RedriveAllow::None),
        (_, None) => Ok(RedriveAllow::All),
    }
}

/// Whether every redrive policy names a queue of the template that lets itself be named.
pub(crate) fn check_redrive(item: &Resolved<'_>, stack: &Stack) -> Result<(), TemplateError> {
    let Some(queue) = stack.queues.get(item.id) else { return Ok(()) };
    let Some(redrive) = &queue.redrive else { return Ok(()) };
    let node = item.properties.get("RedrivePolicy").unwrap_or(&item.properties);
    let target = queue_of(&redrive.dead_letters, stack)
        .ok_or_else(|| node.error(format!("\"{}\" is no queue of this template", redrive.dead_letters)))?;
    if target.arn == queue.arn {
        return Err(node.error(format!("{} is its own dead-letter queue", item.id)));
    }
    let allowed = match &target.redrive_allow {
        RedriveAllow::All => true,
        RedriveAllow::None => false,
        RedriveAllow::Queues(arns) => arns.contains(&queue.arn),
    };
    if !allowed {
        let target = &target.logical_id;
        return Err(node.error(format!("{target} does not let {} use it: see its RedriveAllowPolicy", item.id)));
    }
    Ok(())
}

/// The queue with this ARN.
pub(crate) fn queue_of<'s>(arn: &str, stack: &'s Stack) -> Option<&'s Queue> {
    stack.queues.values().find(|queue| queue.arn == arn)
}
