//! What riders do when a request fails.

use std::time::Duration;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

use super::ledger::Seen;

/// A kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Client {
    /// Sends each request once, as Artillery does.
    #[default]
    None,
    /// A page that was written with care: the same `Idempotency-Key` on every attempt, up to four of them, with pauses that
    /// grow and are drawn by lot, never shorter than `Retry-After`; it gives up when waiting makes no sense any more.
    Browser,
    /// Sends again at once whatever fails, ten times, without a key and deaf to `Retry-After`.
    Naive,
}

/// Attempts of a browser. More of them on a service in trouble keep it there.
const BROWSER_ATTEMPTS: usize = 4;
/// Upper bound of a browser's first pause; it doubles from attempt to attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// A rider who is told to come back later than this does not wait.
const PATIENCE: Duration = Duration::from_secs(20);
/// Nor does one who has waited so long in all.
const GIVES_UP_AFTER: Duration = Duration::from_secs(60);
/// Attempts of the naive client: the workshop's own kind.
const NAIVE_ATTEMPTS: usize = 10;

/// What a client knows when it decides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Situation<'a> {
    /// Attempts made, from 1.
    pub(super) attempts: usize,
    /// What came of the last one.
    pub(super) seen: &'a Seen,
    /// What its answer asked for.
    pub(super) retry_after: Option<Duration>,
    /// Since the first attempt was meant to be sent.
    pub(super) waited: Duration,
}

impl Client {
    /// Whether requests carry an `Idempotency-Key`.
    pub(super) fn has_keys(self) -> bool {
        self == Self::Browser
    }

    /// The pause before the next attempt; `None` gives up, or is content.
    pub(super) fn again(self, situation: Situation<'_>, rng: &mut Rng) -> Option<Duration> {
        let Situation { attempts, seen, retry_after, waited } = situation;
        match self {
            Self::None => None,
            Self::Naive => (attempts < NAIVE_ATTEMPTS && !seen.is_success()).then_some(Duration::ZERO),
            Self::Browser => {
                if attempts >= BROWSER_ATTEMPTS || !may_pass(seen) {
                    return None;
                }
                let bound = FIRST_PAUSE.saturating_mul(1 << (attempts - 1)).min(LONGEST_PAUSE);
                // Drawn by lot on top of what the server asks for too, or all who were refused together come back together.
                let pause = retry_after.unwrap_or_default() + bound.mul_f64(rng.f64());
                (pause <= PATIENCE && waited + pause <= GIVES_UP_AFTER).then_some(pause)
            }
        }
    }
}

/// Whether the same request may fare better later. A 409 is another attempt of the same key at work.
fn may_pass(seen: &Seen) -> bool {
    match seen {
        Seen::Answer(status) => matches!(status, 408 | 409 | 429 | 500 | 502 | 503 | 504),
        Seen::Failed(_) => true,
        Seen::Unfinished => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::ledger::Failure;
    use fastrand::Rng;
    use proptest::prelude::*;

    fn pause(client: Client, attempts: usize, seen: &Seen, retry_after: Option<u64>, waited: u64) -> Option<Duration> {
        let retry_after = retry_after.map(Duration::from_secs);
        let waited = Duration::from_secs(waited);
        client.again(Situation { attempts, seen, retry_after, waited }, &mut Rng::with_seed(1))
    }

    #[test]
    fn a_browser_repeats_what_may_pass_and_nothing_else() {
        for status in [408, 409, 429, 500, 502, 503, 504] {
            assert!(pause(Client::Browser, 1, &Seen::Answer(status), None, 0).is_some(), "{status}");
        }
        for status in [200, 201, 301, 400, 401, 403, 404, 413, 422, 501] {
            assert!(pause(Client::Browser, 1, &Seen::Answer(status), None, 0).is_none(), "{status}");
        }
        for failure in [Failure::Refused, Failure::Reset, Failure::TimedOut] {
            assert!(pause(Client::Browser, 1, &Seen::Failed(failure), None, 0).is_some());
        }
    }

    #[test]
    fn a_browser_gives_up() {
        let refused = Seen::Answer(503);
        assert!(pause(Client::Browser, 3, &refused, None, 0).is_some());
        assert!(pause(Client::Browser, 4, &refused, None, 0).is_none(), "after four attempts");
        assert!(pause(Client::Browser, 1, &refused, Some(3600), 0).is_none(), "rather than wait an hour");
        assert!(pause(Client::Browser, 1, &refused, None, 60).is_none(), "after a minute");
    }

    #[test]
    fn a_naive_client_repeats_at_once_and_others_not_at_all() {
        assert_eq!(pause(Client::Naive, 9, &Seen::Answer(422), Some(5), 900), Some(Duration::ZERO));
        assert_eq!(pause(Client::Naive, 10, &Seen::Answer(503), None, 0), None);
        assert_eq!(pause(Client::Naive, 1, &Seen::Answer(201), None, 0), None);
        assert_eq!(pause(Client::None, 1, &Seen::Failed(Failure::Reset), None, 0), None);
    }

    proptest! {
        #[test]
        fn a_browsers_pause_is_never_shorter_than_asked_nor_longer_than_bounded(
            attempts in 1_usize..4, asked in 0_u64..10, seed: u64,
        ) {
            let retry_after = Some(Duration::from_secs(asked));
            let situation =
                Situation { attempts, seen: &Seen::Answer(503), retry_after, waited: Duration::ZERO };
            let pause = Client::Browser.again(situation, &mut Rng::with_seed(seed)).expect("again");
            let bound = Duration::from_millis(500 << (attempts - 1));
            prop_assert!(pause >= Duration::from_secs(asked) && pause <= Duration::from_secs(asked) + bound);
        }
    }
}
