//! Who may call a route: Signature Version 4 and tokens of a Cognito user pool.
//!
//! Pure: the clock and the keys are parameters, and nothing here knows the gateway.

pub mod canonical;
pub mod jwt;
mod presented;
pub mod refusal;
pub mod signer;
pub mod sigv4;

pub use refusal::Refusal;
