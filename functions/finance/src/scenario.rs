//! How the service behaves: the workshop's scenarios.

use shared::json::{self, FieldErrors};
use shared::problem::Problem;
use std::time::Duration;

/// The product, and the customer, of the order that cannot be charged.
pub const BROKEN_PRODUCT: &str = "Product from the future";
/// When it is placed.
pub const BROKEN_DATE: &str = "3000-01-01T12:00:00Z";

/// A scenario by its name in the workshop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Three attempts of ten fail, and the next one may work.
    UnreliableProcessing,
    /// Answers take 0.5 to 1.5 s: slower by far, and within what a caller waits.
    HighLoad,
    /// Answers take 4 to 12 s. process-payment waits for 10 s: about three of ten come too late, half of those after the charge.
    VeryHighLoad,
    /// An order is placed that can never be charged.
    BrokenOrder,
    /// All is well.
    Reset,
}

/// What a scenario makes of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Behaviour {
    /// Which scenario asked for it; none is [`Scenario::Reset`].
    pub scenario: Option<Scenario>,
    /// How many attempts of a hundred fail for now, 0 to 100.
    pub percentage: u8,
    /// The shortest time to an answer, in milliseconds.
    pub min_latency_ms: u32,
    /// The longest.
    pub max_latency_ms: u32,
    /// What the dice begin with: the same seed and the same requests fail in the same way.
    pub seed: u64,
}

/// The longest latency that may be asked for: the function itself is given 15 s.
const LONGEST: f64 = 14_000.0;

impl Scenario {
    const ALL: [Self; 5] =
        [Self::UnreliableProcessing, Self::HighLoad, Self::VeryHighLoad, Self::BrokenOrder, Self::Reset];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnreliableProcessing => "UnreliableProcessing",
            Self::HighLoad => "HighLoad",
            Self::VeryHighLoad => "VeryHighLoad",
            Self::BrokenOrder => "BrokenOrder",
            Self::Reset => "Reset",
        }
    }

    /// The scenario of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    fn behaviour(self) -> Behaviour {
        let (percentage, min_latency_ms, max_latency_ms) = match self {
            Self::UnreliableProcessing => (30, 0, 0),
            Self::HighLoad => (0, 500, 1_500),
            Self::VeryHighLoad => (0, 4_000, 12_000),
            Self::BrokenOrder | Self::Reset => (0, 0, 0),
        };
        let scenario = (self != Self::Reset).then_some(self);
        Behaviour { scenario, percentage, min_latency_ms, max_latency_ms, seed: 0 }
    }
}

impl Behaviour {
    /// Whether every request is answered at once and well.
    pub fn is_calm(&self) -> bool {
        self.percentage == 0 && self.max_latency_ms == 0
    }

    /// Reads the body of `POST /finance/scenario`: the scenario and, if given, other figures than its own and a seed.
    ///
    /// # Errors
    /// It is no object, or a field is wrong or unknown.
    pub fn parse(body: &[u8]) -> Result<(Scenario, Self), Problem> {
        let mut fields = json::object(body).map_err(|error| Problem::NotAnObject(error.to_string()))?;
        let mut errors = FieldErrors::default();
        let named = |name: String| {
            let names = || Scenario::ALL.map(Scenario::name).join(", ");
            Scenario::named(&name).ok_or_else(|| format!("must be one of {}", names()))
        };
        let scenario = fields.text("scenario", &mut errors, named);
        let mut number = |name, most: f64| {
            let whole = |number: f64| {
                let fits = (0.0..=most).contains(&number) && number.fract() == 0.0;
                fits.then_some(number as u64).ok_or_else(|| format!("must be a whole number from 0 to {most}"))
            };
            fields.optional_number(name, &mut errors, whole).flatten()
        };
        let percentage = number("percentage", 100.0);
        let (min, max) = (number("min_latency", LONGEST), number("max_latency", LONGEST));
        let seed = number("seed", 9_007_199_254_740_991.0); // the largest whole number that every JSON reader keeps
        fields.finish(&mut errors);
        let mut behaviour = scenario.map(Scenario::behaviour).unwrap_or_default();
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        behaviour.percentage = percentage.map_or(behaviour.percentage, |number| number as u8);
        behaviour.min_latency_ms = min.map_or(behaviour.min_latency_ms, small);
        behaviour.max_latency_ms = max.map_or(behaviour.max_latency_ms, small);
        behaviour.seed = seed.unwrap_or_default();
        if behaviour.max_latency_ms < behaviour.min_latency_ms {
            errors.add("/max_latency", "must not be less than min_latency");
        }
        errors.into_result().map_err(Problem::InvalidFields)?;
        scenario.map(|scenario| (scenario, behaviour)).ok_or(Problem::Internal) // what is not there was noted
    }
}

/// What becomes of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Luck {
    /// Whether it fails, and if so whether that is after the charge.
    pub(crate) failure: Option<Moment>,
    /// How long it takes, and whether the time goes by before or after the charge.
    pub(crate) latency: Duration,
    pub(crate) slow: Moment,
}

/// Before or after the charge. Both happen: a caller that gets no good answer cannot know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Moment {
    #[default]
    Before,
    After,
}

impl Luck {
    /// The luck of attempt number `attempt`, from 0, at what has this id.
    ///
    /// Of ten attempts in a row at one payment exactly as many fail as the share says, in an order by the seed: so the share
    /// is true for one payment as it is for all, and with three of ten nobody who tries seven times is left without.
    pub(crate) fn of(behaviour: &Behaviour, id: &str, attempt: u32) -> Self {
        let mut once = dice(behaviour.seed, id, u64::from(attempt) << 1);
        let mut ten = dice(behaviour.seed, id, (u64::from(attempt / 10) << 1) | 1);
        let share = u32::from(behaviour.percentage);
        let failing = (share + ten.u32(0..10)) / 10; // what is no multiple of ten is right on average
        let mut order = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        ten.shuffle(&mut order);
        let fails = order[(attempt % 10) as usize] < failing;
        let mut moment = || if once.bool() { Moment::Before } else { Moment::After };
        let (failure, slow) = (fails.then(&mut moment), moment());
        let latency = once.u32(behaviour.min_latency_ms..=behaviour.max_latency_ms.max(behaviour.min_latency_ms));
        Self { failure, latency: Duration::from_millis(latency.into()), slow }
    }
}

/// FNV-1a over all three, as the seed of dice.
fn dice(seed: u64, id: &str, number: u64) -> fastrand::Rng {
    let bytes = seed.to_be_bytes().into_iter().chain(id.bytes()).chain(number.to_be_bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    fastrand::Rng::with_seed(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with(percentage: u8, seed: u64) -> Behaviour {
        Behaviour { percentage, seed, ..Behaviour::default() }
    }

    #[test]
    fn a_body_is_a_scenario_with_its_figures_or_others() {
        let parse = |body: &str| Behaviour::parse(body.as_bytes());
        let (scenario, behaviour) = parse(r#"{"scenario":"UnreliableProcessing"}"#).expect("right");
        assert_eq!((scenario, behaviour.percentage, behaviour.is_calm()), (Scenario::UnreliableProcessing, 30, false));
        let (_, behaviour) = parse(r#"{"scenario":"UnreliableProcessing","percentage":100,"seed":7}"#).expect("right");
        assert_eq!((behaviour.percentage, behaviour.seed), (100, 7));
        let (_, behaviour) = parse(r#"{"scenario":"HighLoad","max_latency":600}"#).expect("right");
        assert_eq!((behaviour.min_latency_ms, behaviour.max_latency_ms), (500, 600));
        assert!(parse(r#"{"scenario":"Reset"}"#).expect("right").1.is_calm());
        for wrong in [
            r#"{}"#,
            r#"{"scenario":"reset"}"#,
            r#"{"scenario":"HighLoad","max_latency":400}"#,
            r#"{"scenario":"Reset","percentage":101}"#,
            r#"{"scenario":"Reset","percentage":0.5}"#,
            r#"{"scenario":"Reset","seed":-1}"#,
            r#"{"scenario":"Reset","mood":1}"#,
        ] {
            assert!(matches!(parse(wrong), Err(Problem::InvalidFields(errors)) if errors.len() == 1), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn of_ten_attempts_three_fail_and_the_same_seed_says_which(seed: u64, id in "[a-f0-9]{1,64}", ten in 0..9_u32) {
            let roll = || (ten * 10..ten * 10 + 10).map(|attempt| Luck::of(&with(30, seed), &id, attempt)).collect::<Vec<_>>();
            prop_assert_eq!(roll().iter().filter(|luck| luck.failure.is_some()).count(), 3);
            prop_assert_eq!(roll(), roll());
        }

        #[test]
        fn none_and_all_are_none_and_all(seed: u64, attempt in 0..1_000_u32) {
            prop_assert_eq!(Luck::of(&with(0, seed), "id", attempt).failure, None);
            prop_assert!(Luck::of(&with(100, seed), "id", attempt).failure.is_some());
        }

        #[test]
        fn latency_is_within_its_bounds(seed: u64, min in 0..3_000_u32, more in 0..3_000_u32) {
            let behaviour = Behaviour { seed, min_latency_ms: min, max_latency_ms: min + more, ..Behaviour::default() };
            let latency = Luck::of(&behaviour, "id", 0).latency;
            prop_assert!((min.into()..=(min + more).into()).contains(&latency.as_millis()));
        }
    }

    #[test]
    fn failures_come_before_and_after_the_charge_and_a_share_that_is_no_tenth_is_right_on_average() {
        let lucks: Vec<Luck> = (0..10_000).map(|id| Luck::of(&with(35, 1), &id.to_string(), 0)).collect();
        let count = |moment| lucks.iter().filter(|luck| luck.failure == Some(moment)).count();
        let (before, after) = (count(Moment::Before), count(Moment::After));
        assert!((3_300..3_700).contains(&(before + after)), "{before} {after}");
        assert!(before.abs_diff(after) < 300, "{before} {after}");
    }
}
