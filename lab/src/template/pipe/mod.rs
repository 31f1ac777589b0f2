//! `AWS::Pipes::Pipe`: from a table's stream over a function to a queue.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-pipes-pipe.html>

mod matcher;
mod model;
mod pattern;
mod source;
#[cfg(test)]
mod tests;
mod trust;

pub use model::{Pipe, PipeSource, StartingPosition};
pub use pattern::EventPattern;

use super::error::TemplateError;
use super::intrinsics::Scope;
use super::model::Stack;
use super::permission::function_of;
use super::properties::{DESCRIPTION, Known, TAGS};
use super::queue::queue_of;
use super::references::pipe_arn;
use super::stack::Resolved;
use super::tree::Node;

const PROPERTIES: Known = Known {
    what: "AWS::Pipes::Pipe",
    used: &[
        "DesiredState",
        "Enrichment",
        "EnrichmentParameters",
        "LogConfiguration",
        "Name",
        "RoleArn",
        "Source",
        "SourceParameters",
        "Target",
        "TargetParameters",
    ],
    without_effect: &[DESCRIPTION, TAGS, ("KmsKeyIdentifier", "the lab keeps nothing encrypted at rest")],
};
/// Records go to the function and on to the queue as they are: the lab makes no templates of input.
const ENRICHMENT: Known = Known { what: "EnrichmentParameters in the lab", used: &[], without_effect: &[] };
const TARGET: Known = Known { what: "TargetParameters in the lab", used: &["SqsQueueParameters"], without_effect: &[] };
/// Its members are for FIFO queues.
const QUEUE: Known = Known { what: "SqsQueueParameters in the lab", used: &[], without_effect: &[] };
/// Read for its form: the lab tells in its own log what fails on the way, whatever the level.
const LOGGING: Known = Known {
    what: "LogConfiguration in the lab",
    used: &["CloudwatchLogsLogDestination", "IncludeExecutionData", "Level"],
    without_effect: &[],
};
const LOG_GROUP: Known = Known { what: "CloudwatchLogsLogDestination", used: &["LogGroupArn"], without_effect: &[] };

/// Reads a pipe; tables, queues, functions, roles and policies are read already.
pub(crate) fn read(
    item: &Resolved<'_>,
    stack: &Stack,
    scope: &Scope<'_>,
    resolved: &[Resolved<'_>],
) -> Result<Pipe, TemplateError> {
    let node = &item.properties;
    PROPERTIES.check(node)?;
    let name = item.physical_name(scope)?;
    if !(1..=64).contains(&name.len())
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    {
        let at = node.get("Name").unwrap_or(node);
        return Err(at.error(format!("\"{name}\" is no pipe's name: 1 to 64 letters, digits, - _ and .")));
    }
    node.get("EnrichmentParameters").map_or(Ok(()), |parameters| ENRICHMENT.check(parameters))?;
    if let Some(parameters) = node.get("TargetParameters") {
        TARGET.check(parameters)?;
        parameters.get("SqsQueueParameters").map_or(Ok(()), |parameters| QUEUE.check(parameters))?;
    }
    node.get("LogConfiguration").map_or(Ok(()), logging)?;
    let arn = pipe_arn(scope.inputs, &name);
    let state = node.get("DesiredState").map(|state| state.one_of(&["RUNNING", "STOPPED"])).transpose()?;
    Ok(Pipe {
        logical_id: item.id.to_owned(),
        running: state.is_none_or(|state| state == "RUNNING"),
        role: trust::role(node.require("RoleArn")?, &arn, &scope.inputs.account_id, stack, resolved)?,
        source: source::read(node, stack)?,
        enrichment: node.get("Enrichment").map(|function| function_of(function, stack)).transpose()?,
        target: queue(node.require("Target")?, stack)?,
        arn,
        name,
    })
}

/// ARN of a queue of the template, which are standard queues all.
fn queue(node: &Node, stack: &Stack) -> Result<String, TemplateError> {
    let arn = node.text()?;
    match queue_of(&arn, stack) {
        Some(_) => Ok(arn),
        None => {
            Err(node.error(format!("\"{arn}\" is no queue of this template; the lab's pipes send to nothing else")))
        }
    }
}

fn logging(node: &Node) -> Result<(), TemplateError> {
    LOGGING.check(node)?;
    node.get("Level").map(|level| level.one_of(&["OFF", "ERROR", "INFO", "TRACE"])).transpose()?;
    if let Some(data) = node.get("IncludeExecutionData") {
        data.list()?.iter().try_for_each(|data| data.one_of(&["ALL"]).map(drop))?;
    }
    let Some(destination) = node.get("CloudwatchLogsLogDestination") else { return Ok(()) };
    LOG_GROUP.check(destination)?;
    let group = destination.require("LogGroupArn")?;
    let arn = group.text()?;
    match arn.split(':').nth(2) {
        Some("logs") => Ok(()),
        _ => Err(group.error(format!("\"{arn}\" is no log group's ARN"))),
    }
}
