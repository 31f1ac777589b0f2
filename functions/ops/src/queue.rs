use crate::store::{Discards, Letter, Sends, StoreError, Takes};
use aws_sdk_sqs::Client;
use shared::budget::Budget;
use shared::payments::Job;
use shared::sqs::within;

/// The longest poll, in seconds: one that waits asks all of SQS's servers, so an empty answer means an empty queue.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>
const POLL_S: i32 = 1;

/// The queue of jobs and that of the dead letters. It needs `sqs:SendMessage` on the first, `sqs:ReceiveMessage` and
/// `sqs:DeleteMessage` on the second.
#[derive(Debug, Clone)]
pub struct Queues {
    client: Client,
    jobs: String,
    dead_letters: String,
}

impl Queues {
    /// The queues at these addresses.
    pub fn new(client: Client, jobs: String, dead_letters: String) -> Self {
        Self { client, jobs, dead_letters }
    }
}

impl Sends for Queues {
    async fn send(&self, job: &Job, budget: &Budget) -> Result<(), StoreError> {
        let body = job.to_json().map_err(|error| StoreError::new(UNSENT, error))?;
        let send = self.client.send_message().queue_url(&self.jobs).message_body(body);
        let sent = within(budget, async { send.send().await.map_err(Box::new) }).await;
        sent.map(drop).map_err(|error| StoreError::new(UNSENT, error))
    }
}

const UNSENT: &str = "the job could not be sent";

impl Takes for Queues {
    async fn take(&self, most: usize, budget: &Budget) -> Result<Vec<Letter>, StoreError> {
        let most = i32::try_from(most.clamp(1, 10)).unwrap_or(10); // SQS gives at most ten at once
        let receive = self.client.receive_message().queue_url(&self.dead_letters);
        let receive = receive.max_number_of_messages(most).wait_time_seconds(POLL_S);
        let received = within(budget, async { receive.send().await.map_err(Box::new) }).await;
        let received = received.map_err(|error| StoreError::new("dead letters could not be taken", error))?;
        let letters = received.messages.unwrap_or_default().into_iter();
        Ok(letters
            .filter_map(|message| Some(Letter { body: message.body?, receipt: message.receipt_handle? }))
            .collect())
    }
}

impl Discards for Queues {
    async fn discard(&self, letter: &Letter, budget: &Budget) -> Result<(), StoreError> {
        let delete = self.client.delete_message().queue_url(&self.dead_letters).receipt_handle(&letter.receipt);
        let deleted = within(budget, async { delete.send().await.map_err(Box::new) }).await;
        deleted.map(drop).map_err(|error| StoreError::new("a dead letter could not be deleted", error))
    }
}
