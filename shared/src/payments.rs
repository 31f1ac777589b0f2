//! Payments: one for each stored ride. What a payment is, how it lies in its tables, and how it changes there.
//!
//! | table | key | what |
//! |---|---|---|
//! | payments | `RideId` | a [`Payment`]; by [`BY_STATUS`] also by status, oldest first |
//! | payment-counts | `Id` | how many there are ([`counts`]), exact at any moment |
//!
//! **Every change of a count is one transaction with the change of the row it counts** ([`Change`]). So counts are read
//! instead of rows, in the same time however many rows there are, and they cannot drift.

mod change;
pub mod counts;
mod job;
pub mod london;
mod row;
mod status;
mod transaction;

pub use change::{Change, Tables};
pub use job::{Job, NotAJob};
pub use row::{BY_STATUS, Item, LEASE, NotAPayment, Payment};
pub use status::{NotAStatus, Status};
pub use transaction::{CROWDED, Changed, TransactionError, apply};
