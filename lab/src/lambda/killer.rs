//! Kills environments of a function again and again: hosts fail, memory runs out, somebody deploys.

use std::sync::Weak;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::pool::Pool;

/// Kills one of the live environments at once and then after each `every`, until dropped or until the function is gone.
pub(super) async fn run(pool: Weak<Pool>, every: Duration, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    // No beat is shorter than the clock can tell.
    let mut beat = tokio::time::interval(every.max(Duration::from_millis(1)));
    // Who was held up does not kill many at once to make up for it.
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let Some(pool) = pool.upgrade() else { return };
        pool.kill_one(|count| random.usize(..count.max(1)));
    }
}
