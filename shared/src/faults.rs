//! Faults on purpose: what an experiment asks for is done to a function, seen in its metrics, traces and log, and undone by
//! a change of one parameter.
//!
//! The flags are those of failure-lambda 1.x (<https://github.com/gunnargrosch/failure-lambda>), which itself runs in no
//! function of a custom runtime, and a flag and a seed of ours. Everything about them is in `docs/faults.md`.
//!
//! [`Flags`] says what is asked for, [`Dice`] whether it happens: both are plain values. The feature `faults` adds the layer
//! that does it.

mod condition;
mod dice;
mod fields;
mod flags;
mod mode;
mod pattern;
mod what;

#[cfg(feature = "faults")]
mod connector;
#[cfg(feature = "faults")]
mod corruption;
#[cfg(feature = "faults")]
mod disk;
#[cfg(feature = "faults")]
mod event;
#[cfg(feature = "faults")]
mod injection;
#[cfg(feature = "faults")]
mod means;
#[cfg(feature = "faults")]
mod outbound;
#[cfg(feature = "faults")]
mod runtime;
#[cfg(feature = "faults")]
mod source;

pub use condition::Condition;
pub use dice::Dice;
pub use fields::Complaint;
pub use flags::{Flag, Flags, Unreadable};
pub use mode::Mode;
pub use pattern::{LONGEST_PATTERN, MOST_PATTERNS, Pattern};
pub use what::{Delay, Dependency, Effect, SERVICES, What};

#[cfg(feature = "faults")]
pub(crate) use connector::faulty;
#[cfg(feature = "faults")]
pub use event::around_event;
#[cfg(feature = "faults")]
pub use injection::InjectedException;
#[cfg(feature = "faults")]
pub(crate) use injection::{Asked, Injection};
#[cfg(feature = "faults")]
pub(crate) use means::are_wanted;
#[cfg(feature = "faults")]
pub use means::{CACHE_TTL, DISABLED, Faults, Means, PARAMETER, Wait};
#[cfg(feature = "faults")]
pub(crate) use outbound::marked;
#[cfg(all(feature = "faults", feature = "http"))]
pub(crate) use outbound::{Marked, Met, Outbound};
#[cfg(feature = "faults")]
pub use runtime::{Injecting, run};
#[cfg(feature = "faults")]
pub use source::Reading;
