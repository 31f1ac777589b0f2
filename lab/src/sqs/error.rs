//! SQS's errors, in its own words where they are known.

use http::StatusCode;

/// A refusal of SQS's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct SqsError {
    /// Which.
    pub code: Code,
    /// What a person reads.
    pub message: String,
}

impl SqsError {
    /// An error of this kind.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidParameterValue, message)
    }

    pub(super) fn no_such_queue() -> Self {
        Self::new(Code::QueueDoesNotExist, "The specified queue does not exist.")
    }
}

/// Kinds of errors.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html>, and the pages of the operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Two entries of a batch have one id.
    BatchEntryIdsNotDistinct,
    /// All messages of a batch are over 1 MiB.
    BatchRequestTooLong,
    /// A batch without entries.
    EmptyBatchRequest,
    /// Somebody wants the service to fail.
    InternalFailure,
    /// No such queue attribute.
    InvalidAttributeName,
    /// An id of a batch's entry is none.
    InvalidBatchEntryId,
    /// Characters that no message may have.
    InvalidMessageContents,
    /// A parameter is out of its range.
    InvalidParameterValue,
    /// The message is not in flight.
    MessageNotInflight,
    /// A required parameter is missing.
    MissingParameter,
    /// 120,000 messages are in flight.
    OverLimit,
    /// The queue was purged less than a minute ago.
    PurgeQueueInProgress,
    /// No such queue.
    QueueDoesNotExist,
    /// No receipt handle of this queue.
    ReceiptHandleIsInvalid,
    /// Somebody wants the service to throttle.
    RequestThrottled,
    /// No such queue, or no such task, of a message move.
    ResourceNotFoundException,
    /// Somebody wants the service to be away.
    ServiceUnavailable,
    /// More than ten entries in a batch.
    TooManyEntriesInBatchRequest,
    /// The lab's SQS has no such operation.
    UnknownOperationException,
    /// What SQS, or the lab's SQS, does not do.
    UnsupportedOperation,
}

impl Code {
    /// The shape's name, as `__type` has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BatchEntryIdsNotDistinct => "BatchEntryIdsNotDistinct",
            Self::BatchRequestTooLong => "BatchRequestTooLong",
            Self::EmptyBatchRequest => "EmptyBatchRequest",
            Self::InternalFailure => "InternalFailure",
            Self::InvalidAttributeName => "InvalidAttributeName",
            Self::InvalidBatchEntryId => "InvalidBatchEntryId",
            Self::InvalidMessageContents => "InvalidMessageContents",
            Self::InvalidParameterValue => "InvalidParameterValue",
            Self::MessageNotInflight => "MessageNotInflight",
            Self::MissingParameter => "MissingParameter",
            Self::OverLimit => "OverLimit",
            Self::PurgeQueueInProgress => "PurgeQueueInProgress",
            Self::QueueDoesNotExist => "QueueDoesNotExist",
            Self::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            Self::RequestThrottled => "RequestThrottled",
            Self::ResourceNotFoundException => "ResourceNotFoundException",
            Self::ServiceUnavailable => "ServiceUnavailable",
            Self::TooManyEntriesInBatchRequest => "TooManyEntriesInBatchRequest",
            Self::UnknownOperationException => "UnknownOperationException",
            Self::UnsupportedOperation => "UnsupportedOperation",
        }
    }

    /// The code of the older query protocol, which SDKs show in place of the name.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html>
    pub fn query_code(self) -> String {
        match self {
            Self::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue".to_owned(),
            Self::BatchEntryIdsNotDistinct
            | Self::BatchRequestTooLong
            | Self::EmptyBatchRequest
            | Self::InvalidBatchEntryId
            | Self::MessageNotInflight
            | Self::PurgeQueueInProgress
            | Self::TooManyEntriesInBatchRequest
            | Self::UnsupportedOperation => format!("AWS.SimpleQueueService.{}", self.name()),
            other => other.name().to_owned(),
        }
    }

    /// Its status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::InternalFailure => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// Whether the caller is to blame.
    pub fn is_the_senders(self) -> bool {
        self.status().is_client_error()
    }
}
