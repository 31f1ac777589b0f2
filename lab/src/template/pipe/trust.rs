//! The role of a pipe: whether the service may take it on. What it may do then is asked of IAM when the lab starts.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html>

use serde_json::Value as Json;

use crate::template::error::TemplateError;
use crate::template::iam;
use crate::template::model::Stack;
use crate::template::stack::Resolved;
use crate::template::tree::Node;
use crate::template::watching::policy::{Caller, refusal};

const PIPES: &str = "pipes.amazonaws.com";

/// Logical id of the role, which must trust the service for this pipe.
pub(super) fn role(
    node: &Node,
    pipe: &str,
    account: &str,
    stack: &Stack,
    resolved: &[Resolved<'_>],
) -> Result<String, TemplateError> {
    let arn = node.text()?;
    let found = stack.roles.iter().find(|(_, role)| role.arn == arn);
    let (id, _) = found.ok_or_else(|| node.error(format!("\"{arn}\" is no role of this template")))?;
    let item = resolved.iter().find(|item| item.id == id);
    let document = item.and_then(|item| item.properties.get("AssumeRolePolicyDocument"));
    let mut trust: Vec<Json> = document.map_or(Ok(Vec::new()), iam::document)?;
    for statement in &mut trust {
        // A trust policy names no resource: it is the role's own.
        statement["Resource"] = "*".into();
    }
    let context = [("aws:sourceaccount", account), ("aws:sourcearn", pipe)];
    let caller = Caller { service: PIPES, action: "sts:AssumeRole", resource: &arn, context: &context };
    match refusal(&trust, &caller) {
        Some(reason) => {
            Err(node.error(format!("the role's trust policy {reason}, so nothing would ever pass the pipe")))
        }
        None => Ok(id.clone()),
    }
}
