use super::{Booking, Claim, ClaimId, Claims, Condition, Holder, Payload, Put, Refusal, Status};
use crate::budget::Budget;
use crate::telemetry::trace::{judged_step, step};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How often a claim that changes under our hands is looked at before the caller is told to come back.
const ROUNDS: u32 = 3;

/// How long claims last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long a key counts, from the last thing that was done with it.
    pub ttl: Duration,
    /// How long a caller has for its work before the next one may go on; longer than any caller lives.
    pub in_progress: Duration,
}

/// The rules by which callers share a key.
#[derive(Clone)]
pub struct Once<C> {
    claims: C,
    settings: Settings,
    now: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// How a caller begins.
#[derive(Debug, PartialEq, Eq)]
pub enum Begun {
    /// It holds the claim: it is to store the ride in it, then [`Once::complete`] or [`Once::release`].
    Claimed(Claim),
    /// The ride is stored, and this is the answer.
    Replay(Booking),
}

/// What to do about a claim that is there.
enum Step {
    Begin(Begun),
    /// Nobody's any more: write this if this still holds.
    Put(Claim, Condition),
}

impl<C: fmt::Debug> fmt::Debug for Once<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Once");
        debug.field("claims", &self.claims).field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<C: Claims> Once<C> {
    /// The rules over these claims, by the clock of the host.
    pub fn new(claims: C, settings: Settings) -> Self {
        let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        Self { claims, settings, now: Arc::new(now) }
    }

    /// The same rules by another clock, in seconds since the Unix epoch: for tests.
    #[must_use]
    pub fn with_clock(self, now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { now: Arc::new(now), ..self }
    }

    /// Claims the key for this booking, or joins what is under way under it. One write when the key is new.
    ///
    /// # Errors
    /// The caller may not go on.
    pub async fn begin(
        &self,
        id: &ClaimId,
        payload: &Payload,
        booking: Booking,
        budget: &Budget,
    ) -> Result<Begun, Refusal<C::Error>> {
        let now = (self.now)();
        let new = Claim {
            id: id.clone(),
            payload: payload.clone(),
            booking,
            holder: Holder::unique(),
            status: self.in_progress(now),
            expires_at: now + self.settings.ttl.as_secs(),
        };
        let work = self.work(Some(new.clone()), Step::Put(new, Condition::Free { now }), payload, budget);
        let begun = judged_step("claim_key", work, Refusal::judge).await?;
        begun.ok_or(Refusal::InProgress { retry_after_s: 1 })
    }

    /// Joins what is under way under a key, when there is no booking to begin with. `None` means that there is nothing.
    ///
    /// # Errors
    /// The caller may not go on.
    pub async fn resume(
        &self,
        id: &ClaimId,
        payload: &Payload,
        budget: &Budget,
    ) -> Result<Option<Begun>, Refusal<C::Error>> {
        let work = async {
            let Some(there) = self.claims.get(id, budget).await.map_err(Refusal::Unknown)? else { return Ok(None) };
            match self.judge(there, &Holder::unique(), payload)? {
                Some(step) => self.work(None, step, payload, budget).await,
                None => Ok(None),
            }
        };
        judged_step("resume_claim", work, Refusal::judge).await
    }

    /// Says that the ride is stored. This may fail and the ride is stored all the same: whoever comes next finds the
    /// same ride in the claim and stores it again, which changes nothing.
    pub async fn complete(&self, claim: Claim, budget: &Budget) {
        let expires_at = claim.expires_at.max((self.now)() + self.settings.ttl.as_secs());
        let completed = Claim { status: Status::Completed, expires_at, ..claim };
        // Whoever holds the claim by now: it is of the same ride, so it is as true for them.
        match step("complete_claim", self.claims.put(&completed, &Condition::SameRide, budget)).await {
            Ok(Put::Done) => {}
            // Whoever took over completes it, or has.
            Ok(Put::InTheWay(Some(there))) if there.booking == completed.booking => {}
            Ok(Put::InTheWay(_)) => tracing::warn!("the idempotency claim of a stored ride is gone"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the idempotency claim of a stored ride could not be completed");
            }
        }
    }

    /// Lets the next caller go on at once, with the same ride: it is not known to be stored, which is not to say that
    /// it is not. Best effort; without it, the next caller waits until the claim is no longer in progress.
    pub async fn release(&self, claim: Claim, budget: &Budget) {
        let held = Condition::HeldBy(claim.holder.clone());
        let released = Claim { status: Status::InProgress { until: (self.now)() }, ..claim };
        if let Err(error) = step("release_claim", self.claims.put(&released, &held, budget)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "an idempotency claim could not be released");
        }
    }

    /// Works on the claim until it is clear whose it is. `new` is what to begin with when the key turns out to be free.
    async fn work(
        &self,
        new: Option<Claim>,
        mut step: Step,
        payload: &Payload,
        budget: &Budget,
    ) -> Result<Option<Begun>, Refusal<C::Error>> {
        for _ in 0..ROUNDS {
            let (claim, condition) = match step {
                Step::Begin(begun) => return Ok(Some(begun)),
                Step::Put(claim, condition) => (claim, condition),
            };
            let there = match self.claims.put(&claim, &condition, budget).await.map_err(Refusal::Unknown)? {
                Put::Done => return Ok(Some(Begun::Claimed(claim))),
                Put::InTheWay(there) => there,
            };
            let judged = match there {
                // The write happened and its answer was lost; the client's own retry then found it in its way.
                Some(there) if there.holder == claim.holder => return Ok(Some(Begun::Claimed(claim))),
                Some(there) => self.judge(*there, &claim.holder, payload)?,
                None => None,
            };
            step = match (judged, &new) {
                (Some(step), _) => step,
                (None, Some(new)) => Step::Put(new.clone(), Condition::Free { now: (self.now)() }),
                (None, None) => return Ok(None),
            };
        }
        match step {
            Step::Begin(begun) => Ok(Some(begun)),
            Step::Put(..) => Err(Refusal::InProgress { retry_after_s: 1 }),
        }
    }

    /// What a caller does about a claim that is there; `None` if it counts no longer.
    fn judge(&self, there: Claim, caller: &Holder, payload: &Payload) -> Result<Option<Step>, Refusal<C::Error>> {
        let now = (self.now)();
        // Expiry is judged here, because DynamoDB deletes expired items up to 48 hours late.
        if there.expires_at <= now {
            return Ok(None);
        }
        if there.payload != *payload {
            return Err(Refusal::OtherPayload);
        }
        match there.status {
            Status::Completed => Ok(Some(Step::Begin(Begun::Replay(there.booking)))),
            Status::InProgress { until } if until > now => {
                let retry_after_s = u32::try_from(until - now).unwrap_or(u32::MAX);
                Err(Refusal::InProgress { retry_after_s })
            }
            Status::InProgress { .. } => {
                let condition = Condition::HeldBy(there.holder.clone());
                let expires_at = now + self.settings.ttl.as_secs();
                let taken = Claim { holder: caller.clone(), status: self.in_progress(now), expires_at, ..there };
                Ok(Some(Step::Put(taken, condition)))
            }
        }
    }

    fn in_progress(&self, now: u64) -> Status {
        Status::InProgress { until: now + self.settings.in_progress.as_secs() }
    }
}
