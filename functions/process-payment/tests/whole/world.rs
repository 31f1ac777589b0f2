//! Table, queue, finance and breaker in memory, shared by any number of processes, each of which may die at any step.

mod driver;
mod finance;
mod outside;
mod rows;

pub(crate) use driver::{Delivery, Message, run, sent, sent_at};
pub(crate) use outside::Process;
pub(crate) use rows::Rows;

use jiff::{SignedDuration, Timestamp};
use process_payment::Breaker;
use shared::payments::{Job, Payment, Status};
use shared::ride::RideId;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// Every step that the function makes outside of itself, in the order of a message's way. The list of `docs/payments.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    Read,
    Place,
    Redrive,
    Find,
    LoadBreaker,
    SaveBreaker,
    Claim,
    Charge,
    Complete,
    Fail,
    GiveBack,
    Bury,
    /// That there is a letter, into the row.
    Mark,
    PutOff,
    /// The answer of the invocation, on which Lambda deletes what is done.
    Answer,
}

impl Step {
    pub(crate) const ALL: [Self; 15] = [
        Self::Read,
        Self::Place,
        Self::Redrive,
        Self::Find,
        Self::LoadBreaker,
        Self::SaveBreaker,
        Self::Claim,
        Self::Charge,
        Self::Complete,
        Self::Fail,
        Self::GiveBack,
        Self::Bury,
        Self::Mark,
        Self::PutOff,
        Self::Answer,
    ];
}

/// What befalls whoever passes a step: before it has any effect, or after it had all of it and nobody was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    DeathBefore,
    DeathAfter,
    ErrorBefore,
    ErrorAfter,
}

impl Mishap {
    pub(crate) const ALL: [Self; 4] = [Self::DeathBefore, Self::DeathAfter, Self::ErrorBefore, Self::ErrorAfter];
}

/// What finance does with a ride.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Charges it.
    Willing,
    /// Fails once before it charges, and once more after it did.
    Moody,
    /// Refuses it for good.
    Refusing,
    /// Never gets to it.
    Dead,
    /// Fails three times in ten, before it charges or after.
    Flaky,
    /// Never gets to it before [`World::down_until`].
    Down,
    /// Is asked too late, five times.
    Rushed,
}

#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) seconds: i64,
    pub(crate) rows: Rows,
    pub(crate) messages: Vec<Message>,
    pub(crate) dead_letters: Vec<String>,
    pub(crate) breaker: (Breaker, u64),
    pub(crate) manners: HashMap<RideId, Manner>,
    /// What finance charged: body by key.
    pub(crate) charges: HashMap<String, String>,
    pub(crate) calls: HashMap<RideId, u32>,
    /// Who is asking finance for which ride at this moment.
    pub(crate) in_flight: HashSet<(RideId, String, u32)>,
    /// Where the next mishap is: at which passing of which step.
    pub(crate) mishap: Option<(Step, Mishap, u32)>,
    /// How often each step was passed.
    pub(crate) passed: BTreeMap<Step, u32>,
    /// In a chaos something befalls one step in so many. 0 for none.
    pub(crate) one_in: u32,
    /// Whether steps take their time.
    pub(crate) is_slow: bool,
    /// When each process is killed by its time limit.
    pub(crate) deadlines: HashMap<u32, i64>,
    pub(crate) rng: Option<fastrand::Rng>,
    pub(crate) mishaps: u32,
    pub(crate) down_until: i64,
    pub(crate) sent: u32,
    /// When finance was asked, and whether it charged.
    pub(crate) asked: Vec<(i64, bool)>,
    pub(crate) most_attempts: u32,
    pub(crate) openings: u32,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no poison")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world().now()
    }
}

/// When all begins: minutes into a bin of counts, so that a run crosses several.
pub(crate) const START: i64 = 1_795_209_380;

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_second(START).expect("an instant") + SignedDuration::from_secs(self.seconds)
    }

    pub(crate) fn random(&mut self, below: u32) -> u32 {
        self.rng.as_mut().map_or(0, |rng| rng.u32(0..below.max(1)))
    }

    /// What befalls whoever passes this step now.
    fn befalls(&mut self, step: Step) -> Option<Mishap> {
        let passing = self.passed.entry(step).or_default();
        *passing += 1;
        let now = (step, *passing);
        let armed = self.mishap.take_if(|(step, _, passing)| (*step, *passing) == now).map(|(_, mishap, _)| mishap);
        let chance = self.one_in > 0 && self.random(self.one_in) == 0;
        let mishap = armed.or_else(|| chance.then(|| Mishap::ALL[self.random(4) as usize]));
        self.mishaps += u32::from(mishap.is_some());
        mishap
    }

    /// The time that a step takes. Whoever is over their own is dead, whatever they were at.
    fn pass_time(&mut self, step: Step) {
        if self.is_slow {
            self.seconds += if step == Step::Charge { self.random(5) } else { self.random(8) / 7 } as i64;
            let (deadlines, now) = (&self.deadlines, self.seconds);
            self.in_flight.retain(|(_, _, process)| deadlines[process] > now);
        }
    }

    /// All that must hold when the queue is empty.
    pub(crate) fn assert_settled(&self, what: &str) {
        assert!(self.messages.is_empty(), "{what}: {:?}", self.messages);
        for (ride, manner) in &self.manners {
            let row = self.rows.payments.get(ride).unwrap_or_else(|| panic!("{what}: {ride} has no payment"));
            let charged = self.charges.contains_key(&ride.to_string());
            let letters = self.dead_letters.iter().filter(|letter| letter.contains(&ride.to_string())).count();
            match (row.status, manner) {
                (Status::Complete, manner) if !matches!(manner, Manner::Refusing | Manner::Dead) => {
                    assert!(charged, "{what}: {row:?} is not charged")
                }
                (Status::Failed, Manner::Refusing) => {
                    assert!(!charged && (row.answer.is_some() || letters >= 1), "{what}: {row:?}");
                }
                // Every attempt ended in a mishap: it is Failed, told, and ready to be redriven.
                (Status::Failed, _) => {
                    assert!(letters >= 1, "{what}: {row:?} has no dead letter");
                    let has_answered = row.reason.as_ref().is_some_and(|reason| reason.contains("finance answered"));
                    assert_eq!(has_answered, row.answer.is_some(), "{what}: all that finance said, if it did: {row:?}");
                }
                other => panic!("{what}: {ride} ended as {other:?}: {row:?}"),
            }
            assert!(row.attempts_now() <= self.most_attempts.max(4), "{what}: {row:?}");
            assert!(row.holder.is_none() && row.processed_at.is_some(), "{what}: {row:?}");
        }
        for ride in self.charges.keys() {
            assert!(self.manners.keys().any(|known| known.to_string() == *ride), "{what}: who is {ride}?");
        }
        self.rows.assert_counted(what);
    }
}

/// The job of ride number so much.
pub(crate) fn job(number: u128) -> Job {
    let id = uuid(number);
    let text = format!(r#"{{"RideId":"{id}","RequestTime":"2026-11-20T21:16:20Z","Rider":"ada"}}"#);
    Job::parse(&text).expect("a job")
}

fn uuid(number: u128) -> String {
    let hex = format!("{:032x}", 0x019a_9f3c_7a00_7000_8000_0000_0000_0000_u128 + number);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A new payment of it.
pub(crate) fn placed(job: &Job, now: Timestamp) -> Payment {
    Payment::placed(job, now)
}
