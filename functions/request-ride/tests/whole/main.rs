//! The whole function but its `main`: through lambda_http's own deserialiser, over sockets on loopback.

mod bookings;
mod canaries;
#[path = "../../../../shared/tests/canary/mod.rs"]
mod canary;
mod claims_table;
mod counts;
#[path = "../../../../shared/tests/fake/mod.rs"]
mod fake;
mod interleavings;
mod keys;
mod memory;
mod riders;
mod signatures;
mod system;
