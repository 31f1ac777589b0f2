//! Addresses of other services out of SSM: read at start, kept for a while, and kept longer when SSM fails.

mod parameter;
mod ssm;

pub use parameter::{Parameter, Settings, Store, Unknown};
pub use ssm::{Ssm, SsmError};
