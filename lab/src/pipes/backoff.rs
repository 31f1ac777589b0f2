//! Pauses between attempts at a batch that fails.
//!
//! "The pipe polling throughput will gradually back off"; how, AWS does not say. Here each pause is at most twice as long as the one
//! before, up to a minute, and drawn from the upper half, so that two pipes do not keep step.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html>

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// The pause after so many failures in a row, from 1 on. `chance` is from 0 to 1.
pub(super) fn pause(failures: u32, chance: f64) -> Duration {
    let most = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    most.mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let seconds: Vec<f64> = (1..10).map(|failures| pause(failures, 1.0).as_secs_f64()).collect();
        assert_eq!(seconds, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]);
        assert_eq!(pause(3, 0.0), Duration::from_secs(2));
        assert_eq!(pause(u32::MAX, 0.5), Duration::from_secs(45));
    }
}
