//! Calls to other services: within the time budget, retried by one schedule, with nothing followed and nothing
//! believed.

mod answer;
mod client;
mod error;
#[cfg(feature = "faults")]
mod faulty;
#[cfg(feature = "signing")]
mod signing;
mod tls;
mod trace;

pub use answer::{Answer, LONGEST_ANSWER};
pub use client::{Call, Client};
pub use error::CallError;
#[cfg(feature = "faults")]
pub use faulty::Injected;
#[cfg(feature = "signing")]
pub use signing::{Signer, Unsigned};
pub use tls::NoTls;
