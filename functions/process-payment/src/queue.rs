use crate::Settings;
use crate::batch::Message;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::operation::change_message_visibility::ChangeMessageVisibilityError;
use aws_sdk_sqs::operation::send_message::SendMessageError;
use shared::aws::CallError;
use shared::budget::Budget;
use shared::sqs::within;
use std::error::Error;
use std::future::Future;
use std::time::Duration;

/// Where jobs come from, and where those go that nobody can do.
pub trait Queue: Send + Sync + 'static {
    /// Why it did not work.
    type Error: Error + Send + Sync + 'static;

    /// Hides a message for so long from now on, in whole seconds, rounded up.
    fn put_off(
        &self,
        message: &Message,
        pause: Duration,
        budget: &Budget,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// Sends a text to the dead letters.
    fn bury(&self, body: &str, budget: &Budget) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Why the queue did not do as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// It gave no answer that counts.
    #[error("the message could not be put off")]
    PutOff(#[source] CallError<Box<SdkError<ChangeMessageVisibilityError>>>),
    /// It gave no answer that counts.
    #[error("the message could not be sent to the dead letters")]
    Bury(#[source] CallError<Box<SdkError<SendMessageError>>>),
}

/// The queue of payments and its dead letters. It needs `sqs:ChangeMessageVisibility` on the first and `sqs:SendMessage` on
/// the second; to receive and to delete is Lambda's business, with the same role.
#[derive(Debug, Clone)]
pub struct PaymentsQueue {
    client: Client,
    queue_url: String,
    dead_letters_url: String,
}

impl PaymentsQueue {
    /// The queues at these addresses.
    pub fn new(client: Client, settings: &Settings) -> Self {
        let (queue_url, dead_letters_url) = (settings.queue_url.clone(), settings.dead_letters_url.clone());
        Self { client, queue_url, dead_letters_url }
    }
}

impl Queue for PaymentsQueue {
    type Error = QueueError;

    async fn put_off(&self, message: &Message, pause: Duration, budget: &Budget) -> Result<(), QueueError> {
        let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        let change = self
            .client
            .change_message_visibility()
            .queue_url(&self.queue_url)
            .receipt_handle(&message.receipt_handle)
            .visibility_timeout(i32::try_from(seconds).unwrap_or(i32::MAX));
        within(budget, async { change.send().await.map_err(Box::new) }).await.map(drop).map_err(QueueError::PutOff)
    }

    async fn bury(&self, body: &str, budget: &Budget) -> Result<(), QueueError> {
        let send = self.client.send_message().queue_url(&self.dead_letters_url).message_body(body);
        within(budget, async { send.send().await.map_err(Box::new) }).await.map(drop).map_err(QueueError::Bury)
    }
}
