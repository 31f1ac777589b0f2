//! Failure scenarios: a load, a fault, and what must come of it.
//!
//! A file ([`Scenario`]) says what happens and what is expected. [`run()`] plays it on a lab of its own and returns what was
//! seen ([`Evidence`]); [`judge`] compares the two, expectation by expectation; [`report`] makes a page of it.

mod alarms;
mod catalogue;
mod course;
mod error;
mod evidence;
mod figures;
mod file;
mod finance;
mod future;
mod grave;
mod ledger;
mod mentions;
mod order;
mod overrides;
mod payments;
mod person;
mod plan;
mod range;
mod redrive;
pub mod report;
mod riders;
mod rows;
mod run;
mod stage;
mod stage_faults;
mod stage_payments;
mod stage_rides;
mod trouble;
mod verdict;
mod witness;

pub use alarms::AlarmSeen;
pub use catalogue::{Unknown, find, names};
pub use error::RunError;
pub use evidence::{Evidence, Failure, LineSeen, SpanSeen, Stretch, TraceSeen};
pub use figures::MetricSeen;
pub use file::{
    Act, AlarmSet, Answers, Compress, Expect, Guilty, LedgerRules, Level, Load, LogLine, MetricRule, Pace,
    PaymentRules, Scenario, Settle, Variant,
};
pub use ledger::{Books, Wanted};
pub use mentions::Mention;
pub use order::{Order, Progress};
pub use payments::PaymentBooks;
pub use range::Range;
pub use rows::Rows;
pub use run::{run, stay};
pub use verdict::{Verdict, judge};
