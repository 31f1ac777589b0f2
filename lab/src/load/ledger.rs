//! The ledger: what each rider wanted, tried and saw.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// What all riders of a run saw, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ledger {
    /// The run's beginning on the machine's clock; the moments of entries count from it.
    #[serde(serialize_with = "instant")]
    pub began: Timestamp,
    /// One a rider who came.
    pub entries: Vec<Entry>,
}

/// One rider.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Number of the rider, from 0.
    pub index: u64,
    /// Number of the phase.
    pub phase: usize,
    /// Number of the scenario.
    pub scenario: usize,
    /// When this rider came.
    #[serde(rename = "at_ms", serialize_with = "ms")]
    pub at: Duration,
    /// The latitude in the body of the first request that has one; tells riders apart where [`super::Options`] say so.
    pub latitude: Option<f64>,
    /// Every request sent, in order.
    pub attempts: Vec<Attempt>,
    /// How it ended.
    pub end: End,
}

/// One request on the wire.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attempt {
    /// Number of the step in the scenario's flow.
    pub step: usize,
    /// When it was to be sent.
    #[serde(rename = "intended_ms", serialize_with = "ms")]
    pub intended: Duration,
    /// When it was.
    #[serde(rename = "sent_ms", serialize_with = "ms")]
    pub sent: Duration,
    /// From `intended` to the last byte of the answer, to the failure, or to the end of the run.
    #[serde(rename = "latency_ms", serialize_with = "ms")]
    pub latency: Duration,
    /// What came back.
    pub seen: Seen,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// `X-Request-ID` of the answer.
    pub request_id: Option<String>,
    /// `RideId` of a 201.
    pub ride_id: Option<String>,
    /// `Idempotency-Key` of the request.
    pub key: Option<String>,
    /// Kinds of the expectations that held, and of those that did not.
    pub expected: Vec<(&'static str, bool)>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// A whole answer with this status.
    Answer(u16),
    /// None.
    Failed(Failure),
    /// The run was stopped before one came.
    Unfinished,
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Nobody listens.
    Refused,
    /// The connection ended before the answer did.
    Reset,
    /// No whole answer within the profile's time limit.
    TimedOut,
    /// Anything else, in the words of the HTTP client.
    Broken(String),
}

/// How a rider ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Every step had an answer, of whatever status.
    Completed,
    /// The last attempt of a step had none.
    Failed,
    /// The run was stopped.
    Interrupted,
}

impl Ledger {
    /// Ends what is still open at `now`, when the run is stopped.
    pub(super) fn give_up(&mut self, now: Duration) {
        let open = self.entries.iter_mut().filter(|entry| entry.end == End::Interrupted);
        for attempt in open.filter_map(|entry| entry.attempts.last_mut()) {
            if attempt.seen == Seen::Unfinished {
                attempt.latency = now.saturating_sub(attempt.intended);
            }
        }
    }
}

impl Seen {
    /// An answer from 200 to 299.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Answer(200..=299))
    }
}

impl Failure {
    /// The name that Artillery prints, which is Node's.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused => "ECONNREFUSED",
            Self::Reset => "ECONNRESET",
            Self::TimedOut => "ETIMEDOUT",
            Self::Broken(_) => "EBROKEN",
        }
    }
}

impl Attempt {
    /// How much later than meant it was sent: the generator's own fault.
    pub fn delay(&self) -> Duration {
        self.sent.saturating_sub(self.intended)
    }

    /// When the answer came, the failure was noticed, or the run ended.
    pub fn ended(&self) -> Duration {
        self.intended + self.latency
    }
}

impl Entry {
    /// The rides that this rider was told of, each once.
    pub fn rides(&self) -> Vec<&str> {
        let mut rides: Vec<&str> = self.attempts.iter().filter_map(|attempt| attempt.ride_id.as_deref()).collect();
        rides.sort_unstable();
        rides.dedup();
        rides
    }

    /// The promises without a ride's id: nobody can say later which ride was meant.
    pub fn nameless(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.seen == Seen::Answer(201) && attempt.ride_id.is_none())
    }

    /// From coming to the end of the last attempt, retries and pauses included.
    pub fn took(&self) -> Duration {
        self.attempts.last().map_or(Duration::ZERO, |last| last.ended().saturating_sub(self.at))
    }

    /// What the rider saw in the end.
    pub fn last(&self) -> Option<&Seen> {
        self.attempts.last().map(|attempt| &attempt.seen)
    }
}

fn ms<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Microseconds are as fine as anything here is true.
    serializer.serialize_f64(duration.as_micros() as f64 / 1000.0)
}

fn instant<S: Serializer>(instant: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(instant)
}
