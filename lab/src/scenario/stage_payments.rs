//! The payments of a run: waited for, and read.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::course::Course;
use super::error::RunError;
use super::payments::{self, PaymentBooks};
use super::stage::{REST_LIMIT, Stage};
use super::stage_rides::LOOK;
use crate::books::Payment;

/// The longest that a payment is put off for itself, in seconds: what finance asks for and a pause of its own, fifteen minutes
/// each. Who still waits then, waits for ever.
const LONGEST_PUT_OFF: f64 = 30.0 * 60.0;

/// How often it is looked whether functions are at rest.
const AT_REST: Duration = Duration::from_secs(1);

/// What is stored at the end of a run.
pub(super) struct Stored {
    /// Rows of the rides table.
    pub(super) rides: Vec<Value>,
    pub(super) payments: PaymentBooks,
}

impl Stage<'_> {
    /// Waits until no function is at work, every ride has its payment and no payment waits, and reads them. What the act
    /// expects to be left is not waited for.
    pub(super) async fn at_the_end(&self, course: &Course) -> Result<Stored, RunError> {
        let (began, limit) = (Instant::now(), REST_LIMIT.max(self.scale.machine(LONGEST_PUT_OFF)));
        let rules = &self.act.expect.payments;
        loop {
            // Whoever has given up may still have a row coming.
            let rest = self.lab.lambda.at_rest(AT_REST).await;
            let late = began.elapsed() > limit;
            if rest {
                let mut stored = self.stored(course).await?;
                stored.payments.waited_s = began.elapsed().as_secs_f64();
                let paid = stored.payments.missing.is_empty() || !rules.missing.holds(0.0);
                let done = stored.payments.waiting == 0 || !rules.waiting.holds(0.0);
                if late || (paid && done) {
                    return Ok(stored);
                }
            } else if late {
                return Err(RunError::NoRest(limit.as_secs()));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether no payment of a ride of the load waits, or is expected to be left waiting.
    pub(super) async fn load_is_paid_for(&self, course: &Course) -> Result<bool, RunError> {
        if !self.act.expect.payments.waiting.holds(0.0) {
            return Ok(true);
        }
        let ends = course.began_at + self.scale.machine(self.scenario.load_seconds());
        let of_the_load = |payment: &Payment<'_>| payment.placed_at.is_some_and(|at| at < ends);
        let payments = self.rows("PaymentsTable").await?;
        let mut of_the_load = payments.iter().filter_map(Payment::read).filter(of_the_load);
        Ok(!of_the_load.any(|payment| payment.waits()))
    }

    async fn stored(&self, course: &Course) -> Result<Stored, RunError> {
        // In this order, for others may still be at work: what is Complete was charged before, and whose ride has a payment had
        // it before.
        let payments = self.rows("PaymentsTable").await?;
        let finance = match self.lab.table("FinanceTable") {
            Some(_) => Some(self.rows("FinanceTable").await?),
            None => None,
        };
        let rides = self.rows("RidesTable").await?;
        let mut books = PaymentBooks::of(&rides, &payments, finance.as_deref());
        books.pace = self.act.expect.payments.pace.and_then(|pace| {
            let past = |at: Timestamp| Duration::try_from(at.duration_since(course.began_at)).ok();
            let completed = payments.iter().filter_map(|item| past(Payment::read(item)?.charged_at?));
            payments::in_a_row(&completed.map(|past| self.scale.scenario(past)).collect::<Vec<_>>(), &pace)
        });
        let payments = books;
        Ok(Stored { rides, payments })
    }

    async fn rows(&self, id: &'static str) -> Result<Vec<Value>, RunError> {
        let table = self.lab.table(id).ok_or(RunError::Missing(id))?;
        self.lab.dynamodb.items(table).await.map_err(RunError::Rows)
    }
}
