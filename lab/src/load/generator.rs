//! Lets the riders come, each at its time.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use tokio::sync::watch;

use super::clock::Clock;
use super::ledger::Ledger;
use super::profile::Profile;
use super::progress::Progress;
use super::rider::Rider;
use super::transport::Transport;
use super::{Options, Outcome, schedule};

/// A run.
pub(super) struct Generator<'a, C, T> {
    pub(super) profile: &'a Profile,
    pub(super) options: &'a Options,
    pub(super) clock: C,
    pub(super) transport: T,
    pub(super) progress: &'a watch::Sender<Progress>,
}

/// The ledger while it is written. An entry is there from its rider's arrival on, so that a stopped run leaves out nobody.
#[derive(Debug)]
pub(super) struct Book(Mutex<Ledger>);

impl Book {
    pub(super) fn open(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock, T: Transport> Generator<'_, C, T> {
    /// Runs to the end, or until `stop` ends.
    ///
    /// All riders live in this one future. None is a task, so that tests can run on a clock that jumps.
    pub(super) async fn run(&self, stop: impl Future<Output = ()> + Send) -> Outcome {
        let arrivals = schedule(self.profile, self.options.seed, self.options.compress);
        let length = arrivals.last().map_or(Duration::ZERO, |last| last.at);
        self.progress.send_replace(Progress { planned: arrivals.len() as u64, length, ..Progress::default() });
        let book = Book(Mutex::new(Ledger { began: Timestamp::now(), entries: Vec::with_capacity(arrivals.len()) }));
        // Keys are new with every run: the same key on a lab that still runs would only repeat old answers.
        let run = uuid::Uuid::new_v4();
        let limit = self.options.in_flight.max(1);
        let mut arrivals = arrivals.into_iter().peekable();
        let mut riders = FuturesUnordered::new();
        let (mut stopped, mut held, mut full_until) = (false, 0, None);
        let mut stop = pin!(stop);
        while arrivals.peek().is_some() || !riders.is_empty() {
            let full = riders.len() >= limit;
            let next = arrivals.peek().map(|arrival| arrival.at);
            tokio::select! {
                biased;
                () = &mut stop => {
                    stopped = true;
                    break;
                }
                () = self.clock.sleep_until(next.unwrap_or_default()), if next.is_some() && !full => {
                    let Some(arrival) = arrivals.next() else { continue };
                    held += u64::from(full_until.is_some_and(|until| arrival.at < until));
                    self.progress.send_modify(|progress| {
                        progress.launched += 1;
                        progress.under_way += 1;
                    });
                    let rider = Rider::new(self, &book, arrival, run);
                    riders.push(rider.ride());
                }
                Some(()) = riders.next(), if !riders.is_empty() => {
                    if full {
                        full_until = Some(self.clock.now());
                    }
                    self.progress.send_modify(|progress| progress.under_way -= 1);
                }
            }
        }
        // Whoever is under way is given up, and the connection closed.
        drop(riders);
        let mut ledger = book.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        ledger.give_up(self.clock.now());
        Outcome { ledger, stopped, held }
    }
}
