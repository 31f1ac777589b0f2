//! Seconds of the scenario and of the machine.

use std::time::Duration;

/// Seconds of the scenario as the machine's time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale(f64);

impl Scale {
    /// `compress` seconds of the scenario pass in one of the machine's.
    pub(super) fn new(compress: u16) -> Self {
        Self(f64::from(compress.max(1)))
    }

    /// How long these seconds of the scenario last.
    pub(super) fn machine(self, seconds: f64) -> Duration {
        Duration::try_from_secs_f64(seconds / self.0).unwrap_or_default()
    }

    /// What has passed of the scenario, in its seconds.
    pub(super) fn scenario(self, machine: Duration) -> f64 {
        machine.as_secs_f64() * self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_shortens_times() {
        let scale = Scale::new(20);
        assert_eq!(scale.machine(180.0), Duration::from_secs(9));
        assert_eq!(scale.scenario(Duration::from_secs(9)), 180.0);
        assert_eq!(Scale::new(0).machine(2.0), Duration::from_secs(2));
    }
}
