use http::StatusCode;
use shared::http::CallError;
use shared::panic::Panicked;
use shared::params::Unknown;

/// Why there was no ride.
#[derive(Debug, thiserror::Error)]
pub enum Missed {
    /// Nobody knows where to book.
    #[error("the route of the probe cannot be found")]
    Unknown(#[from] Unknown),
    /// There was no answer within the time that a rider would wait.
    #[error("booking gave no answer")]
    NoAnswer(#[from] CallError),
    /// The gateway did not let the probe through.
    #[error("the API did not let the probe in: its role, its signature or its clock is wrong ({0})")]
    Forbidden(String),
    /// The answer was something else than 201.
    #[error("booking answered {0}")]
    Status(StatusCode),
    /// The answer was 201 and had no ride in it.
    #[error("booking answered 201 without a ride")]
    NotARide,
    /// A bug in the probe.
    #[error("the probe panicked")]
    Panicked(#[source] Panicked),
}
