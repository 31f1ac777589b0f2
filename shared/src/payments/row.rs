use super::{Job, Status};
use crate::ride::{Label, RequestTime, RideId};
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// The index of the payments table by status, oldest first: HASH `Status`, RANGE `PlacedAt`, all attributes.
pub const BY_STATUS: &str = "by-status";

/// The longest that a payment is Processing before somebody else may take it, whatever its row says.
pub const LEASE: Duration = Duration::from_secs(15 * 60);

/// A row of a table.
pub type Item = HashMap<String, AttributeValue>;

/// A payment: one for each ride.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The ride.
    pub ride_id: RideId,
    /// When it was asked for.
    pub placed_at: RequestTime,
    /// Who rides, when that is known.
    pub rider: Option<Label>,
    /// Where it is on its way.
    pub status: Status,
    /// Since when.
    pub status_since: RequestTime,
    /// How often finance was asked, or was about to be.
    pub attempts: u32,
    /// How many of those are free: all before the last redrive, and those that only found out that finance answers nobody.
    pub attempts_before: u32,
    /// When it is tried again, at the earliest; of one that waits only.
    pub not_before: Option<RequestTime>,
    /// When it was Complete or Failed.
    pub processed_at: Option<RequestTime>,
    /// Why it waits again or failed, in a few words.
    pub reason: Option<String>,
    /// What finance answered, in full; of one that failed, or is about to and has its dead letter already.
    pub answer: Option<String>,
    /// The request id of the last attempt: where to look in the log.
    pub request_id: Option<String>,
    /// Who processes it.
    pub holder: Option<String>,
    /// Until when, at the latest: after that the holder is dead.
    pub held_until: Option<RequestTime>,
    /// How often it was redriven.
    pub redrives: u32,
    /// When it got its dead letter, since the last redrive; nothing for one that has none.
    pub buried_at: Option<RequestTime>,
}

/// The row is not one that this code writes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a row of the payments table is no payment: its {0} is missing or wrong")]
pub struct NotAPayment(pub &'static str);

impl Payment {
    /// The payment of a new job.
    pub fn placed(job: &Job, now: Timestamp) -> Self {
        Self {
            ride_id: job.ride_id,
            placed_at: job.request_time,
            rider: job.rider.clone(),
            status: Status::Queued,
            status_since: now.into(),
            attempts: 0,
            attempts_before: 0,
            not_before: None,
            processed_at: None,
            reason: None,
            answer: None,
            request_id: None,
            holder: None,
            held_until: None,
            redrives: 0,
            buried_at: None,
        }
    }

    /// The job of this payment, as it is now.
    pub fn job(&self) -> Job {
        let redrive = (self.redrives > 0).then_some(self.redrives);
        Job { ride_id: self.ride_id, request_time: self.placed_at, rider: self.rider.clone(), redrive }
    }

    /// The job that redrives this payment.
    pub fn redrive(&self) -> Job {
        Job { redrive: Some(self.redrives + 1), ..self.job() }
    }

    /// How often finance was asked since the last redrive, as far as that counts for the limit of attempts.
    pub fn attempts_now(&self) -> u32 {
        self.attempts.saturating_sub(self.attempts_before)
    }

    /// Until when somebody works at it; from then on it may be taken. Nothing for one that nobody has.
    pub fn lease_end(&self) -> Option<Timestamp> {
        let since = self.status_since.instant();
        let longest = since.checked_add(jiff::SignedDuration::try_from(LEASE).ok()?).ok()?;
        let told = self.held_until.map(|until| until.instant());
        (self.status == Status::Processing).then(|| told.map_or(longest, |told| told.min(longest)))
    }

    /// As a row.
    pub fn to_item(&self) -> Item {
        let texts = [
            ("RideId", Some(self.ride_id.to_string())),
            ("PlacedAt", Some(self.placed_at.to_string())),
            ("Rider", self.rider.as_ref().map(|rider| rider.as_str().to_owned())),
            ("Status", Some(self.status.to_string())),
            ("StatusSince", Some(self.status_since.to_string())),
            ("ProcessedAt", self.processed_at.map(|at| at.to_string())),
            ("Reason", self.reason.clone()),
            ("Answer", self.answer.clone()),
            ("RequestId", self.request_id.clone()),
            ("Holder", self.holder.clone()),
            ("HeldUntil", self.held_until.map(|until| until.to_string())),
            ("NotBefore", self.not_before.map(|moment| moment.to_string())),
            ("BuriedAt", self.buried_at.map(|at| at.to_string())),
        ];
        let numbers =
            [("Attempts", self.attempts), ("AttemptsBefore", self.attempts_before), ("Redrives", self.redrives)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), S(text?))));
        let numbers = numbers.map(|(name, number)| (name.to_owned(), N(number.to_string())));
        texts.chain(numbers).collect()
    }

    /// Out of a row. Attributes of later versions do not matter.
    ///
    /// # Errors
    /// An attribute is missing or wrong.
    pub fn from_item(item: &Item) -> Result<Self, NotAPayment> {
        let status: String = required(item, "Status", text)?;
        Ok(Self {
            ride_id: required(item, "RideId", |value| RideId::try_from(text(value)?).ok())?,
            placed_at: required(item, "PlacedAt", time)?,
            rider: optional(item, "Rider", |value| Label::try_from(text(value)?).ok())?,
            status: Status::try_from(status.as_str()).map_err(|_| NotAPayment("Status"))?,
            status_since: required(item, "StatusSince", time)?,
            attempts: optional(item, "Attempts", number)?.unwrap_or(0),
            attempts_before: optional(item, "AttemptsBefore", number)?.unwrap_or(0),
            processed_at: optional(item, "ProcessedAt", time)?,
            reason: optional(item, "Reason", text)?,
            answer: optional(item, "Answer", text)?,
            request_id: optional(item, "RequestId", text)?,
            holder: optional(item, "Holder", text)?,
            held_until: optional(item, "HeldUntil", time)?,
            not_before: optional(item, "NotBefore", time)?,
            redrives: optional(item, "Redrives", number)?.unwrap_or(0),
            buried_at: optional(item, "BuriedAt", time)?,
        })
    }
}

type Read<T> = fn(&AttributeValue) -> Option<T>;

fn optional<T>(item: &Item, name: &'static str, read: Read<T>) -> Result<Option<T>, NotAPayment> {
    item.get(name).map(|value| read(value).ok_or(NotAPayment(name))).transpose()
}

fn required<T>(item: &Item, name: &'static str, read: Read<T>) -> Result<T, NotAPayment> {
    optional(item, name, read)?.ok_or(NotAPayment(name))
}

fn text(value: &AttributeValue) -> Option<String> {
    value.as_s().ok().cloned()
}

fn time(value: &AttributeValue) -> Option<RequestTime> {
    RequestTime::try_from(text(value)?).ok()
}

fn number(value: &AttributeValue) -> Option<u32> {
    value.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
