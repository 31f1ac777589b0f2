//! Another try for payments that failed.

use crate::store::{Changes, Discards, Finds, Letter, Sends, StoreError, Takes};
use futures_util::future::join_all;
use jiff::Timestamp;
use serde::Serialize;
use shared::budget::Budget;
use shared::payments::{Change, Job, Payment, Status};
use shared::ride::RideId;
use std::error::Error;
use std::time::Duration;

/// The most dead letters of one order.
pub(crate) const MOST: usize = 1_000;

/// What a round of ten letters must find left of the time, so that no order is cut off within one.
const ROUND: Duration = Duration::from_millis(2_500);

/// What became of the redrive of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Redriven {
    /// It waits again.
    Queued,
    /// It is not Failed, so there is nothing to redrive.
    NotFailed,
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
    /// How many were left where they are: they say nothing, or somebody is at their payments.
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
pub(crate) async fn one(
    payments: &(impl Finds + Changes),
    queue: &impl Sends,
    ride: RideId,
    budget: &Budget,
) -> Result<Redriven, StoreError> {
    let Some(payment) = payments.find(ride, budget).await? else { return Ok(Redriven::Unknown) };
    again(payments, queue, &payment, budget).await
}

/// Sends a failed payment back into the queue.
///
/// The message goes out first, and is enough: it says which redrive it is, so whoever gets it makes the same change to the
/// row if this function has died. A row that was changed first would, after such a death, wait for a message that never
/// comes, and no repetition would be let in, because it is not Failed any more. Two redrives at once are one in effect: both send the
/// same redrive, and the condition of the change lets one through.
async fn again(
    payments: &impl Changes,
    queue: &impl Sends,
    payment: &Payment,
    budget: &Budget,
) -> Result<Redriven, StoreError> {
    let Some(change) = Change::redrive(payment, Timestamp::now()) else { return Ok(Redriven::NotFailed) };
    queue.send(&payment.redrive(), budget).await?;
    if let Err(error) = payments.change(&change, budget).await {
        tracing::warn!(
            error = &error as &dyn Error,
            "the row of a redriven payment is changed by whoever gets its message"
        );
    }
    Ok(Redriven::Queued)
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
            Fate::Redriven => drop(again(payments, queue, &payment, budget).await?),
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
        Status::Queued | Status::Processing if payment.buried => Fate::Left,
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
