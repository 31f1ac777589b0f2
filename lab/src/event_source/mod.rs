//! Lambda's event source mappings of SQS: what polls a queue, invokes a function with what it finds, and deletes what went well.
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>

mod batch;
mod places;
mod poller;
mod response;
mod scaling;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::aws::{Call, Calls};
use crate::iam::{self, Decision, PolicyError};
use crate::lambda::Lambda;
use crate::logs::Logs;
use crate::sqs::Sqs;
use crate::template::{EventSourceMapping, Function, Queue, Stack};
use poller::{Rooms, Source};

/// What Lambda does with a queue in the name of the function's role.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html>
const NEEDED: [&str; 3] = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];

/// Why a mapping is not made. AWS refuses it too, when the stack is deployed.
#[derive(Debug, thiserror::Error)]
pub enum EventSourceError {
    /// The role lacks a right.
    #[error(
        "{mapping}: the execution role of {function} does not have permissions to call {operation} on {queue}: allow it sqs:{operation}"
    )]
    NotAllowed {
        /// Logical id.
        mapping: String,
        /// Logical id of the function.
        function: String,
        /// What the role may not do.
        operation: &'static str,
        /// ARN of the queue.
        queue: String,
    },
    /// The role cannot be judged.
    #[error("{mapping}: the role of {function} cannot be judged: {source}")]
    Policy {
        /// Logical id.
        mapping: String,
        /// Logical id of the function.
        function: String,
        #[source]
        /// Why.
        source: PolicyError,
    },
    /// The mapping names what the stack has not.
    #[error("{0}: its function or its queue is not in the stack")]
    Dangling(String),
}

/// All mappings of a stack.
#[derive(Debug)]
pub(crate) struct EventSources(Vec<Arc<Source>>);

impl EventSources {
    /// Makes the mappings, without polling yet.
    pub(crate) fn open(
        stack: &Stack,
        sqs: &Sqs,
        lambda: &Arc<Lambda>,
        calls: &Calls,
        logs: &Logs,
    ) -> Result<Self, EventSourceError> {
        let rooms = Rooms { sqs, lambda, calls, logs };
        let mut sources = Vec::new();
        for mapping in stack.event_source_mappings.values() {
            let (function, queue) = ends(mapping, stack)?;
            check(mapping, function, queue, stack)?;
            calls.push(call(function, "GetQueueAttributes", queue, 200));
            if mapping.enabled {
                sources.push(Arc::new(Source::new(mapping, function, queue, &stack.region, rooms)));
            }
        }
        Ok(Self(sources))
    }

    /// Polls until dropped.
    pub(crate) async fn run(self) {
        let mut running = JoinSet::new();
        for source in self.0 {
            running.spawn(source.run());
        }
        while running.join_next().await.is_some() {}
    }
}

fn ends<'s>(mapping: &EventSourceMapping, stack: &'s Stack) -> Result<(&'s Function, &'s Queue), EventSourceError> {
    let ends = stack.functions.get(&mapping.function).zip(stack.queues.get(&mapping.queue));
    ends.ok_or_else(|| EventSourceError::Dangling(mapping.logical_id.clone()))
}

/// A call that Lambda makes in the name of a function's role.
fn call(function: &Function, operation: &str, queue: &Queue, status: u16) -> Call {
    let (action, resource) = (format!("sqs:{operation}"), queue.arn.clone());
    Call { function: Some(function.name.clone()), action, resource, status }
}

/// Whether the role may do what Lambda does in its name. SAM gives the rights to a role that it makes itself.
fn check(
    mapping: &EventSourceMapping,
    function: &Function,
    queue: &Queue,
    stack: &Stack,
) -> Result<(), EventSourceError> {
    if function.role_arn.is_none() {
        return Ok(());
    }
    let role = stack.roles.values().find(|role| function.role_arn.as_ref() == Some(&role.arn));
    let statements = role.map(|role| role.statements.as_slice()).unwrap_or_default();
    for operation in NEEDED {
        let (mapping, function) = (mapping.logical_id.clone(), function.logical_id.clone());
        match iam::evaluate(statements, &format!("sqs:{operation}"), &queue.arn) {
            Ok(Decision::Allowed) => {}
            Ok(_) => {
                let queue = queue.arn.clone();
                return Err(EventSourceError::NotAllowed { mapping, function, operation, queue });
            }
            Err(source) => return Err(EventSourceError::Policy { mapping, function, source }),
        }
    }
    Ok(())
}
