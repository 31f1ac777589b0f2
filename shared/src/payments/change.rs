use super::counts::{self, Bin, Counter};
use super::{Item, Payment, Status};
use crate::ride::{RequestTime, RideId};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use jiff::Timestamp;
use std::collections::HashMap;

/// The two tables of payments, by name.
#[derive(Debug, Clone)]
pub struct Tables {
    /// The payments.
    pub payments: String,
    /// Their counts.
    pub counts: String,
}

/// A change of a payment that changes a count. [`super::apply`] makes it, whole or not at all.
#[derive(Debug, Clone)]
pub enum Change {
    /// A new row. Condition: there is none of this ride.
    Place(Box<Payment>),
    /// It is charged, and the reasons against it are gone. Condition: it is Queued or Processing, whoever holds it: a
    /// charge is a fact, whoever brings it.
    Complete {
        /// The ride.
        ride: RideId,
        /// Now.
        now: Timestamp,
    },
    /// It failed for good. Condition: it is Processing, and this holder has it.
    Fail {
        /// The ride.
        ride: RideId,
        /// Now.
        now: Timestamp,
        /// Who has it.
        holder: String,
        /// Why, in a few words.
        reason: String,
        /// What finance answered last, in full, if it did; at most as much as is read of any answer: 64 KiB.
        answer: Option<String>,
    },
    /// It waits again, without the reason and the answer of its failure. Condition: it is Failed, since this moment, and
    /// was redriven once less.
    Redrive {
        /// The ride.
        ride: RideId,
        /// Now.
        now: Timestamp,
        /// Its `ProcessedAt`: when its failure was counted.
        failed_at: RequestTime,
        /// Which redrive this is, from 1.
        redrive: u32,
        /// Its `Attempts`.
        attempts: u32,
    },
}

impl Change {
    /// The redrive of a failed payment. `None` for one that is not failed.
    pub fn redrive(payment: &Payment, now: Timestamp) -> Option<Self> {
        let failed_at = payment.processed_at.filter(|_| payment.status == Status::Failed)?;
        let (ride, redrive, attempts) = (payment.ride_id, payment.redrives + 1, payment.attempts);
        Some(Self::Redrive { ride, now, failed_at, redrive, attempts })
    }

    /// The ride it is about.
    pub fn ride(&self) -> RideId {
        match self {
            Self::Place(payment) => payment.ride_id,
            Self::Complete { ride, .. } | Self::Fail { ride, .. } | Self::Redrive { ride, .. } => *ride,
        }
    }

    /// The items of its transaction: the row first, then its two counters.
    ///
    /// # Errors
    /// Never for what is written here; the SDK's builders know no such promise.
    pub fn items(&self, tables: &Tables) -> Result<Vec<TransactWriteItem>, BuildError> {
        let (counter, by, at) = self.counted();
        let shard = counts::shard(self.ride());
        let (bin, minute) = Bin::of(at);
        let total = Update::builder()
            .table_name(&tables.counts)
            .key("Id", S(counts::total_key(shard)))
            .update_expression("ADD #counter :by")
            .expression_attribute_names("#counter", counter.as_str())
            .expression_attribute_values(":by", N(by.to_string()))
            .build()?;
        let ten = Update::builder()
            .table_name(&tables.counts)
            .key("Id", S(bin.key(shard)))
            .update_expression("ADD #counter :by, #minute :by SET ExpiresAt = :expires")
            .expression_attribute_names("#counter", counter.as_str())
            .expression_attribute_names("#minute", counter.of_minute(minute))
            .expression_attribute_values(":by", N(by.to_string()))
            .expression_attribute_values(":expires", N(bin.expires().to_string()))
            .build()?;
        let updated = |update: Update| TransactWriteItem::builder().update(update).build();
        Ok(vec![self.row(&tables.payments)?, updated(total), updated(ten)])
    }

    /// What is counted, by how much, and when that was.
    fn counted(&self) -> (Counter, i64, Timestamp) {
        match self {
            Self::Place(payment) => (Counter::Placed, 1, payment.placed_at.instant()),
            Self::Complete { now, .. } => (Counter::Complete, 1, *now),
            Self::Fail { now, .. } => (Counter::Failed, 1, *now),
            Self::Redrive { failed_at, .. } => (Counter::Failed, -1, failed_at.instant()),
        }
    }

    /// The change of the row. A refusal shows the row as it is: that saves the read that would tell why.
    fn row(&self, table: &str) -> Result<TransactWriteItem, BuildError> {
        if let Self::Place(payment) = self {
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(payment.to_item()))
                .condition_expression("attribute_not_exists(RideId)")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .build()?;
            return Ok(TransactWriteItem::builder().put(put).build());
        }
        let (update, condition, values) = self.expressions();
        // Status is a reserved word; the expressions name whichever of these they need.
        let names = [("#status", "Status"), ("#holder", "Holder")];
        let named = |key: &str| update.contains(key) || condition.contains(key);
        let names: HashMap<String, String> = names
            .into_iter()
            .filter(|(key, _)| named(key))
            .map(|(key, name)| (key.to_owned(), name.to_owned()))
            .collect();
        let update = Update::builder()
            .table_name(table)
            .key("RideId", S(self.ride().to_string()))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Update, condition and values of a change of a row that is there.
    fn expressions(&self) -> (String, &'static str, Item) {
        let status = |status: Status| S(status.as_str().to_owned());
        let time = |at: &Timestamp| S(RequestTime::from(*at).to_string());
        let mut values = Item::new();
        let mut value = |key: &str, value| drop(values.insert(key.to_owned(), value));
        match self {
            Self::Place(_) => (String::new(), "", values),
            Self::Complete { now, .. } => {
                value(":to", status(Status::Complete));
                value(":queued", status(Status::Queued));
                value(":processing", status(Status::Processing));
                value(":now", time(now));
                let set = "SET #status = :to, StatusSince = :now, ProcessedAt = :now \
                           REMOVE #holder, HeldUntil, NotBefore, BuriedAt, Reason, Answer";
                (set.into(), "#status IN (:queued, :processing)", values)
            }
            Self::Fail { now, holder, reason, answer, .. } => {
                value(":to", status(Status::Failed));
                value(":processing", status(Status::Processing));
                value(":now", time(now));
                value(":holder", S(holder.clone()));
                value(":reason", S(reason.clone()));
                let mut set = "SET #status = :to, StatusSince = :now, ProcessedAt = :now, Reason = :reason".to_owned();
                if let Some(answer) = answer {
                    value(":answer", S(answer.clone()));
                    set.push_str(", Answer = :answer REMOVE #holder, HeldUntil");
                } else {
                    set.push_str(" REMOVE #holder, HeldUntil, Answer");
                }
                (set, "#status = :processing AND #holder = :holder", values)
            }
            Self::Redrive { now, failed_at, redrive, attempts, .. } => {
                value(":to", status(Status::Queued));
                value(":failed", status(Status::Failed));
                value(":now", time(now));
                value(":failed_at", S(failed_at.to_string()));
                value(":redrive", N(redrive.to_string()));
                value(":before", N((redrive - 1).to_string()));
                value(":attempts", N(attempts.to_string()));
                let set = "SET #status = :to, StatusSince = :now, Redrives = :redrive, AttemptsBefore = :attempts \
                           REMOVE ProcessedAt, Reason, Answer, BuriedAt";
                let before = "#status = :failed AND ProcessedAt = :failed_at AND Redrives = :before";
                (set.into(), before, values)
            }
        }
    }
}

#[cfg(test)]
mod tests;
