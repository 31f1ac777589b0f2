//! The machine through random weeks, and pipes on a real stream.

mod driven;
mod random;
mod scripted;
