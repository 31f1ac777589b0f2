//! `cargo lab payments`, `cargo lab redrive` and `cargo lab ops`: what became of the payments, by the routes of the stack itself.

mod api;
mod audit;
mod fill;
mod list;
mod page;
mod redrive;

pub(super) use list::Payments;
pub(super) use page::Ops;
pub(super) use redrive::Redrive;
