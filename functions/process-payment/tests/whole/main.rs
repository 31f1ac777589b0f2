//! The function from the event to the answer: with a table, a queue and a finance service of its own in memory, whose
//! users die where a test wants it; and with its real clients against sockets and an engine that judges conditions.

mod batches;
#[path = "../../../../shared/tests/canary/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod canary;
mod chaos;
mod crash_points;
#[path = "../../../../shared/tests/fake/mod.rs"]
mod fake;
mod finance;
mod guard;
mod long_runs;
#[path = "../../../../shared/tests/payment_tables/mod.rs"]
mod payment_tables;
mod system;
mod tables;
mod world;
