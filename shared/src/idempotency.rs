//! One ride per idempotency key, whatever breaks. `docs/idempotency.md` has the states and what every crash leads to.
//!
//! A claim is written before a ride is stored, and **the ride is in the claim**: its id, its unicorn, its time, and the
//! very bytes of the answer. Nobody who takes a claim over chooses anew. So however many callers work on one key, they
//! can only store that ride and give that answer; who is working is a matter of cost and not of correctness.

mod booking;
mod claim;
mod key;
mod once;
mod refusal;

pub use booking::Booking;
pub use claim::{Claim, Claims, Condition, Holder, Put, Status};
pub use key::{BadKey, ClaimId, IDEMPOTENCY_KEY, Key, Payload};
pub use once::{Begun, Once, Settings};
pub use refusal::Refusal;
