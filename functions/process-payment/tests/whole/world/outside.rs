use super::{Mishap, Shared, Step};
use process_payment::{Breaker, Breakers, Message, Payments, Queue};
use shared::budget::Budget;
use shared::payments::{Change, Changed, Payment, Status};
use shared::ride::RideId;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

/// The time limit of the function, as its invocations are told.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// The outside as one process sees it, until it dies.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) shared: Shared,
    pub(crate) number: u32,
    dead: Arc<AtomicBool>,
    begun: Instant,
}

/// An error of whatever kind: what it was about may be done all the same.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
pub(crate) struct Silence;

impl Process {
    pub(crate) fn new(shared: Shared, number: u32) -> Self {
        Self { shared, number, dead: Arc::default(), begun: Instant::now() }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// A step: its effect, with what befalls it. Whoever is dead goes nowhere.
    pub(crate) async fn step<T>(&self, step: Step, act: impl FnOnce(&mut super::World) -> T) -> Result<T, Silence> {
        self.pause().await;
        let mishap = {
            let mut world = self.shared.world();
            world.pass_time(step);
            world.befalls(step)
        };
        self.go_on(mishap == Some(Mishap::DeathBefore)).await;
        let done = if mishap == Some(Mishap::ErrorBefore) { None } else { Some(act(&mut self.shared.world())) };
        self.go_on(mishap == Some(Mishap::DeathAfter)).await;
        self.pause().await;
        done.filter(|_| mishap != Some(Mishap::ErrorAfter)).ok_or(Silence)
    }

    /// Dies if it is to, or if its time is over.
    async fn go_on(&self, dies: bool) {
        let is_over = {
            let world = self.shared.world();
            world.deadlines[&self.number] <= world.seconds
        };
        if dies || is_over {
            self.dead.store(true, Ordering::Relaxed);
            let number = self.number;
            self.shared.world().in_flight.retain(|(_, _, process)| *process != number);
        }
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets others go first, now and then.
    async fn pause(&self) {
        let mut turns = self.shared.world().random(3);
        std::future::poll_fn(|context| {
            if turns == 0 && !self.is_dead() {
                return Poll::Ready(());
            }
            turns = turns.saturating_sub(1);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// A lease is at least as long as its holder can live: nobody takes a payment from the living.
    fn assert_outlived(&self, claimed: &Payment) {
        let since = claimed.status_since.instant();
        let lease = claimed.lease_end().expect("it is claimed").duration_since(since);
        let left = TIMEOUT.saturating_sub(self.begun.elapsed());
        assert!(Duration::try_from(lease).is_ok_and(|lease| lease >= left), "{lease:?} of {left:?}: {claimed:?}");
    }
}

impl Payments for Process {
    type Error = Silence;

    async fn read(&self, ride: RideId, _: &Budget) -> Result<Option<Payment>, Silence> {
        self.step(Step::Read, |world| world.rows.payments.get(&ride).cloned()).await
    }

    async fn swap(&self, before: &Payment, after: &Payment, _: &Budget) -> Result<bool, Silence> {
        let step = match after.status {
            Status::Processing if after.buried_at != before.buried_at => Step::Mark,
            Status::Processing => Step::Claim,
            _ => Step::GiveBack,
        };
        if step == Step::Claim {
            self.assert_outlived(after);
        }
        self.step(step, |world| world.rows.swap(before, after)).await
    }

    async fn apply(&self, change: &Change, _: &Budget) -> Result<Changed, Silence> {
        let step = match change {
            Change::Place(_) => Step::Place,
            Change::Complete { .. } => Step::Complete,
            Change::Fail { .. } => Step::Fail,
            Change::Redrive { .. } => Step::Redrive,
        };
        self.step(step, |world| world.rows.apply(change)).await
    }

    fn is_unreadable(_: &Silence) -> bool {
        false
    }
}

impl Queue for Process {
    type Error = Silence;

    async fn put_off(&self, message: &Message, pause: Duration, _: &Budget) -> Result<(), Silence> {
        self.step(Step::PutOff, |world| {
            let until = world.seconds + i64::try_from(pause.as_secs()).expect("short") + 1;
            let message = world.messages.iter_mut().find(|own| own.id == message.message_id);
            message.into_iter().for_each(|message| message.visible_at = until);
        })
        .await
    }

    async fn bury(&self, body: &str, _: &Budget) -> Result<(), Silence> {
        self.step(Step::Bury, |world| world.dead_letters.push(body.to_owned())).await
    }
}

impl Breakers for Process {
    type Error = Silence;

    async fn load(&self, _: &Budget) -> Result<(Breaker, u64), Silence> {
        self.step(Step::LoadBreaker, |world| world.breaker).await
    }

    async fn save(&self, breaker: &Breaker, version: u64, _: &Budget) -> Result<bool, Silence> {
        self.step(Step::SaveBreaker, |world| {
            let same = world.breaker.1 == version;
            if same {
                let opens = matches!(breaker, Breaker::Open { opened: 1, .. });
                world.openings += u32::from(opens && !matches!(world.breaker.0, Breaker::HalfOpen { .. }));
                world.breaker = (*breaker, version + 1);
            }
            same
        })
        .await
    }
}
