use super::injection::Injection;
use super::means::Faults;
use super::mode::Mode;
use super::what::{Effect, What};
use http::StatusCode;
use std::time::Duration;

/// An outbound call of an invocation that may have faults.
#[derive(Debug)]
pub(crate) struct Outbound {
    faults: Faults,
    /// Which call of this service it is, in this invocation.
    #[cfg(feature = "http")]
    number: u32,
    /// What it meets.
    pub(crate) met: Option<Met>,
}

/// What an outbound call meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Met {
    /// Its host cannot be reached.
    Refused,
    /// It begins so much later.
    Slow(Duration),
    /// This answer, without being sent.
    Status(StatusCode),
    /// The answer for whom the service slows down, without being sent.
    Throttled,
}

/// What became of a call, for its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marked {
    /// The fault that it met.
    pub(crate) mode: Mode,
    /// Whether it was sent all the same.
    pub(crate) sent: bool,
}

impl Outbound {
    /// The call that is about to be made, by the service's name in metrics and the host's name in the URL. `None` where
    /// nothing is injected, which costs next to nothing. Counts the call, so it is asked once for each.
    pub(crate) fn of(service: &str, operation: &str, host: &str) -> Option<Self> {
        let injection = Injection::current()?;
        let decided = injection.decided.get()?;
        injection.take_mark(); // of a call that was given up
        let number = injection.next_call_of(service);
        let dice = injection.dice(decided);
        let mut met = None;
        for flag in &decided.flags {
            met = match &flag.what {
                What::Denylist(patterns) if patterns.iter().any(|pattern| pattern.occurs_in(host)) => {
                    Some(Met::Refused)
                }
                What::Dependency(dependency)
                    if dependency.is_about(service, operation) && flag.happens(&dice, number) =>
                {
                    Some(match dependency.effect {
                        Effect::Latency(delay) => Met::Slow(delay.at(dice.throw("dependency.latency", number))),
                        Effect::Error(status) => Met::Status(status),
                        Effect::Throttle => Met::Throttled,
                    })
                }
                _ => continue,
            };
            let mode = flag.what.mode();
            let wait_ms = if let Some(Met::Slow(wait)) = met { Some(wait.as_millis() as u64) } else { None };
            tracing::info!(
                fault = mode.name(),
                seed = decided.seed,
                dependency = service,
                operation,
                host,
                wait_ms,
                "fault injected"
            );
            injection.count(mode);
            injection.mark(Marked { mode, sent: matches!(met, Some(Met::Slow(_))) });
            break; // a host that cannot be reached answers nothing either
        }
        Some(Self {
            faults: injection.faults.clone(),
            #[cfg(feature = "http")]
            number,
            met,
        })
    }

    /// Waits.
    pub(crate) async fn pause(&self, wait: Duration) {
        (self.faults.shared().pause)(wait).await;
    }

    /// Tells the other side which attempt this is, so that its dice fall anew: the request's id stays the same.
    #[cfg(feature = "http")]
    pub(crate) fn header(&self) -> (http::HeaderName, http::HeaderValue) {
        (super::injection::X_FAULT_ATTEMPT, self.number.into())
    }
}

/// The fault that the last outbound call met, for its trace; asked once a call.
pub(crate) fn marked() -> Option<Marked> {
    Injection::current()?.take_mark()
}
