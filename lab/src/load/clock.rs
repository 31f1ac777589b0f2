//! The time of a run, counted from its beginning.

use std::time::Duration;

use tokio::time::Instant;

/// A clock to run by. Tests have one that jumps.
pub(super) trait Clock: Sync {
    /// Now.
    fn now(&self) -> Duration;
    /// Waits until then; at once when it is past.
    fn sleep_until(&self, at: Duration) -> impl Future<Output = ()> + Send;
}

/// The machine's.
#[derive(Debug)]
pub(super) struct MachineClock(Instant);

impl MachineClock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for MachineClock {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep_until(&self, at: Duration) {
        tokio::time::sleep_until(self.0 + at).await;
    }
}
