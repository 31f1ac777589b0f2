//! Whether a pipe's role lets it do all that it will have to.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html>

use super::PipeError;
use crate::iam::{self, Decision};
use crate::template::{Pipe, Stack};

/// What a pipe does with a stream.
const READS: [&str; 4] =
    ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"];

/// Asks IAM for everything that the pipe does.
///
/// # Errors
/// The first action that the role does not allow: in AWS the pipe would not be created, or would fail with every record.
pub(super) fn check(pipe: &Pipe, stack: &Stack) -> Result<(), PipeError> {
    let statements = stack.roles.get(&pipe.role).map(|role| role.statements.as_slice()).unwrap_or_default();
    let function = pipe.enrichment.as_ref().and_then(|id| stack.functions.get(id));
    let queues = [Some(&pipe.target), pipe.source.dead_letters.as_ref()].into_iter().flatten();
    let needed = READS
        .into_iter()
        .map(|action| (action, &pipe.source.stream_arn))
        .chain(function.map(|function| ("lambda:InvokeFunction", &function.arn)))
        .chain(queues.map(|queue| ("sqs:SendMessage", queue)));
    for (action, resource) in needed {
        let why = match iam::evaluate(statements, action, resource) {
            Ok(Decision::Allowed) => continue,
            Ok(Decision::ExplicitlyDenied) => "a statement denies it".to_owned(),
            Ok(Decision::ImplicitlyDenied) => "no statement allows it".to_owned(),
            Err(error) => error.to_string(),
        };
        let (pipe, role, action) = (pipe.name.clone(), pipe.role.clone(), action.to_owned());
        return Err(PipeError::NotAllowed { pipe, role, action, resource: resource.clone(), why });
    }
    Ok(())
}
