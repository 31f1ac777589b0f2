/// The chances of one invocation. Each throw is a function of the seed, the service, the request's id, its attempt, what is
/// thrown for and which throw of it that is, and of nothing else: no clock, no process, no order of requests. So each decision
/// falls out the same with the same seed and request id, also when other processes serve it. Which decisions are asked for is not its affair.
#[derive(Debug, Clone, Copy)]
pub struct Dice<'a> {
    /// The seed of the run.
    pub seed: u64,
    /// Who throws: services that work for the same request do not throw the same.
    pub service: &'a str,
    /// The id of the request.
    pub request: &'a str,
    /// Which attempt of its caller this is, so that a retry is a new chance.
    pub attempt: u32,
}

/// Parameters of FNV-1a with 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/#FNV-param>.
const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

impl Dice<'_> {
    /// A number from 0 up to 1, without it; uniform over requests. `number` tells throws for the same thing apart.
    pub fn throw(&self, what: &str, number: u32) -> f64 {
        let mut hash = OFFSET_BASIS;
        let mut take = |bytes: &[u8]| {
            // The length first, so that no two lists of parts are one list of bytes.
            for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
                hash = (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
            }
        };
        take(&self.seed.to_le_bytes());
        take(self.service.as_bytes());
        take(self.request.as_bytes());
        take(&self.attempt.to_le_bytes());
        take(what.as_bytes());
        take(&number.to_le_bytes());
        // As many bits as a double holds exactly: 53.
        (mixed(hash) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Whether a thing of this chance happens: never at 0 percent, always at 100.
    pub fn happens(&self, percentage: u8, what: &str, number: u32) -> bool {
        self.throw(what, number) * 100.0 < f64::from(percentage)
    }
}

/// SplitMix64's last step, which lets every bit of the input count for every bit of the output (FNV's high bits hardly
/// depend on its last bytes). Constants: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DICE: Dice<'_> = Dice { seed: 7, service: "request-ride", request: "r-1", attempt: 0 };

    /// A run of last month must fall out the same today: these numbers, which another implementation confirmed, may never
    /// change.
    #[test]
    fn the_same_throw_is_the_same_for_ever() {
        let millionths = |dice: &Dice<'_>, what| (dice.throw(what, 0) * 1e6).floor() as u32;
        let thrown = [
            millionths(&DICE, "latency"),
            millionths(&DICE, "exception"),
            millionths(&Dice { seed: 8, ..DICE }, "latency"),
            millionths(&Dice { attempt: 1, ..DICE }, "latency"),
        ];
        assert_eq!(thrown, [417_635, 931_561, 990_630, 250_031]);
    }

    #[test]
    fn every_part_makes_another_throw() {
        let all = [
            DICE.throw("latency", 0),
            DICE.throw("timeout", 0),
            DICE.throw("latency", 1),
            Dice { seed: 8, ..DICE }.throw("latency", 0),
            Dice { service: "put-ride-record", ..DICE }.throw("latency", 0),
            Dice { request: "r-2", ..DICE }.throw("latency", 0),
            Dice { attempt: 1, ..DICE }.throw("latency", 0),
            Dice { service: "request-rider", request: "-1", ..DICE }.throw("latency", 0),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| one != other), "{all:?}");
        }
    }

    #[test]
    fn ids_that_count_up_are_as_good_as_any() {
        let ids: Vec<String> = (0..20_000).map(|number| format!("ride-{number}")).collect();
        for percentage in [1, 10, 50, 90] {
            let hit = ids.iter().filter(|id| Dice { request: id, ..DICE }.happens(percentage, "latency", 0)).count();
            let expected = 200.0 * f64::from(percentage);
            // Five standard deviations of a binomial distribution.
            let spread =
                5.0 * (20_000.0 * f64::from(percentage) / 100.0 * (1.0 - f64::from(percentage) / 100.0)).sqrt();
            assert!((hit as f64 - expected).abs() < spread, "{hit} at {percentage} %");
        }
    }

    #[test]
    fn two_flags_of_one_request_do_not_go_together() {
        let ids: Vec<String> = (0..20_000).map(|number| format!("ride-{number}")).collect();
        let both = ids.iter().filter(|id| {
            let dice = Dice { request: id, ..DICE };
            dice.happens(50, "latency", 0) && dice.happens(50, "exception", 0)
        });
        let both = both.count() as f64;
        assert!((both - 5_000.0).abs() < 5.0 * (20_000.0_f64 * 0.25 * 0.75).sqrt(), "{both}");
    }

    proptest! {
        #[test]
        fn a_throw_is_from_0_up_to_1(seed: u64, request in "\\PC{0,40}", attempt: u32, number: u32) {
            let dice = Dice { seed, service: "s", request: &request, attempt };
            let thrown = dice.throw("latency", number);
            prop_assert!((0.0..1.0).contains(&thrown));
            prop_assert!(!dice.happens(0, "latency", number) && dice.happens(100, "latency", number));
        }

        #[test]
        fn what_happens_at_some_chance_happens_at_every_greater_one(seed: u64, less in 0_u8..=100, more in 0_u8..=100) {
            prop_assume!(less <= more);
            let dice = Dice { seed, ..DICE };
            prop_assert!(!dice.happens(less, "latency", 0) || dice.happens(more, "latency", 0));
        }
    }
}
