//! Calls to other services: within the time budget, retried by one schedule, with nothing followed and nothing
//! believed.

mod client;
mod error;
mod tls;

pub use client::{Answer, Call, Client, LONGEST_ANSWER};
pub use error::CallError;
pub use tls::NoTls;
