//! Members of a request, with the errors for those that are missing or out of range.

use std::ops::RangeInclusive;

use serde_json::Value as Json;

use super::error::{Code, SqsError};

/// A request's body, or an entry of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members<'a>(pub(super) &'a Json);

impl<'a> Members<'a> {
    pub(super) fn get(self, name: &str) -> Option<&'a Json> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    pub(super) fn required(self, name: &str) -> Result<&'a str, SqsError> {
        self.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
            SqsError::new(Code::MissingParameter, format!("The request must contain the parameter {name}."))
        })
    }

    /// An integer within a range, where it is there.
    pub(super) fn integer(self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, SqsError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let number = value.as_u64().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            SqsError::invalid(format!(
                "Value {value} for parameter {name} is invalid. Reason: Must be between {} and {}, if provided.",
                range.start(),
                range.end()
            ))
        })
    }

    /// Texts of a list; none where it is not there.
    pub(super) fn texts(self, name: &str) -> Vec<&'a str> {
        let list = self.get(name).and_then(Json::as_array);
        list.into_iter().flatten().filter_map(Json::as_str).collect()
    }

    /// The entries of a batch: one to ten, each with an id of its own.
    /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
    pub(super) fn entries(self) -> Result<Vec<(&'a str, Members<'a>)>, SqsError> {
        let entries = self.get("Entries").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        if entries.is_empty() {
            let message = "There should be at least one entry in the request.";
            return Err(SqsError::new(Code::EmptyBatchRequest, message));
        }
        if entries.len() > 10 {
            let message = format!("Maximum number of entries per request are 10. You have sent {}.", entries.len());
            return Err(SqsError::new(Code::TooManyEntriesInBatchRequest, message));
        }
        let mut read: Vec<(&str, Members<'_>)> = Vec::new();
        for entry in entries.iter().map(Members) {
            let id = entry.required("Id")?;
            let well_formed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if id.len() > 80 || !id.bytes().all(well_formed) {
                let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
                return Err(SqsError::new(Code::InvalidBatchEntryId, message));
            }
            if read.iter().any(|(other, _)| *other == id) {
                return Err(SqsError::new(Code::BatchEntryIdsNotDistinct, format!("Id {id} repeated.")));
            }
            read.push((id, entry));
        }
        Ok(read)
    }
}

/// What only FIFO queues have, and fair queues: refused by name, so that nobody counts on it.
const NOT_HERE: [&str; 3] = ["MessageDeduplicationId", "MessageGroupId", "ReceiveRequestAttemptId"];

impl Members<'_> {
    pub(super) fn standard(self) -> Result<Self, SqsError> {
        match NOT_HERE.iter().find(|name| self.get(name).is_some()) {
            Some(name) => Err(SqsError::new(
                Code::UnsupportedOperation,
                format!("the lab runs standard queues, without fairness between groups: it does not know {name}"),
            )),
            None => Ok(self),
        }
    }
}
