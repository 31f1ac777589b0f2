use shared::payments::counts::{Bin, Counter};
use shared::payments::{Change, Changed, Payment, Status};
use shared::ride::RideId;
use std::collections::HashMap;

/// The two tables: what the conditions of [`Change`] say, in plain code. `tables.rs` asks an engine the same questions.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) payments: HashMap<RideId, Payment>,
    totals: HashMap<Counter, i64>,
    bins: HashMap<(Bin, u8, Counter), i64>,
}

impl Rows {
    pub(crate) fn apply(&mut self, change: &Change) -> Changed {
        let there = self.payments.get(&change.ride()).cloned();
        let refused = Changed::Refused(there.clone().map(Box::new));
        let (after, counter, by, at) = match (change, there) {
            (Change::Place(payment), None) => ((**payment).clone(), Counter::Placed, 1, payment.placed_at.instant()),
            (Change::Complete { now, .. }, Some(row)) if !row.status.is_final() => {
                let after =
                    Payment { reason: None, answer: None, buried_at: None, ..ended(row, Status::Complete, *now) };
                (after, Counter::Complete, 1, *now)
            }
            (Change::Fail { now, holder, reason, answer, .. }, Some(row))
                if row.status == Status::Processing && row.holder.as_ref() == Some(holder) =>
            {
                let (reason, answer) = (Some(reason.clone()), answer.clone());
                (Payment { reason, answer, ..ended(row, Status::Failed, *now) }, Counter::Failed, 1, *now)
            }
            (Change::Redrive { now, failed_at, redrive, attempts, .. }, Some(row))
                if row.status == Status::Failed
                    && row.processed_at == Some(*failed_at)
                    && row.redrives + 1 == *redrive =>
            {
                let after = Payment {
                    status: Status::Queued,
                    status_since: (*now).into(),
                    redrives: *redrive,
                    attempts_before: *attempts,
                    processed_at: None,
                    reason: None,
                    answer: None,
                    buried_at: None,
                    ..row
                };
                (after, Counter::Failed, -1, failed_at.instant())
            }
            _ => return refused,
        };
        self.payments.insert(after.ride_id, after);
        let (bin, minute) = Bin::of(at);
        *self.totals.entry(counter).or_default() += by;
        *self.bins.entry((bin, minute, counter)).or_default() += by;
        Changed::Done
    }

    pub(crate) fn swap(&mut self, before: &Payment, after: &Payment) -> bool {
        let same = |row: &Payment| {
            (row.status, row.status_since, row.attempts) == (before.status, before.status_since, before.attempts)
        };
        let swapped = self.payments.get(&before.ride_id).is_some_and(same);
        if swapped {
            self.payments.insert(after.ride_id, after.clone());
        }
        swapped
    }

    /// Counted is what there is, in all and in each minute.
    pub(crate) fn assert_counted(&self, what: &str) {
        let mut bins: HashMap<(Bin, u8, Counter), i64> = HashMap::new();
        let mut totals: HashMap<Counter, i64> = HashMap::new();
        for row in self.payments.values() {
            let ended = match row.status {
                Status::Complete => Some(Counter::Complete),
                Status::Failed => Some(Counter::Failed),
                Status::Queued | Status::Processing => None,
            };
            let ended = ended.map(|counter| (counter, row.processed_at.expect("it ended").instant()));
            for (counter, at) in [(Counter::Placed, row.placed_at.instant())].into_iter().chain(ended) {
                let (bin, minute) = Bin::of(at);
                *totals.entry(counter).or_default() += 1;
                *bins.entry((bin, minute, counter)).or_default() += 1;
            }
        }
        let told = |counts: &HashMap<_, i64>| counts.values().filter(|count| **count != 0).count();
        assert!(totals.iter().all(|(key, count)| self.totals.get(key) == Some(count)), "{what}: {self:?}");
        assert!(bins.iter().all(|(key, count)| self.bins.get(key) == Some(count)), "{what}: {self:?}");
        assert_eq!(told(&self.bins), bins.len(), "{what}: {self:?}");
    }
}

fn ended(row: Payment, status: Status, now: jiff::Timestamp) -> Payment {
    let (status_since, processed_at) = (now.into(), Some(now.into()));
    Payment { status, status_since, processed_at, holder: None, held_until: None, not_before: None, ..row }
}
