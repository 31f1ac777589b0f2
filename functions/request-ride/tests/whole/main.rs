//! The whole function but its `main`: through lambda_http's own deserialiser, over sockets on loopback.

mod bookings;
mod canaries;
#[path = "../../../../shared/tests/canary/mod.rs"]
mod canary;
mod claims_table;
mod counts;
#[path = "../../../../shared/tests/daemon/mod.rs"]
mod daemon;
#[path = "../../../../shared/tests/engine/mod.rs"]
mod engine;
#[path = "../../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;
mod interleavings;
mod keys;
mod memory;
mod riders;
mod signatures;
mod system;
mod traces;
