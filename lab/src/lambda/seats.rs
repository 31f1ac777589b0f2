//! Concurrency: how many invocations may be under way at once.
//!
//! A function with reserved concurrency has seats of its own, which nobody else can take. All others share what the account
//! has left. <https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html>

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Concurrency of an account in a region, unless AWS has granted another. New accounts begin with less.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(super) const OF_AN_ACCOUNT: u32 = 1000;

/// Seats that a switch can make more or fewer while they are taken. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Seats(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    limit: AtomicU32,
    taken: AtomicU32,
}

/// A seat that is taken. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Seat(Seats);

impl Seats {
    pub(super) fn new(limit: u32) -> Self {
        Self(Arc::new(Counts { limit: limit.into(), taken: 0.into() }))
    }

    /// Who sits stays; nobody new is seated while more are taken than there may be.
    pub(super) fn limit_to(&self, limit: u32) {
        self.0.limit.store(limit, Ordering::Release);
    }

    /// A seat, or none: Lambda throttles at once and lets nobody queue.
    pub(super) fn take(&self) -> Option<Seat> {
        let Counts { limit, taken } = &*self.0;
        let limit = limit.load(Ordering::Acquire);
        let one_more = |taken: u32| (taken < limit).then_some(taken + 1);
        taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok().then(|| Seat(self.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.taken.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_seat_comes_back_when_it_is_left() {
        let seats = Seats::new(1);
        let seat = seats.take();
        assert!(seat.is_some() && seats.take().is_none());
        drop(seat);
        assert!(seats.take().is_some());
    }

    #[test]
    fn no_seats_means_that_nobody_sits() {
        assert!(Seats::new(0).take().is_none());
    }

    proptest! {
        /// Against a plain count: seats taken, given back and limited in any order.
        #[test]
        fn never_more_are_seated_than_the_limit_of_that_moment(steps in prop::collection::vec((0_u8..3, 0_u32..5), 0..60)) {
            let seats = Seats::new(3);
            let (mut limit, mut sitting) = (3, Vec::new());
            for (step, amount) in steps {
                match step {
                    0 => {
                        let seat = seats.take();
                        prop_assert_eq!(seat.is_some(), sitting.len() < limit as usize);
                        sitting.extend(seat);
                    }
                    1 => drop(sitting.pop()),
                    _ => {
                        limit = amount;
                        seats.limit_to(limit);
                    }
                }
            }
        }
    }
}
