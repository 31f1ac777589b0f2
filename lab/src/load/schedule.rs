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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::phase::{Arrivals, Mode, Phase};
    use proptest::prelude::*;

    fn profile(phases: Vec<Phase>) -> Profile {
        let text = "config: {phases: [{pause: 1}]}\nscenarios:\n  - weight: 3\n    flow: [get: {url: /a}]\n  - flow: [get: {url: /b}]\n";
        Profile { phases, ..Profile::parse(text, "test.yml").expect("a profile") }
    }

    fn rate(seconds: f64, from: f64, to: f64, mode: Mode) -> Phase {
        let arrivals = Arrivals::Rate { from, to, mode };
        Phase { name: None, length: Duration::from_secs_f64(seconds), arrivals }
    }

    fn moments(phases: Vec<Phase>) -> Vec<u128> {
        schedule(&profile(phases), 1, 1).iter().map(|arrival| arrival.at.as_millis()).collect()
    }

    #[test]
    fn the_workshops_high_load_is_1800_riders_a_tenth_of_a_second_apart() {
        let moments = moments(vec![rate(180.0, 10.0, 10.0, Mode::Uniform)]);
        assert_eq!(moments.len(), 1800);
        assert_eq!((moments[0], moments[1], moments[1799]), (50, 150, 179_950));
        let apart: Vec<u128> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(apart.iter().all(|gap| (99..=101).contains(gap)), "{apart:?}");
    }

    #[test]
    fn phases_follow_one_another() {
        let count = Phase { name: None, length: Duration::from_secs(2), arrivals: Arrivals::Count(2) };
        let pause = Phase { name: None, length: Duration::from_secs(10), arrivals: Arrivals::Pause };
        let ramp = rate(4.0, 0.0, 1.0, Mode::Uniform);
        assert_eq!(
            moments(vec![count, pause, ramp]),
            [500, 1500, 14_000, 15_464],
            "12 s + 2 * sqrt(1) and 2 * sqrt(3)"
        );
    }

    #[test]
    fn compressed_riders_come_as_fast_for_a_shorter_time() {
        let phases = vec![
            rate(180.0, 10.0, 10.0, Mode::Uniform),
            Phase { name: None, length: Duration::from_secs(60), arrivals: Arrivals::Count(12) },
        ];
        let arrivals = schedule(&profile(phases), 1, 12);
        assert_eq!(arrivals.len(), 151);
        assert_eq!(
            (arrivals[1].at - arrivals[0].at, arrivals[149].at),
            (Duration::from_millis(100), Duration::from_millis(14_950))
        );
        assert_eq!(arrivals[150].at, Duration::from_millis(17_500), "one of twelve, in a twelfth of the time");
    }

    #[test]
    fn scenarios_are_drawn_by_their_weights_from_the_seed() {
        let profile = profile(vec![rate(100.0, 100.0, 100.0, Mode::Uniform)]);
        let arrivals = schedule(&profile, 1, 1);
        let first = arrivals.iter().filter(|arrival| arrival.scenario == 0).count();
        assert!((7300..7700).contains(&first), "three of four: {first}");
        assert_eq!(schedule(&profile, 1, 1), arrivals);
        assert_ne!(schedule(&profile, 2, 1), arrivals);
    }

    #[test]
    fn poissons_riders_are_as_many_as_the_rate_says_and_their_gaps_are_exponential() {
        let arrivals = schedule(&profile(vec![rate(1000.0, 10.0, 10.0, Mode::Poisson)]), 3, 1);
        // The standard deviation is 100.
        assert!((9600..10_400).contains(&arrivals.len()), "{}", arrivals.len());
        let gaps = arrivals.windows(2).map(|pair| (pair[1].at - pair[0].at).as_secs_f64());
        let long = gaps.filter(|gap| *gap > 0.1).count() as f64 / arrivals.len() as f64;
        assert!((long - (-1.0_f64).exp()).abs() < 0.03, "one in e is longer than the mean: {long}");
    }

    fn phases() -> impl Strategy<Value = Vec<Phase>> {
        let mode = prop_oneof![Just(Mode::Uniform), Just(Mode::Poisson)];
        let a_rate = (0.01..60.0, 0.0..40.0, 0.0..40.0, mode).prop_map(|(s, from, to, mode)| rate(s, from, to, mode));
        let other = (0.01..60.0, prop_oneof![Just(Arrivals::Pause), (0..500_u64).prop_map(Arrivals::Count)])
            .prop_map(|(s, arrivals)| Phase { name: None, length: Duration::from_secs_f64(s), arrivals });
        proptest::collection::vec(prop_oneof![3 => a_rate, 1 => other], 1..4)
    }

    proptest! {
        #[test]
        fn arrivals_are_numbered_in_order_and_lie_in_their_phases(phases in phases(), seed: u64, compress in 1_u16..20) {
            let arrivals = schedule(&profile(phases.clone()), seed, compress);
            let ends: Vec<Duration> = phases.iter().scan(Duration::ZERO, |end, phase| {
                *end += phase.length / u32::from(compress);
                Some(*end)
            }).collect();
            for (number, arrival) in arrivals.iter().enumerate() {
                prop_assert_eq!(arrival.index, number as u64);
                let begins = arrival.phase.checked_sub(1).map_or(Duration::ZERO, |before| ends[before]);
                prop_assert!(arrival.at >= begins && arrival.at <= ends[arrival.phase], "{:?} in {:?}", arrival, ends);
            }
            prop_assert!(arrivals.windows(2).all(|pair| pair[0].at <= pair[1].at && pair[0].phase <= pair[1].phase));
        }

        #[test]
        fn at_any_moment_as_many_have_come_as_the_integral_of_the_rate(
            seconds in 0.5..120.0, from in 0.0..50.0, to in 0.0..50.0, share in 0.0..=1.0,
        ) {
            let arrivals = schedule(&profile(vec![rate(seconds, from, to, Mode::Uniform)]), 1, 1);
            let t = seconds * share;
            let integral = from * t + (to - from) * t * t / (2.0 * seconds);
            let come = arrivals.iter().filter(|arrival| arrival.at.as_secs_f64() <= t).count() as f64;
            prop_assert!((come - integral).abs() <= 0.5 + 1e-6, "{} of {} by {} s", come, integral, t);
            let all = (from + to) / 2.0 * seconds;
            prop_assert!((arrivals.len() as f64 - all).abs() <= 0.5 + 1e-6);
        }

        #[test]
        fn the_same_profile_and_seed_make_the_same_schedule(phases in phases(), seed: u64) {
            prop_assert_eq!(schedule(&profile(phases.clone()), seed, 1), schedule(&profile(phases), seed, 1));
        }
    }
}
