//! Message move tasks: out of a dead-letter queue, at a rate.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>

use super::message::Millis;
use super::{Code, Engine, SqsError};

/// "The maximum value for messages per second is 500." Without a rate SQS chooses one by the backlog, of which nothing is
/// published; here it is this one.
const MAX_RATE: u32 = 500;

/// How long SQS remembers a task is not documented; at most so many are listed.
const LISTED: usize = 10;

/// A task of moving messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveTask {
    /// Its handle, with which it can be cancelled.
    pub handle: String,
    /// Name of the dead-letter queue.
    pub source: String,
    /// Name of the queue that gets the messages; without it, each goes back to the queue that gave it up.
    pub destination: Option<String>,
    /// Messages a second, where somebody said so.
    pub rate: Option<u32>,
    /// How it stands.
    pub status: Status,
    /// When it began.
    pub started: Millis,
    /// Messages moved so far.
    pub moved: u64,
    /// Messages that were to be moved when it began.
    pub to_move: u64,
    /// Why it failed.
    pub failure: Option<&'static str>,
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// At work.
    Running,
    /// At its end.
    Completed,
    /// Cancelled by somebody.
    Cancelled,
    /// It could not go on.
    Failed,
}

impl Status {
    /// As `ListMessageMoveTasks` has it. `CANCELLING` is passed in no time here.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::Completed => "COMPLETED",
            Self::Cancelled => "CANCELLED",
            Self::Failed => "FAILED",
        }
    }
}

impl Engine {
    /// Starts a task; its handle.
    ///
    /// # Errors
    /// The source is no queue, or no queue's dead-letter queue, or has a running task; the destination is no queue, or the
    /// source itself; the rate is none.
    pub fn start_move(
        &mut self,
        now: Millis,
        source: &str,
        destination: Option<&str>,
        rate: Option<u32>,
    ) -> Result<String, SqsError> {
        self.advance(now);
        let missing = |which: &str| {
            let message = format!("The resource that you specified for the {which} parameter doesn't exist.");
            SqsError::new(Code::ResourceNotFoundException, message)
        };
        let to_move = self.queue(source).map_err(|_| missing("SourceArn"))?.depth().visible as u64;
        if destination.is_some_and(|name| !self.queues.contains_key(name)) {
            return Err(missing("DestinationArn"));
        }
        let is_target =
            |settings: &super::Settings| settings.dead_letters.as_ref().is_some_and(|(name, _)| name == source);
        if !self.queues.values().any(|queue| is_target(&queue.settings)) {
            return Err(SqsError::invalid("Source queue must be configured as a Dead Letter Queue."));
        }
        if destination == Some(source) {
            return Err(SqsError::invalid("Source queue arn and destination queue arn must be different."));
        }
        if let Some(wrong) = rate.filter(|rate| !(1..=MAX_RATE).contains(rate)) {
            let message = format!(
                "Value {wrong} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and {MAX_RATE}."
            );
            return Err(SqsError::invalid(message));
        }
        // "Only one active message movement task is supported per queue at any given time"; by which error is not said.
        if self.tasks.iter().any(|task| task.source == source && task.status == Status::Running) {
            let message = "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
            return Err(SqsError::new(Code::UnsupportedOperation, message));
        }
        let handle = format!("lab-move-{:032x}", self.random.u128(..));
        self.used(now, source);
        self.tasks.push(MoveTask {
            handle: handle.clone(),
            source: source.to_owned(),
            destination: destination.map(str::to_owned),
            rate,
            status: Status::Running,
            started: now,
            moved: 0,
            to_move,
            failure: None,
        });
        Ok(handle)
    }

    /// Cancels a running task; how many messages it has moved, which stay where they are.
    ///
    /// # Errors
    /// There is no such task, or it runs no more.
    pub fn cancel_move(&mut self, now: Millis, handle: &str) -> Result<u64, SqsError> {
        self.advance(now);
        let task = self.tasks.iter_mut().find(|task| task.handle == handle);
        let task = task.ok_or_else(|| SqsError::new(Code::ResourceNotFoundException, "Task does not exist."))?;
        if task.status != Status::Running {
            let message = "Only active tasks can be cancelled.";
            return Err(SqsError::new(Code::UnsupportedOperation, message));
        }
        task.status = Status::Cancelled;
        Ok(task.moved)
    }

    /// The latest tasks of a queue, newest first.
    pub fn moves(&mut self, now: Millis, source: &str, most: usize) -> Vec<MoveTask> {
        self.advance(now);
        let of_source = self.tasks.iter().rev().filter(|task| task.source == source);
        of_source.take(most.min(LISTED)).cloned().collect()
    }

    /// Name of the queue that a task takes from.
    pub fn source_of(&self, handle: &str) -> Option<String> {
        self.tasks.iter().find(|task| task.handle == handle).map(|task| task.source.clone())
    }

    /// When a running task moves its next message.
    pub fn next_move(&self) -> Option<Millis> {
        let running = self.tasks.iter().filter(|task| task.status == Status::Running);
        running
            .map(|task| task.started + ((task.moved + 1) * 1000).div_ceil(u64::from(task.rate.unwrap_or(MAX_RATE))))
            .min()
    }

    pub(super) fn advance_moves(&mut self, now: Millis) {
        for index in 0..self.tasks.len() {
            let Some(task) = self.tasks.get(index).filter(|task| task.status == Status::Running) else { continue };
            let rate = u64::from(task.rate.unwrap_or(MAX_RATE));
            let allowed = now.saturating_sub(task.started).saturating_mul(rate) / 1000;
            let (moved, ended) = self.carry(now, &task.clone(), allowed.saturating_sub(task.moved));
            if let Some(task) = self.tasks.get_mut(index) {
                task.moved += moved;
                match ended {
                    Some(Ok(())) => task.status = Status::Completed,
                    Some(Err(why)) => (task.status, task.failure) = (Status::Failed, Some(why)),
                    None => {}
                }
            }
        }
    }

    /// Moves up to `most` visible messages, oldest first; how many, and how the task has ended if it has.
    ///
    /// "All redriven messages are considered new messages with a new messageID and enqueueTime."
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>
    fn carry(&mut self, now: Millis, task: &MoveTask, most: u64) -> (u64, Option<Result<(), &'static str>>) {
        let mut moved = 0;
        loop {
            let Some(source) = self.queues.get_mut(&task.source) else { return (moved, None) };
            let Some(number) = source.next_to_move() else { return (moved, Some(Ok(()))) };
            if moved == most {
                return (moved, None);
            }
            let gave_up = source.message(number).and_then(|message| message.gave_up.clone());
            // A message that somebody sent to the dead-letter queue has no queue to go back to.
            let Some(to) = task.destination.clone().or(gave_up) else {
                return (moved, Some(Err("CouldNotDetermineMessageSource")));
            };
            let Some(message) = source.remove(number) else { return (moved, None) };
            self.used(now, &to);
            self.place(now, &to, message.content, 0);
            moved += 1;
        }
    }
}
