//! When finance is left alone: a circuit breaker as a plain value. Time comes in, nothing goes out.
//!
//! ```text
//!           so many failures in a row            its time is over
//!  Closed ────────────────────────────▶ Open ─────────────────────▶ HalfOpen: one call at a time
//!    ▲                                   ▲ ▲ │                       │      │
//!    │                                   │ └─┼──────── it failed ────┘      │
//!    │ nobody waits any more             │   │ one that was given up        │ it succeeded
//!    │ or the cap has grown enough       │   ▼ succeeded after all          ▼
//!    └───────────────────────────────────┴─────────────────────────── Draining: so many calls an interval, doubling
//!                                          so many failures in a row
//! ```
//!
//! A probe that takes longer than it may is given up, and another one begins. When the other fails and the first one
//! succeeds after it, finance answers: what came last counts.
//!
//! Draining is why a service that comes back is not hit by all that waited for it. Its cap doubles with each interval that
//! used it up, so it ends also when more arrives than it began with.

mod guard;
mod item;
mod table;

pub use guard::{Breakers, Guard};
pub use table::{BreakerError, BreakerTable};

use crate::rules::LONGEST_PUT_OFF;
use std::time::Duration;

/// Milliseconds since the Unix epoch.
pub type Millis = i64;

/// How often the cap doubles before it is given up.
const DOUBLINGS: u32 = 6;

/// When it opens, for how long, and how it closes.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// So many failures in a row open it; at least 1.
    pub failures: u32,
    /// For so long, the first time; then twice as long with each probe that fails.
    pub open: Duration,
    /// Never longer than this before the next probe, unless finance asks for more. One call a minute hurts nobody, and what
    /// waits for longer than it must is riders' payments.
    pub longest_open: Duration,
    /// A failure so old says nothing about those that come after it. Longer than any pause between the attempts at one
    /// payment: one that waits alone would else never open it, and use up its attempts in an outage of an hour.
    pub forget: Duration,
    /// So long a probe has, before somebody else may try.
    pub probe: Duration,
    /// So many calls an interval, first, when it recovers; at least 1.
    pub drain_calls: u32,
    /// The interval.
    pub drain_interval: Duration,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// All calls are made.
    Closed {
        /// How many of the last calls failed in a row.
        failures: u32,
        /// When the first of those did.
        first: Millis,
        /// When the last of those did.
        last: Millis,
    },
    /// No call is made until then.
    Open {
        /// Until when.
        until: Millis,
        /// How often it opened since it was closed; at least 1.
        opened: u32,
    },
    /// One call finds out how finance is.
    HalfOpen {
        /// From then on whoever probes is dead, and another may.
        until: Millis,
        /// How often it opened since it was closed.
        opened: u32,
    },
    /// Finance is back.
    Draining {
        /// So many calls are made in this interval.
        cap: u32,
        /// So many of them were.
        used: u32,
        /// When the interval ends.
        ends: Millis,
        /// How many of the last calls failed in a row.
        failures: u32,
    },
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It may.
    Go,
    /// It may, and is the only one: what becomes of it decides.
    Probe,
    /// Not before then: finance is left alone.
    Wait(Millis),
    /// Not before then: finance is back, and others are at it.
    Queue(Millis),
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Finance answered, whatever it said about the payment.
    Alive,
    /// It did not, or said that it cannot at the moment.
    Failing {
        /// For how long it asked to be left alone.
        asked: Option<Duration>,
    },
    /// The call was not made after all.
    NotMade,
}

impl Default for Breaker {
    fn default() -> Self {
        Self::Closed { failures: 0, first: 0, last: 0 }
    }
}

impl Breaker {
    /// Whether a call may be made now, and what the breaker is when it is made.
    #[must_use]
    pub fn admit(self, rules: &Rules, now: Millis) -> (Admission, Self) {
        match self {
            Self::Closed { .. } => (Admission::Go, self),
            Self::Open { until, .. } | Self::HalfOpen { until, .. } if now < until => (Admission::Wait(until), self),
            Self::Open { opened, .. } | Self::HalfOpen { opened, .. } => {
                (Admission::Probe, Self::HalfOpen { until: later(now, rules.probe), opened })
            }
            Self::Draining { cap, used, ends, failures } if now < ends => {
                if used < cap {
                    (Admission::Go, Self::Draining { cap, used: used + 1, ends, failures })
                } else {
                    (Admission::Queue(ends), self)
                }
            }
            // An interval that was not used up: nobody waits any more.
            Self::Draining { cap, used, .. } if used < cap => (Admission::Go, Self::default()),
            Self::Draining { cap, failures, .. } => {
                let cap = cap.saturating_mul(2);
                let enough = rules.drain_calls.saturating_mul(1 << DOUBLINGS);
                let ends = later(now, rules.drain_interval);
                let next = Self::Draining { cap, used: 1, ends, failures };
                (Admission::Go, if cap > enough { Self::default() } else { next })
            }
        }
    }

    /// What the breaker is after a call that was admitted so.
    #[must_use]
    pub fn settle(self, rules: &Rules, admission: Admission, outcome: Outcome, now: Millis) -> Self {
        match (self, outcome) {
            // Also when another probe failed meanwhile: what was heard last counts. Should it be the older word of the two,
            // a few calls find out.
            (Self::Open { .. } | Self::HalfOpen { .. }, Outcome::Alive) if admission == Admission::Probe => {
                Self::Draining { cap: rules.drain_calls, used: 0, ends: later(now, rules.drain_interval), failures: 0 }
            }
            (Self::HalfOpen { opened, .. }, Outcome::Failing { asked }) if admission == Admission::Probe => {
                Self::opened(rules, opened.saturating_add(1), asked, now)
            }
            // Another one may try at once.
            (Self::HalfOpen { opened, .. }, Outcome::NotMade) if admission == Admission::Probe => {
                Self::Open { until: now, opened }
            }
            // Calls that were made before it opened say nothing new.
            (Self::Open { .. } | Self::HalfOpen { .. }, _) | (_, Outcome::NotMade) => self,
            (Self::Closed { .. }, Outcome::Alive) => Self::default(),
            (Self::Draining { cap, used, ends, .. }, Outcome::Alive) => Self::Draining { cap, used, ends, failures: 0 },
            (Self::Closed { failures, first, last }, Outcome::Failing { asked }) => {
                let old = failures == 0 || now.saturating_sub(last) > millis(rules.forget);
                let (failures, first) = if old { (1, now) } else { (failures.saturating_add(1), first) };
                if failures >= rules.failures {
                    Self::opened(rules, 1, asked, now)
                } else {
                    Self::Closed { failures, first, last: now }
                }
            }
            (Self::Draining { cap, used, ends, failures }, Outcome::Failing { asked }) => {
                match failures.saturating_add(1) {
                    failures if failures >= rules.failures => Self::opened(rules, 1, asked, now),
                    failures => Self::Draining { cap, used, ends, failures },
                }
            }
        }
    }

    /// What it is for somebody who heard of finance at that moment: failures that began before it were not in a row. So a
    /// success need not be written down, which most calls are.
    #[must_use]
    pub fn heard_at(self, moment: Millis) -> Self {
        match self {
            Self::Closed { failures: 1.., first, .. } if moment >= first => Self::default(),
            other => other,
        }
    }

    /// Open for the n-th time in a row: longer each time, and no shorter than finance asked for. Of that no more than a
    /// message is put off for: a Retry-After of a day would stop all payments for a day.
    fn opened(rules: &Rules, opened: u32, asked: Option<Duration>, now: Millis) -> Self {
        let factor = 1_u32 << opened.saturating_sub(1).min(16);
        let open = rules.open.saturating_mul(factor).min(rules.longest_open.max(rules.open));
        let asked = asked.unwrap_or_default().min(LONGEST_PUT_OFF);
        Self::Open { until: later(now, open.max(asked)), opened }
    }
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

fn later(now: Millis, duration: Duration) -> Millis {
    now.saturating_add(millis(duration))
}

#[cfg(test)]
mod tests;
