use super::{Admission, Breaker, Millis, Outcome, Rules};
use shared::budget::Budget;
use std::error::Error;
use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How long a closed breaker is believed without looking, in milliseconds.
const FRESH: Millis = 1_000;

/// How often a change is tried when others change it at the same time.
const TRIES: u32 = 6;

/// Where the breaker is kept.
pub trait Breakers: Send + Sync + 'static {
    /// Why it is not known what it is.
    type Error: Error + Send + Sync + 'static;

    /// The breaker and its version; a closed one of version 0 where there is none.
    fn load(&self, budget: &Budget) -> impl Future<Output = Result<(Breaker, u64), Self::Error>> + Send;

    /// Replaces the breaker of this version. `false` says that somebody else did so before.
    fn save(
        &self,
        breaker: &Breaker,
        version: u64,
        budget: &Budget,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// The breaker before every call, over where it is kept. It never fails: where it cannot be read it counts as closed,
/// because a table in trouble must not stop all payments. Where it is known not to be closed and cannot be written, nobody
/// calls.
#[derive(Debug)]
pub struct Guard<B> {
    breakers: B,
    rules: Rules,
    seen: Mutex<Option<Seen>>,
    /// When this process last heard of finance.
    heard: AtomicI64,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Millis,
    breaker: Breaker,
    version: u64,
}

impl<B: Breakers> Guard<B> {
    /// A guard by these rules.
    pub fn new(breakers: B, rules: Rules) -> Self {
        Self { breakers, rules, seen: Mutex::new(None), heard: AtomicI64::new(Millis::MIN) }
    }

    /// Whether a call may be made at this moment.
    pub async fn admit(&self, now: Millis, budget: &Budget) -> Admission {
        // Only a closed breaker is believed unseen: all others are changed by those who ask.
        let mut fresh = self.seen().filter(|seen| matches!(seen.breaker, Breaker::Closed { .. }));
        for _ in 0..TRIES {
            let seen = match fresh.take().filter(|seen| (0..FRESH).contains(&(now - seen.at))) {
                Some(seen) => seen,
                None => match self.load(now, budget).await {
                    Some(seen) => seen,
                    None => return Admission::Go,
                },
            };
            let (admission, next) = seen.breaker.admit(&self.rules, now);
            if next == seen.breaker {
                return admission;
            }
            match self.save(seen, next, now, budget).await {
                Some(true) => return admission,
                Some(false) => {}
                // Nobody knows who probes now. If all did who cannot write it down, finance would be hammered by the very
                // guard that is to spare it.
                None => return Admission::Wait(now + FRESH),
            }
        }
        // So many are at it that one less makes no difference.
        Admission::Queue(now + FRESH)
    }

    /// Notes what became of a call that was admitted so.
    pub async fn settle(&self, admission: Admission, outcome: Outcome, now: Millis, budget: &Budget) {
        if outcome == Outcome::Alive {
            self.heard.fetch_max(now, Ordering::Relaxed);
        }
        // The everyday case: a success while all is well costs nothing, if that is known from a moment ago.
        let well = |seen: &Seen| seen.breaker == Breaker::default() && (0..FRESH).contains(&(now - seen.at));
        if outcome == Outcome::Alive && self.seen().as_ref().is_some_and(well) {
            return;
        }
        for _ in 0..TRIES {
            let Some(seen) = self.load(now, budget).await else { return };
            let breaker = seen.breaker.heard_at(self.heard.load(Ordering::Relaxed));
            let next = breaker.settle(&self.rules, admission, outcome, now);
            if next == seen.breaker || self.save(seen, next, now, budget).await.unwrap_or(true) {
                return;
            }
        }
    }

    async fn load(&self, now: Millis, budget: &Budget) -> Option<Seen> {
        match self.breakers.load(budget).await {
            Ok((breaker, version)) => {
                let seen = Seen { at: now, breaker, version };
                self.see(Some(seen));
                Some(seen)
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn Error, "the breaker could not be read and counts as closed");
                None
            }
        }
    }

    /// Whether it was changed; nothing when that is not known.
    async fn save(&self, seen: Seen, next: Breaker, now: Millis, budget: &Budget) -> Option<bool> {
        match self.breakers.save(&next, seen.version, budget).await {
            Ok(true) => {
                tell(&seen.breaker, &next);
                self.see(Some(Seen { at: now, breaker: next, version: seen.version + 1 }));
                Some(true)
            }
            Ok(false) => {
                self.see(None);
                Some(false)
            }
            Err(error) => {
                self.see(None);
                tracing::warn!(error = &error as &dyn Error, "the breaker could not be written");
                None
            }
        }
    }

    fn seen(&self) -> Option<Seen> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, seen: Option<Seen>) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}

/// One line for each change that somebody may ask about afterwards.
fn tell(before: &Breaker, after: &Breaker) {
    match (before, after) {
        (Breaker::Open { .. } | Breaker::HalfOpen { .. }, Breaker::Draining { cap, .. }) => {
            tracing::info!(calls_per_interval = cap, "finance is back: payments are drained");
        }
        (Breaker::Draining { .. }, Breaker::Closed { .. }) => tracing::info!("finance is called without a limit again"),
        (_, Breaker::Open { opened, .. }) => tracing::warn!(opened, "finance is left alone for a while"),
        _ => {}
    }
}
