//! Another try for payments that failed, and a message for those that have lost theirs.

use crate::store::{Changes, Discards, Finds, Letter, Sends, StoreError, Takes};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde::Serialize;
use shared::budget::Budget;
use shared::payments::{Change, Job, NotAPayment, Payment, Status};
use shared::ride::RideId;
use std::error::Error;
use std::time::Duration;

/// The most dead letters of one order.
pub(crate) const MOST_LETTERS: usize = 1_000;

/// A round of ten letters that finds less of the time left is not begun: so long it lasts when all is well, of which the poll may be a
/// second. One that lasts longer can be cut off at the end of the time. Its letters come again, and are then judged anew.
const ROUND: Duration = Duration::from_millis(2_500);

/// What became of the redrive of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redriven {
    /// It waits again.
    Queued,
    /// It is Complete, so there is nothing to redrive.
    Complete,
    /// Somebody has it at the moment, or it is tried again at a time that has not come.
    UnderWay,
    /// There is no such payment.
    Unknown,
}

/// What became of an order to redrive the dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Moved {
    /// How many payments wait again.
    pub(crate) moved: usize,
    /// How many letters were out of date, and deleted: their payments were redriven or completed since.
    pub(crate) stale: usize,
    /// How many were left where they are: they say nothing, somebody is at their payments, or a table or a queue did not answer.
    pub(crate) left: usize,
    /// Why it ended.
    pub(crate) ended: Ended,
}

/// Why an order ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ended {
    /// No letters are to be had.
    Empty,
    /// The limit was reached.
    Limit,
    /// The time was up: order again.
    Time,
}

/// Redrives the payment of a ride.
///
/// One that waits is sent the same job again, since its message may be gone: by a purge, with a letter that was deleted or ran out, or
/// after its fourteen days. Nobody can tell whether it is, and how long the row has stood still does not say so either: in an outage it
/// stands still for days, while its message is put off. Another message does no harm: whoever gets it claims the row as it stands. So
/// only those are refused whose lease or pause says that their time is yet to come.
pub(crate) async fn one(
    payments: &(impl Finds + Changes),
    queue: &impl Sends,
    ride: RideId,
    budget: &Budget,
) -> Result<Redriven, StoreError> {
    let Some(payment) = payments.find(ride, budget).await? else { return Ok(Redriven::Unknown) };
    match payment.status {
        Status::Complete => return Ok(Redriven::Complete),
        Status::Failed => again(payments, queue, &payment, budget).await?,
        Status::Queued | Status::Processing if under_way(&payment, Timestamp::now()) => return Ok(Redriven::UnderWay),
        // Also where there is a letter: whoever gets the job says Failed, which is what the letter waits for.
        Status::Queued | Status::Processing => queue.send(&payment.job(), budget).await?,
    }
    Ok(Redriven::Queued)
}

/// Whether somebody has it, or it waits for a time to come. Either is over within half an hour.
fn under_way(payment: &Payment, now: Timestamp) -> bool {
    let not_before = payment.not_before.map(|moment| moment.instant());
    [payment.lease_end(), not_before].into_iter().flatten().any(|end| end > now)
}

/// Sends a failed payment back into the queue.
///
/// The message goes out first, and is enough: it says which redrive it is, so whoever gets it makes the same change to the
/// row if this function has died. A row that was changed first would, after such a death, wait for a message that never
/// comes, and no longer be red. Two redrives at once are one in effect: both send the same redrive, and the condition of the change
/// lets one through.
async fn again(
    payments: &impl Changes,
    queue: &impl Sends,
    payment: &Payment,
    budget: &Budget,
) -> Result<(), StoreError> {
    let change = Change::redrive(payment, Timestamp::now());
    let change =
        change.ok_or_else(|| StoreError::new("the payment could not be redriven", NotAPayment("ProcessedAt")))?;
    queue.send(&payment.redrive(), budget).await?;
    if let Err(error) = payments.change(&change, budget).await {
        tracing::warn!(
            error = &error as &dyn Error,
            "the row of a redriven payment is changed by whoever gets its message"
        );
    }
    Ok(())
}

/// What is to become of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Its payment failed: another try.
    Redriven,
    /// Its payment waits for a message that SQS itself put here: the same job again.
    Resent,
    /// It is out of date.
    Stale,
    /// It stays.
    Left,
}

/// Redrives the payments of up to `limit` dead letters, as far as the time allows.
pub(crate) async fn all(
    payments: &(impl Finds + Changes),
    queue: &(impl Sends + Takes + Discards),
    limit: usize,
    budget: &Budget,
) -> Result<Moved, StoreError> {
    let mut done = Moved { moved: 0, stale: 0, left: 0, ended: Ended::Limit };
    while done.moved < limit {
        if budget.remaining() < ROUND {
            done.ended = Ended::Time;
            break;
        }
        let taken = queue.take((limit - done.moved).min(10), budget).await;
        // What was moved before must be told; whatever fails now fails again at the next order.
        let letters = match taken {
            Err(error) if done.moved + done.stale == 0 => return Err(error),
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "an order to redrive ended early");
                done.ended = Ended::Time;
                break;
            }
            Ok(letters) => letters,
        };
        if letters.is_empty() {
            done.ended = Ended::Empty;
            break;
        }
        for fate in join_all(letters.iter().map(|letter| handle(payments, queue, letter, budget))).await {
            match fate {
                Fate::Redriven | Fate::Resent => done.moved += 1,
                Fate::Stale => done.stale += 1,
                Fate::Left => done.left += 1,
            }
        }
    }
    Ok(done)
}

/// Sends, then deletes: after a death in between the letter comes again. That of a redrive is out of date by then; a job that is sent
/// twice is looked at twice and charged once.
async fn handle(
    payments: &(impl Finds + Changes),
    queue: &(impl Sends + Discards),
    letter: &Letter,
    budget: &Budget,
) -> Fate {
    let fate = async {
        let Ok(job) = Job::parse(&letter.body) else { return Ok(Fate::Left) };
        let Some(payment) = payments.find(job.ride_id, budget).await? else { return Ok(Fate::Left) };
        let fate = judge(&job, &payment, Timestamp::now());
        match fate {
            Fate::Redriven => again(payments, queue, &payment, budget).await?,
            Fate::Resent => queue.send(&payment.job(), budget).await?,
            Fate::Stale | Fate::Left => {}
        }
        if fate != Fate::Left {
            queue.discard(letter, budget).await?;
        }
        Ok::<Fate, StoreError>(fate)
    };
    fate.await.unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn Error, "a dead letter stays for another time");
        Fate::Left
    })
}

/// Which redrive a letter is of says whether its payment has gone on since.
///
/// process-payment writes a letter while it holds the row, and then says Failed. So the letter of a row that nobody holds is a message
/// that SQS itself put here, received a thousand times by a function that died over it. No other message stands for that payment any more.
/// Unless the row says that process-payment wrote one: it died, or could not save, before it said Failed, and its message comes again to
/// do so. Until then that letter is all that the redrives of all will know of the payment.
fn judge(job: &Job, payment: &Payment, now: Timestamp) -> Fate {
    let of = job.redrive.unwrap_or(0);
    match payment.status {
        _ if of < payment.redrives => Fate::Stale,
        Status::Complete => Fate::Stale,
        Status::Queued | Status::Processing if payment.buried_at.is_some() => Fate::Left,
        // Also where it is itself a redrive of which the row does not know yet.
        Status::Failed => Fate::Redriven,
        Status::Queued => Fate::Resent,
        // Its holder may be about to say Failed: the letter of a row that does not yet is not to be lost.
        Status::Processing if payment.lease_end().is_some_and(|end| end > now) => Fate::Left,
        Status::Processing => Fate::Resent,
    }
}

#[cfg(test)]
mod tests;
