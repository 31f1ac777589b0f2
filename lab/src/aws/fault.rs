//! What goes wrong with a service, and with which of its calls.

use std::time::Duration;

use super::{Hold, Moment};

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// A call is answered with `InternalServerError`, a 500.
    Fail,
    /// A call is answered with `ServiceUnavailable`, a 503.
    Unavailable,
    /// A call is answered as if it were one too many.
    Throttle,
    /// A call waits this long first.
    Slow(Duration),
    /// A call is carried out at once, and answered so much later: whoever gives it up does not know that it is done.
    Late(Duration),
    /// One call is never answered.
    Hold(Hold),
}

impl Trouble {
    /// On which side of a call's effect it strikes. A held call is looked for on both.
    pub(super) fn moment(&self) -> Moment {
        if matches!(self, Self::Late(_)) { Moment::After } else { Moment::Before }
    }
}

/// A trouble, and the calls that have it.
#[derive(Debug, Clone)]
pub struct Fault {
    pub(super) trouble: Trouble,
    pub(super) operation: Option<String>,
    share: Option<(f64, fastrand::Rng)>,
}

impl Fault {
    /// A trouble of every call.
    pub fn every(trouble: Trouble) -> Self {
        Self { trouble, operation: None, share: None }
    }

    /// Of the calls of one operation only, `PutItem`.
    #[must_use]
    pub fn only(self, operation: Option<String>) -> Self {
        Self { operation, ..self }
    }

    /// Of a share of the calls only, in 0 to 1. The same seed picks the same calls, by their order of arrival.
    #[must_use]
    pub fn share(self, share: f64, seed: u64) -> Self {
        Self { share: Some((share, fastrand::Rng::with_seed(seed))), ..self }
    }

    pub(super) fn concerns(&self, operation: &str) -> bool {
        self.operation.as_ref().is_none_or(|only| only == operation)
    }

    /// Whether the next of its calls has the trouble.
    pub(super) fn strikes(&mut self) -> bool {
        self.share.as_mut().is_none_or(|(share, random)| random.f64() < *share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(share: f64, seed: u64) -> Vec<bool> {
        let mut fault = Fault::every(Trouble::Fail).share(share, seed);
        (0..1000).map(|_| fault.strikes()).collect()
    }

    #[test]
    fn a_share_is_kept_and_repeats_with_its_seed() {
        let count = struck(0.3, 7).iter().filter(|struck| **struck).count();
        assert!((250..350).contains(&count), "{count} of 1000");
        assert_eq!(struck(0.3, 7), struck(0.3, 7));
        assert_ne!(struck(0.3, 7), struck(0.3, 8));
        assert!(struck(1.0, 7).iter().all(|struck| *struck));
    }
}
