//! What the callers share: the claims, the rides, the clock, and what becomes of each step outside.

use crate::memory::rows::Rows;
use http::StatusCode;
use request_ride::{Fleet, FleetError, RecordError, Records};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::http::CallError;
use shared::idempotency::{Claim, ClaimId, Claims, Condition, Put};
use shared::ride::{Label, Record, RideId, Unicorn};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

/// Who shares a key: the key and the rider.
pub(crate) type Group = (u8, u8);

/// What becomes of the next outside step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Fine,
    /// Nothing happens, and nobody is told.
    Lost,
    /// It happens, and nobody is told.
    AnswerLost,
    /// It happens, the answer is lost, the client tries again and sees the second answer.
    Twice,
    /// Nobody is told, and it happens some time later.
    Late,
}

/// Nobody knows what became of a write.
#[derive(Debug, thiserror::Error)]
#[error("no answer")]
pub(crate) struct Silence;

#[derive(Debug, Clone)]
pub(crate) enum Write {
    Claim(Box<Claim>, Condition),
    Ride(Group, Box<Record>),
}

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) rows: Rows,
    /// Whose, what, and since when.
    pub(crate) rides: HashMap<RideId, (Group, Record, u64)>,
    pub(crate) late: Vec<Write>,
    /// Of the caller that is being stepped.
    pub(crate) group: Group,
    pub(crate) fate: Option<Fate>,
    pub(crate) unicorns: u64,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no poison")
    }

    /// An outside step: `act` happens as the fate of the moment says. `None` stands for an answer that never came.
    async fn outside<T>(&self, write: Option<Write>, mut act: impl FnMut(&mut World) -> T) -> Option<T> {
        pause().await;
        let fate = self.world().fate.take().unwrap_or(Fate::Fine);
        let answer = match fate {
            Fate::Fine => Some(act(&mut self.world())),
            Fate::Lost => None,
            Fate::AnswerLost => {
                act(&mut self.world());
                None
            }
            Fate::Twice => {
                act(&mut self.world());
                pause().await;
                Some(act(&mut self.world()))
            }
            Fate::Late => {
                self.world().late.extend(write);
                None
            }
        };
        pause().await;
        answer
    }
}

/// Lets the others go first.
async fn pause() {
    let mut waited = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

impl World {
    /// What the record service does: creates, or says that the same or another ride is there.
    fn record(&mut self, group: Group, record: &Record) -> Result<(), RecordError> {
        let new = || (group, record.clone(), self.now);
        let (_, there, _) = self.rides.entry(record.ride.ride_id).or_insert_with(new);
        if there == record { Ok(()) } else { Err(RecordError::Refused(StatusCode::CONFLICT)) }
    }

    pub(crate) fn arrive(&mut self, write: Write) {
        match write {
            Write::Claim(claim, condition) => drop(self.rows.put(&claim, &condition)),
            Write::Ride(group, record) => drop(self.record(group, &record)),
        }
    }
}

impl Claims for Shared {
    type Error = Silence;

    async fn put(&self, claim: &Claim, condition: &Condition, _: &Budget) -> Result<Put, Silence> {
        let write = Write::Claim(Box::new(claim.clone()), condition.clone());
        self.outside(Some(write), |world| world.rows.put(claim, condition)).await.ok_or(Silence)
    }

    async fn get(&self, id: &ClaimId, _: &Budget) -> Result<Option<Claim>, Silence> {
        self.outside(None, |world| world.rows.0.get(id.as_str()).cloned()).await.ok_or(Silence)
    }
}

impl Fleet for Shared {
    async fn unicorn(&self, _: &RequestContext) -> Result<Unicorn, FleetError> {
        let unicorn = |world: &mut World| {
            world.unicorns += 1; // another one each time
            let label = |text: String| Label::try_from(text).expect("a legal label");
            let name = label(format!("Unicorn {}", world.unicorns));
            Unicorn { name, color: label("White".into()), device_id: label("1".into()) }
        };
        self.outside(None, unicorn).await.ok_or(FleetError::NotJson)
    }
}

impl Records for Shared {
    async fn record(&self, record: &Record, _: &RequestContext) -> Result<(), RecordError> {
        let group = self.world().group;
        let write = Write::Ride(group, Box::new(record.clone()));
        let answer = self.outside(Some(write), |world| world.record(group, record)).await;
        answer.unwrap_or(Err(RecordError::NoAnswer(CallError::OutOfTime)))
    }
}
