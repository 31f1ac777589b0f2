//! What the page says of the payments, at one moment.

use crate::count::{Count, bins};
use crate::list::MOST_PAYMENTS;
use crate::store::{First, Lists, Numbers, StoreError, Tallies};
use jiff::Timestamp;
use shared::budget::Budget;
use shared::payments::counts::{Bin, Counts};
use shared::payments::{Payment, Status};

/// How many places of the list failed payments have for themselves, however many wait.
const FOR_FAILED: usize = 50;

/// How many bins of ten minutes the chart shows: two hours, which with the totals is 78 keys of one `BatchGetItem`.
const BINS: i64 = 12;

/// Counts and payments, as they were read.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) as_of: Timestamp,
    pub(super) numbers: Numbers,
    pub(super) rows: Vec<Payment>,
}

impl Snapshot {
    /// Reads it, in the same time however many payments there are: the counters first, which say how many rows of each
    /// status have a place, then those rows by index, and no others.
    pub(super) async fn take(
        payments: &(impl Lists + Tallies),
        now: Timestamp,
        budget: &Budget,
    ) -> Result<Self, StoreError> {
        let numbers = payments.tally(&bins(now, BINS), budget).await?;
        let places = Places::of(&numbers.total);
        let list = async |status, first, limit| match limit {
            0 => Ok(Vec::new()),
            limit => payments.list(status, first, None, limit, budget).await.map(|slice| slice.payments),
        };
        let (failed, processing, queued, complete) = tokio::join!(
            list(Status::Failed, First::Oldest, places.failed),
            list(Status::Processing, First::Oldest, places.waiting),
            list(Status::Queued, First::Oldest, places.waiting),
            list(Status::Complete, First::Newest, places.complete),
        );
        let waiting = processing?.into_iter().chain(queued?).collect();
        let rows = choose(failed?, waiting, complete?);
        Ok(Self { as_of: now, numbers, rows })
    }

    pub(super) fn count(&self) -> Count {
        Count::of(&self.numbers, self.as_of)
    }

    /// The counts of each ten minutes, the oldest first.
    pub(super) fn bins(&self) -> Vec<(Bin, Counts)> {
        let counts = self.numbers.bins.iter().map(|(counts, _)| *counts);
        let mut bins: Vec<(Bin, Counts)> = bins(self.as_of, BINS).into_iter().zip(counts).collect();
        bins.reverse();
        bins
    }
}

/// How many rows of the list are whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Places {
    failed: usize,
    waiting: usize,
    complete: usize,
}

impl Places {
    fn of(total: &Counts) -> Self {
        let number = |count: i64| usize::try_from(count.max(0)).unwrap_or(usize::MAX);
        let waiting = number(total.in_queue());
        let failed = number(total.failed).min(FOR_FAILED.max(MOST_PAYMENTS.saturating_sub(waiting)));
        let waiting = waiting.min(MOST_PAYMENTS - failed);
        let complete = number(total.complete).min(MOST_PAYMENTS - failed - waiting);
        Self { failed, waiting, complete }
    }
}

/// The payments that the list shows, oldest first: those that failed, those that wait, and where there is room the completed
/// ones that came last. With a hundred payments or fewer that is all of them; with more, none that needs somebody gives its
/// place to one that does not.
fn choose(failed: Vec<Payment>, mut waiting: Vec<Payment>, complete: Vec<Payment>) -> Vec<Payment> {
    oldest_first(&mut waiting);
    let failed_places = FOR_FAILED.max(MOST_PAYMENTS.saturating_sub(waiting.len()));
    let mut rows: Vec<Payment> = failed.into_iter().take(failed_places).collect();
    rows.extend(waiting.into_iter().take(MOST_PAYMENTS - rows.len()));
    rows.extend(complete.into_iter().take(MOST_PAYMENTS - rows.len()));
    oldest_first(&mut rows);
    // A payment that changed its status between two of the queries is in both: what it was last counts.
    let mut seen = std::collections::HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let known = seen.entry(row.ride_id).or_insert(index);
        if rows[*known].status_since.instant() < row.status_since.instant() {
            *known = index;
        }
    }
    let mut index = 0;
    rows.retain(|row| {
        index += 1;
        seen.get(&row.ride_id) == Some(&(index - 1))
    });
    rows
}

fn oldest_first(payments: &mut [Payment]) {
    payments.sort_by_key(|payment| (payment.placed_at.instant(), payment.ride_id.to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::payments::Job;
    use shared::ride::RideId;

    fn payments(status: Status, how_many: usize, from: i64) -> Vec<Payment> {
        let payment = |second: i64| {
            let instant = Timestamp::from_second(second).expect("an instant");
            let job = Job { ride_id: RideId::new(instant), request_time: instant.into(), rider: None, redrive: None };
            Payment { status, ..Payment::placed(&job, instant) }
        };
        (0..how_many).map(|number| payment(from + number as i64)).collect()
    }

    proptest! {
        #[test]
        fn at_most_a_hundred_are_shown_oldest_first_and_none_needlessly_left_out(
            failed in 0..=100_usize, waiting in 0..=200_usize, complete in 0..=100_usize, from in 0..400_i64,
        ) {
            let all = failed + waiting + complete;
            let rows = choose(
                payments(Status::Failed, failed, 200),
                payments(Status::Queued, waiting, from),
                payments(Status::Complete, complete, 100),
            );
            prop_assert_eq!(rows.len(), all.min(MOST_PAYMENTS));
            prop_assert!(rows.is_sorted_by_key(|row| row.placed_at.instant()));
            let of = |status| rows.iter().filter(|row| row.status == status).count();
            prop_assert!(of(Status::Failed) >= failed.min(FOR_FAILED));
            prop_assert!(of(Status::Queued) >= waiting.min(MOST_PAYMENTS - FOR_FAILED));
            if of(Status::Complete) > 0 {
                prop_assert_eq!((of(Status::Failed), of(Status::Queued)), (failed, waiting));
            }
        }
    }

    proptest! {
        #[test]
        fn the_counters_say_how_many_of_each_are_read_and_that_is_no_more_than_is_shown(
            failed in 0..300_i64, waiting in 0..300_i64, complete in 0..300_i64,
        ) {
            let total = Counts { placed: failed + waiting + complete, complete, failed };
            let places = Places::of(&total);
            let all = usize::try_from(total.placed).expect("not negative");
            prop_assert_eq!(places.failed + places.waiting + places.complete, all.min(MOST_PAYMENTS));
            let rows = choose(
                payments(Status::Failed, places.failed, 200),
                payments(Status::Queued, places.waiting, 0),
                payments(Status::Complete, places.complete, 100),
            );
            prop_assert_eq!(rows.len(), all.min(MOST_PAYMENTS));
        }
    }

    #[test]
    fn a_payment_that_was_caught_twice_is_shown_as_what_it_is_now() {
        let before = payments(Status::Processing, 1, 0).remove(0);
        let later = Timestamp::from_second(9).expect("an instant");
        let after = Payment { status: Status::Failed, status_since: later.into(), ..before.clone() };
        let rows = choose(vec![after.clone()], vec![before], Vec::new());
        assert_eq!(rows, [after]);
    }
}
