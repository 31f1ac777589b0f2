//! One call from outside: judged, troubled, carried out.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html>

use http::{HeaderMap, Request};
use hyper::body::Incoming;
use serde_json::Value as Json;

use super::engine::MAX_SIZE;
use super::error::{Code, SqsError};
use super::messages::Caller;
use super::request::Members;
use super::{Sqs, answer};
use crate::aws;
use crate::listen::{self, Answer};

/// What the lab's queues can do.
pub(crate) const OPERATIONS: [&str; 13] = [
    "CancelMessageMoveTask",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "DeleteMessage",
    "DeleteMessageBatch",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListMessageMoveTasks",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
    "SendMessageBatch",
    "StartMessageMoveTask",
];

/// Largest request taken: ten messages of a MiB between them, in which JSON may escape every byte by six.
const REQUEST_LIMIT: usize = 8 * MAX_SIZE;

/// What starting a move needs beside its own right: to take from the one queue and to put into the other.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>
const OF_A_MOVES_SOURCE: [&str; 3] = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

impl Sqs {
    /// Answers a request from outside.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Answer {
        let operation = aws::operation(request.headers()).unwrap_or_default();
        let (parts, body) = request.into_parts();
        let Ok(body) = listen::read_body(body, REQUEST_LIMIT).await else {
            return answer::error(&SqsError::invalid("the body is too long, or could not be read"));
        };
        let Ok(body) = serde_json::from_slice::<Json>(&body) else {
            return answer::error(&SqsError::invalid("the body is not JSON"));
        };
        let request = Members(&body);
        // The right to a batch is the right to its parts.
        let action = format!("sqs:{}", operation.strip_suffix("Batch").unwrap_or(&operation));
        let resource = self.resource(&operation, request);
        let resources = [resource.clone()];
        let answer = match self.refusal(&parts.headers, &action, &resource, request) {
            Some(refused) => answer::refused(refused),
            None => match self.switch.before(&format!("sqs:{operation}"), &resources).await {
                Some(outage) => answer::error(&answer::outage(outage)),
                None => match self.dispatch(&operation, request, &self.caller(&parts.headers)).await {
                    Ok(body) => answer::ok(&body),
                    Err(error) => answer::error(&error),
                },
            },
        };
        self.switch.after(&format!("sqs:{operation}"), &resources).await;
        self.guard.record(&parts.headers, action, resource, answer.status());
        answer
    }

    /// What IAM says against it.
    fn refusal(&self, headers: &HeaderMap, action: &str, resource: &str, request: Members<'_>) -> Option<Answer> {
        let refused = self.guard.refusal(headers, action, resource);
        if refused.is_some() || action != "sqs:StartMessageMoveTask" {
            return refused;
        }
        let of_source = OF_A_MOVES_SOURCE.iter().find_map(|action| self.guard.refusal(headers, action, resource));
        of_source.or_else(|| {
            let destinations = self.destinations(resource, request.text("DestinationArn"));
            destinations.iter().find_map(|to| self.guard.refusal(headers, "sqs:SendMessage", to))
        })
    }

    pub(super) async fn dispatch(
        &self,
        operation: &str,
        request: Members<'_>,
        caller: &Caller,
    ) -> Result<Json, SqsError> {
        let queue = || self.queue_named(request);
        match operation {
            "SendMessage" => self.send_message(queue()?, request, caller),
            "SendMessageBatch" => self.send_batch(queue()?, request, caller),
            "ReceiveMessage" => self.receive_message(queue()?, request).await,
            "DeleteMessage" => self.delete_message(queue()?, request),
            "DeleteMessageBatch" => self.delete_batch(queue()?, request),
            "ChangeMessageVisibility" => self.change_visibility(queue()?, request),
            "ChangeMessageVisibilityBatch" => self.change_batch(queue()?, request),
            "GetQueueAttributes" => self.queue_attributes(queue()?, request),
            "GetQueueUrl" => self.queue_url(request),
            "PurgeQueue" => {
                let queue = queue()?;
                self.with(|engine, now| engine.purge(now, queue)).map(|()| serde_json::json!({}))
            }
            "StartMessageMoveTask" => self.start_move(request),
            "ListMessageMoveTasks" => self.list_moves(request),
            "CancelMessageMoveTask" => self.cancel_move(request),
            other => Err(SqsError::new(
                Code::UnknownOperationException,
                format!("the lab's SQS does not know the operation '{other}'"),
            )),
        }
    }

    /// Name of the queue of `QueueUrl`: the end of the path, after the account, whatever the host.
    fn queue_named<'a>(&self, request: Members<'a>) -> Result<&'a str, SqsError> {
        let url = request.required("QueueUrl")?;
        let mut parts = url.trim_end_matches('/').rsplit('/');
        let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if account == self.account_id && self.queues.contains_key(name) {
            return Ok(name);
        }
        Err(SqsError::no_such_queue())
    }

    /// ARN of what a request is about.
    fn resource(&self, operation: &str, request: Members<'_>) -> String {
        let arn = match operation {
            "StartMessageMoveTask" | "ListMessageMoveTasks" => request.text("SourceArn").map(str::to_owned),
            "CancelMessageMoveTask" => request.text("TaskHandle").and_then(|handle| self.source_of(handle)),
            "GetQueueUrl" => request.text("QueueName").map(|name| self.arn(name)),
            _ => {
                let url = request.text("QueueUrl").map(|url| url.trim_end_matches('/'));
                url.and_then(|url| url.rsplit('/').next()).map(|name| self.arn(name))
            }
        };
        arn.unwrap_or_else(|| self.arn("*"))
    }

    fn caller(&self, headers: &HeaderMap) -> Caller {
        let trace = headers.get("x-amzn-trace-id").and_then(|header| header.to_str().ok());
        let id = self.guard.caller(headers).unwrap_or_else(|| self.account_id.clone());
        Caller { id, trace: trace.map(str::to_owned) }
    }
}
