//! The schedule of a run: a pure function of profile and seed.

use std::time::Duration;

use fastrand::Rng;

use super::arrival::Arrival;
use super::profile::Profile;

/// All arrivals of a profile in order of time, its phases compressed by `compress`.
pub fn schedule(profile: &Profile, seed: u64, compress: u16) -> Vec<Arrival> {
    let mut begins = Duration::ZERO;
    let mut arrivals = Vec::new();
    let weights: f64 = profile.scenarios.iter().map(|scenario| scenario.weight).sum();
    for (number, phase) in profile.phases.iter().enumerate() {
        let phase = phase.compressed(compress);
        for moment in phase.moments(&mut stream(seed, Purpose::Phase, number as u64)) {
            let index = arrivals.len() as u64;
            let scenario = pick(profile, weights, stream(seed, Purpose::Scenario, index).f64());
            arrivals.push(Arrival { index, at: begins + moment, phase: number, scenario });
        }
        begins += phase.length;
    }
    arrivals
}

fn pick(profile: &Profile, weights: f64, share: f64) -> usize {
    let mut left = share * weights;
    for (number, scenario) in profile.scenarios.iter().enumerate() {
        left -= scenario.weight;
        if left < 0.0 {
            return number;
        }
    }
    profile.scenarios.len().saturating_sub(1)
}

/// What random numbers are drawn for. Each purpose has its own, so that one more drawn here changes nothing there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Phase,
    Scenario,
    BackOff,
}

/// The random numbers of one purpose and one rider or phase.
pub(super) fn stream(seed: u64, purpose: Purpose, number: u64) -> Rng {
    let purpose = match purpose {
        Purpose::Phase => 1,
        Purpose::Scenario => 2,
        Purpose::BackOff => 3,
    };
    let mut rng = Rng::with_seed(seed);
    let (a, b) = (rng.u64(..), rng.u64(..));
    // Odd factors keep every bit of the number; the generator itself mixes them.
    Rng::with_seed(a ^ (b | 1).wrapping_mul(number.wrapping_mul(4).wrapping_add(purpose)))
}
