//! Duplicates, any order, several processes at once, slow steps, errors and deaths at random: whatever the seed.

use crate::world::{Delivery, Manner, Shared, job, placed, run, sent};
use proptest::prelude::*;
use shared::payments::{Change, Status};
use std::time::Duration;

fn manner() -> impl Strategy<Value = Manner> {
    prop_oneof![
        4 => Just(Manner::Willing),
        3 => Just(Manner::Moody),
        1 => Just(Manner::Refusing),
        1 => Just(Manner::Dead),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let breaker = prop_oneof![Just(2), Just(4), Just(1_000)];
    (1..4_u32, prop_oneof![Just(0), 2..6_u32], breaker).prop_map(|(processes, duplicate_one_in, breaker_failures)| {
        Delivery { processes, duplicate_one_in, breaker_failures, max_attempts: 4, patience: Duration::from_secs(600) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn each_ride_is_charged_once_or_failed_with_a_reason_and_the_counts_are_the_rows(
        seed: u64,
        manners in proptest::collection::vec((manner(), 1..3_usize, any::<bool>()), 1..12),
        delivery in delivery(),
        one_in in prop_oneof![Just(0), 20..80_u32],
        is_slow: bool,
    ) {
        let shared = Shared::default();
        {
            let mut world = shared.world();
            world.rng = Some(fastrand::Rng::with_seed(seed));
            world.one_in = one_in;
            world.is_slow = is_slow;
        }
        for (number, (manner, copies, has_row)) in (1..).zip(&manners) {
            let (job, now) = (job(number), shared.now());
            shared.world().manners.insert(job.ride_id, *manner);
            if *has_row {
                shared.world().rows.apply(&Change::Place(Box::new(placed(&job, now))));
            }
            for _ in 0..*copies {
                sent(&shared, &job);
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(run(&shared, delivery));
        shared.world().assert_settled("the first run");

        // Whoever failed is redriven, by messages that come more than once, too; this time finance is well.
        {
            let mut world = shared.world();
            world.one_in = 0;
            let refusing = |manner: Manner| manner == Manner::Refusing;
            world.manners.values_mut().filter(|manner| !refusing(**manner)).for_each(|manner| *manner = Manner::Willing);
        }
        let failed: Vec<_> =
            shared.world().rows.payments.values().filter(|row| row.status == Status::Failed).cloned().collect();
        for payment in &failed {
            sent(&shared, &payment.redrive());
            sent(&shared, &payment.redrive());
        }
        runtime.block_on(run(&shared, delivery));
        shared.world().assert_settled("the redrive");
        for payment in failed {
            let world = shared.world();
            let row = &world.rows.payments[&payment.ride_id];
            prop_assert_eq!(row.redrives, payment.redrives + 1);
            let refused = world.manners[&payment.ride_id] == Manner::Refusing;
            prop_assert_eq!(row.status, if refused { Status::Failed } else { Status::Complete });
        }
    }
}
