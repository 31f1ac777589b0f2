//! `AWS::SQS::QueuePolicy`: who else may use a queue.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queuepolicy.html>
//!
//! The lab judges what roles may do, and nobody in it needs a queue's own permission: within one account a role's statement is
//! enough. What such a policy would refuse is calls without TLS, of which loopback has no others; any other refusal is an error.

use serde_json::{Value as Json, json};

use super::error::TemplateError;
use super::iam;
use super::model::Stack;
use super::properties::Known;
use super::stack::Resolved;

const PROPERTIES: Known =
    Known { what: "AWS::SQS::QueuePolicy", used: &["PolicyDocument", "Queues"], without_effect: &[] };

/// Why it has no effect here.
pub(crate) fn read(item: &Resolved<'_>, stack: &Stack) -> Result<&'static str, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let queues = node.require("Queues")?;
    for queue in queues.list()? {
        // Unlike a redrive policy, it names queues by their URLs.
        let url = queue.text()?;
        if !stack.queues.values().any(|known| known.url == url) {
            return Err(queue.error(format!("\"{url}\" is no queue's URL of this template")));
        }
    }
    let document = node.require("PolicyDocument")?;
    for statement in iam::document(document)? {
        if statement["Effect"] == "Deny" && !only_without_tls(&statement["Condition"]) {
            let message =
                "the lab judges roles, not queues: of a queue's policy it knows a Deny of calls without TLS only";
            return Err(document.error(message));
        }
    }
    Ok("the lab judges what roles may do, and loopback has no TLS that a queue could insist on")
}

fn only_without_tls(condition: &Json) -> bool {
    *condition == json!({"Bool": {"aws:SecureTransport": "false"}})
}
