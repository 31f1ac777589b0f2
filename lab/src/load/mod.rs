//! Load: riders that arrive at a rate, whatever the answers take, and a ledger of what each of them saw.
//!
//! The model is open: when a rider comes depends on the profile and the seed alone. Latency counts from the moment at which
//! a request was meant to be sent, so that a server that stalls cannot hide the requests that waited meanwhile
//! ("coordinated omission").

mod agreement;
mod arrival;
mod call;
mod client;
mod clock;
mod duration;
mod ensure;
mod expression;
mod flow;
mod generator;
mod ledger;
mod phase;
mod profile;
mod progress;
mod rider;
mod schedule;
mod spread;
mod summary;
mod target;
mod transport;

#[cfg(test)]
mod tests;

pub use agreement::Agreement;
pub use arrival::Arrival;
pub use client::Client;
pub use ensure::{Check, Condition, Ensure};
pub use flow::{Codes, Expectation, Request, Scenario, Step, Think};
pub use ledger::{Attempt, End, Entry, Failure, Ledger, Seen};
pub use phase::{Arrivals, Mode, Phase};
pub use profile::{Profile, ProfileError};
pub use progress::Progress;
pub use schedule::schedule;
pub use spread::Spread;
pub use summary::Summary;
pub(crate) use transport::https;

use clock::MachineClock;
use generator::Generator;
use tokio::sync::watch;
use transport::Http;

/// How a profile is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Base URL of the requests, such as `http://127.0.0.1:3000/dev`.
    pub target: String,
    /// Makes the same arrivals and bodies of the same profile, and the same back-offs of the same answers.
    pub seed: u64,
    /// Divides the phases' lengths; rates stay. 0 counts as 1.
    pub compress: u16,
    /// What riders do when a request fails.
    pub client: Client,
    /// Sent as `Authorization: Bearer`.
    pub token: Option<String>,
    /// Riders under way at most, 1 or more. Further ones wait, which counts in their latency.
    pub in_flight: usize,
    /// Moves each rider's `PickupLocation.Latitude` by a tenth of a millimetre times its number, so that a stored row
    /// names its rider.
    pub tell_apart: bool,
    /// Lets the target be another machine.
    pub allow_remote: bool,
}

impl Options {
    /// The load as the profile says it: no retries, nothing compressed, loopback only.
    pub fn new(target: impl Into<String>, seed: u64) -> Self {
        Self {
            target: target.into(),
            seed,
            compress: 1,
            client: Client::None,
            token: None,
            in_flight: 500,
            tell_apart: false,
            allow_remote: false,
        }
    }
}

/// Why no load was made.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No URL.
    #[error("the target {0:?} is no http or https URL")]
    Target(String),
    /// Somebody else's machine.
    #[error(
        "the target {0} is not this machine, and load on another one costs its owner money or its users their service; \
         --allow-remote says that you may"
    )]
    Remote(String),
    /// TLS cannot be set up.
    #[error("the HTTP client cannot be built")]
    Client(#[source] reqwest::Error),
    /// A token with characters that no header takes.
    #[error("the token cannot be sent in a header")]
    Token,
}

/// What came of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What each rider saw.
    pub ledger: Ledger,
    /// Whether the run was stopped before its end.
    pub stopped: bool,
    /// Riders that came while as many as allowed were under way, so that they were sent late.
    pub held: u64,
}

/// Whether load may be made on a target, without making any.
///
/// # Errors
/// When it is no URL, or another machine and that is not allowed.
pub fn check_target(target: &str, allow_remote: bool) -> Result<(), LoadError> {
    target::judge(target, allow_remote).map(|_| ())
}

/// Runs a profile over HTTP on the machine's clock.
///
/// Ends when the last rider has finished, or when `stop` does: riders under way are then given up, and their entries say so.
///
/// # Errors
/// When the target is no URL, or another machine and that is not allowed.
pub async fn run(
    profile: &Profile,
    options: &Options,
    progress: &watch::Sender<Progress>,
    stop: impl Future<Output = ()> + Send,
) -> Result<Outcome, LoadError> {
    let target = target::judge(&options.target, options.allow_remote)?;
    let transport = Http::new(&target, options.token.as_deref())?;
    let generator = Generator { profile, options, clock: MachineClock::start(), transport, progress };
    Ok(generator.run(stop).await)
}
