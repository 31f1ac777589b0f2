//! When what happens, by the machine's clock: compression shortens times and leaves rates.

use std::time::Duration;

use super::file::{Phase, Scenario};

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

/// The moments at which riders come, since the load's beginning, by the machine's clock.
pub(super) fn arrivals(scenario: &Scenario, scale: Scale) -> Vec<Duration> {
    let mut begins = Duration::ZERO;
    let mut all = Vec::new();
    for phase in &scenario.load.phases {
        let length = scale.machine(phase.duration);
        all.extend(of_phase(phase, length).map(|offset| begins + offset));
        begins += length;
    }
    all
}

/// Evenly at a constant rate; along a ramp, as often as the rate at the moment says.
fn of_phase(phase: &Phase, length: Duration) -> impl Iterator<Item = Duration> {
    let seconds = length.as_secs_f64();
    let (first, last) = (phase.arrival_rate, phase.ramp_to.unwrap_or(phase.arrival_rate));
    let slope = if seconds > 0.0 { (last - first) / seconds } else { 0.0 };
    let count = (seconds * f64::midpoint(first, last)).round() as u32;
    (0..count).map(move |number| {
        let number = f64::from(number);
        // first*t + slope*t^2/2 = number
        let t = if slope.abs() < 1e-9 {
            number / first
        } else {
            ((first * first + 2.0 * slope * number).max(0.0).sqrt() - first) / slope
        };
        Duration::try_from_secs_f64(t).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(duration: f64, arrival_rate: f64, ramp_to: Option<f64>) -> Phase {
        Phase { name: "p".to_owned(), duration, arrival_rate, ramp_to }
    }

    #[test]
    fn compression_shortens_times_and_leaves_rates() {
        let phase = phase(180.0, 10.0, None);
        let full: Vec<_> = of_phase(&phase, Scale::new(1).machine(180.0)).collect();
        let short: Vec<_> = of_phase(&phase, Scale::new(20).machine(180.0)).collect();
        assert_eq!((full.len(), short.len()), (1800, 90));
        assert_eq!(full[1], short[1]);
        assert_eq!(Scale::new(20).scenario(Duration::from_secs(9)), 180.0);
    }

    #[test]
    fn a_ramp_comes_faster_towards_its_end() {
        let all: Vec<_> = of_phase(&phase(10.0, 0.0, Some(10.0)), Duration::from_secs(10)).collect();
        assert_eq!(all.len(), 50);
        let half = all.iter().filter(|at| at.as_secs_f64() < 5.0).count();
        assert_eq!(half, 13, "a quarter of them in the first half");
    }
}
