//! The machine through random weeks, and pipes on a real stream.

mod driven;
mod harness;
mod random;
mod scripted;
