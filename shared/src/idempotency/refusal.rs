use crate::problem::{Failure, Problem};
use crate::telemetry::trace::{Blame, Outcome};

/// Why a caller may not begin.
#[derive(Debug, thiserror::Error)]
pub enum Refusal<E: std::error::Error + 'static> {
    /// The key belongs to a request for something else.
    #[error("the idempotency key was used for something else")]
    OtherPayload,
    /// Somebody is at work.
    #[error("the same request is in progress")]
    InProgress {
        /// Seconds until somebody else may go on, at least 1.
        retry_after_s: u32,
    },
    /// Nobody knows. Nothing may be stored.
    #[error("the idempotency claim is not known")]
    Unknown(#[source] E),
}

impl<E: std::error::Error + Send + Sync + 'static> From<Refusal<E>> for Failure {
    fn from(refusal: Refusal<E>) -> Self {
        match refusal {
            Refusal::OtherPayload => Problem::KeyReused.into(),
            Refusal::InProgress { retry_after_s } => Problem::InProgress { retry_after_s }.into(),
            Refusal::Unknown(_) => {
                let detail = "It cannot be told right now whether this is a repetition, so nothing was done.";
                Self::caused_by(Problem::Unavailable { detail, retry_after_s: 1 }, refusal)
            }
        }
    }
}

impl<E: std::error::Error + 'static> Refusal<E> {
    /// How a begin looks in a trace: that somebody else was first is no fault of ours.
    pub(super) fn judge<T>(result: &Result<T, Self>) -> Outcome {
        match result {
            Ok(_) => Outcome::fine(),
            Err(Self::Unknown(error)) => error.blame(),
            Err(refusal) => Outcome::of_status(409).caused_by(refusal),
        }
    }
}
