use super::{Manner, Shared, Step, When};
use http::StatusCode;
use process_payment::{Breaker, Breakers, Finance, Message, Payments, Queue};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::http::{Answer, CallError};
use shared::params::Unknown;
use shared::payments::{Change, Changed, Payment, Status};
use shared::ride::RideId;
use shared::service_url::ServiceUrl;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

/// The outside as one process sees it, until it dies.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) shared: Shared,
    pub(crate) number: u32,
    dead: Arc<AtomicBool>,
}

/// Nobody answers like this here.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
pub(crate) struct Silence;

impl Process {
    pub(crate) fn new(shared: Shared, number: u32) -> Self {
        Self { shared, number, dead: Arc::default() }
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::Relaxed)
    }

    /// A step: its effect, with a death before or after it if that is due. Whoever is dead goes nowhere.
    pub(crate) async fn step<T>(&self, step: Step, act: impl FnOnce(&mut super::World) -> T) -> T {
        self.pause().await;
        self.perhaps_die(step, When::Before).await;
        let done = act(&mut self.shared.world());
        self.perhaps_die(step, When::After).await;
        self.pause().await;
        done
    }

    async fn perhaps_die(&self, step: Step, when: When) {
        if self.shared.world().kills(step, when) {
            self.die();
        }
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    fn die(&self) {
        self.dead.store(true, Ordering::Relaxed);
        let number = self.number;
        self.shared.world().in_flight.retain(|(_, _, process)| *process != number);
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
}

impl Payments for Process {
    type Error = Silence;

    async fn read(&self, ride: RideId, _: &Budget) -> Result<Option<Payment>, Silence> {
        Ok(self.step(Step::Read, |world| world.rows.payments.get(&ride).cloned()).await)
    }

    async fn swap(&self, before: &Payment, after: &Payment, _: &Budget) -> Result<bool, Silence> {
        let step = if after.status == Status::Processing { Step::Claim } else { Step::GiveBack };
        Ok(self.step(step, |world| world.rows.swap(before, after)).await)
    }

    async fn apply(&self, change: &Change, _: &Budget) -> Result<Changed, Silence> {
        let step = match change {
            Change::Place(_) => Step::Place,
            Change::Complete { .. } => Step::Complete,
            Change::Fail { .. } => Step::Fail,
            Change::Redrive { .. } => Step::Redrive,
        };
        Ok(self.step(step, |world| world.rows.apply(change)).await)
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
        .await;
        Ok(())
    }

    async fn bury(&self, body: &str, _: &Budget) -> Result<(), Silence> {
        self.step(Step::Bury, |world| world.dead_letters.push(body.to_owned())).await;
        Ok(())
    }
}

impl Breakers for Process {
    type Error = Silence;

    async fn load(&self, _: &Budget) -> Result<(Breaker, u64), Silence> {
        Ok(self.step(Step::LoadBreaker, |world| world.breaker).await)
    }

    async fn save(&self, breaker: &Breaker, version: u64, _: &Budget) -> Result<bool, Silence> {
        Ok(self
            .step(Step::SaveBreaker, |world| {
                let same = world.breaker.1 == version;
                if same {
                    let opens = matches!(breaker, Breaker::Open { opened: 1, .. });
                    world.openings += u32::from(opens && !matches!(world.breaker.0, Breaker::Probing { .. }));
                    world.breaker = (*breaker, version + 1);
                }
                same
            })
            .await)
    }
}

impl Finance for Process {
    async fn find(&self, _: &Budget) -> Result<ServiceUrl, Unknown> {
        let url = ServiceUrl::try_from("https://finance.example/ProcessPayment").expect("an address");
        Ok(self.step(Step::Find, |_| url).await)
    }

    async fn charge(
        &self,
        _: &ServiceUrl,
        payment: &Payment,
        _: &RequestContext,
        _: Duration,
    ) -> Result<Answer, CallError> {
        let ride = payment.ride_id;
        let asking = (ride, payment.holder.clone().expect("it is claimed"), self.number);
        {
            let mut world = self.shared.world();
            let others = world.in_flight.iter().any(|(other, ..)| *other == ride);
            assert!(!others, "two that live ask for {ride} at once");
            world.in_flight.insert(asking.clone());
        }
        let (status, body) = self
            .step(Step::Charge, |world| {
                let call = world.calls.entry(ride).or_default();
                *call += 1;
                let call = *call;
                let down = world.seconds < 600;
                let fails = world.random(10) < 3;
                let charges = !fails || world.random(2) == 0;
                let charges = match (world.manners[&ride], call) {
                    (Manner::Willing, _) => true,
                    (Manner::Moody, call) => call > 1,
                    (Manner::Refusing | Manner::Dead, _) => false,
                    (Manner::Flaky, _) => charges,
                    (Manner::Down, _) => !down,
                };
                let answer = match (world.manners[&ride], call) {
                    (Manner::Willing, _) => (200, "thanks"),
                    (Manner::Moody, 1) => (500, "sorry"),
                    (Manner::Moody, 2) => (200, "the 'payments' table is locked"),
                    (Manner::Moody, _) => (200, "thanks"),
                    (Manner::Refusing, _) => (400, "the date is wrong"),
                    (Manner::Dead, _) => (503, ""),
                    (Manner::Flaky, _) if fails => (500, "sorry, the 'payments' table is locked"),
                    (Manner::Down, _) if down => (503, ""),
                    (Manner::Flaky | Manner::Down, _) => (200, "thanks"),
                };
                world.asked.push((world.seconds, answer.0 == 200));
                if charges {
                    // The same key and the same body, whoever asks and however often: else it would be another charge.
                    let body = format!("{} {:?}", payment.placed_at, payment.rider);
                    let first = world.charges.entry(ride.to_string()).or_insert_with(|| body.clone());
                    assert_eq!(*first, body, "{ride} was another order before");
                }
                answer
            })
            .await;
        self.shared.world().in_flight.remove(&asking);
        let status = StatusCode::from_u16(status).expect("a status");
        Ok(Answer { status, is_json: false, error_type: None, retry_after: None, body: body.into() })
    }
}
