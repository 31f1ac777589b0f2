//! Message move tasks over the API, and the clock that drives them.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::Sqs;
use super::engine::{MoveTask, Status};
use super::error::{Code, SqsError};
use super::request::Members;

impl Sqs {
    pub(super) fn start_move(&self, request: Members<'_>) -> Result<Json, SqsError> {
        let source = self.queue_of(request.required("SourceArn")?, "SourceArn")?;
        let destination = request.text("DestinationArn").map(|arn| self.queue_of(arn, "DestinationArn")).transpose()?;
        let rate = request.integer("MaxNumberOfMessagesPerSecond", 1..=500)?;
        let rate = rate.and_then(|rate| u32::try_from(rate).ok());
        let handle = self.with(|engine, now| engine.start_move(now, source, destination, rate))?;
        self.moves.notify_one();
        Ok(json!({"TaskHandle": handle}))
    }

    pub(super) fn cancel_move(&self, request: Members<'_>) -> Result<Json, SqsError> {
        let handle = request.required("TaskHandle")?;
        let moved = self.with(|engine, now| engine.cancel_move(now, handle))?;
        Ok(json!({"ApproximateNumberOfMessagesMoved": moved}))
    }

    pub(super) fn list_moves(&self, request: Members<'_>) -> Result<Json, SqsError> {
        let source = self.queue_of(request.required("SourceArn")?, "SourceArn")?;
        let most = request.integer("MaxResults", 1..=10)?.unwrap_or(1);
        let most = usize::try_from(most).unwrap_or(1);
        let tasks = self.with(|engine, now| engine.moves(now, source, most));
        let results: Vec<Json> = tasks.iter().map(|task| self.task(task)).collect();
        Ok(json!({"Results": results}))
    }

    fn task(&self, task: &MoveTask) -> Json {
        let mut shown = json!({
            "Status": task.status.name(),
            "SourceArn": self.arn(&task.source),
            "ApproximateNumberOfMessagesMoved": task.moved,
            "ApproximateNumberOfMessagesToMove": task.to_move,
            "StartedTimestamp": task.started,
        });
        // "Only populated if the status of the message movement task is RUNNING."
        if task.status == Status::Running {
            shown["TaskHandle"] = task.handle.clone().into();
        }
        if let Some(destination) = &task.destination {
            shown["DestinationArn"] = self.arn(destination).into();
        }
        if let Some(rate) = task.rate {
            shown["MaxNumberOfMessagesPerSecond"] = rate.into();
        }
        if let Some(failure) = task.failure {
            shown["FailureReason"] = failure.into();
        }
        shown
    }

    /// ARN of the queue that a task takes from.
    pub(super) fn source_of(&self, handle: &str) -> Option<String> {
        let source = self.with(|engine, _| engine.source_of(handle))?;
        Some(self.arn(&source))
    }

    /// ARNs of the queues that messages of this one may go to.
    pub(super) fn destinations(&self, source: &str, destination: Option<&str>) -> Vec<String> {
        if let Some(destination) = destination {
            return vec![destination.to_owned()];
        }
        let gives_up_to_it = |queue: &&crate::template::Queue| {
            queue.redrive.as_ref().is_some_and(|redrive| redrive.dead_letters == source)
        };
        self.queues.values().filter(gives_up_to_it).map(|queue| queue.arn.clone()).collect()
    }

    fn queue_of(&self, arn: &str, parameter: &str) -> Result<&str, SqsError> {
        self.name_of(arn).ok_or_else(|| {
            let message = format!("The resource that you specified for the {parameter} parameter doesn't exist.");
            SqsError::new(Code::ResourceNotFoundException, message)
        })
    }

    /// Lets tasks move their messages when they are due.
    pub(super) async fn carry_on_moving(&self) {
        loop {
            let next = self.with(|engine, now| {
                engine.advance(now);
                engine.next_move().map(|due| Duration::from_millis(due.saturating_sub(now).max(1)))
            });
            match next {
                Some(pause) => tokio::time::sleep(pause).await,
                None => self.moves.notified().await,
            }
        }
    }
}
