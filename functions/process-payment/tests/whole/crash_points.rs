//! A death at every step of a message's way, before it and after it, each in turn: enumerated, not sampled.

use crate::world::{Delivery, Manner, Shared, Step, When, job, placed, run, sent};
use shared::payments::{Change, Status};
use std::collections::BTreeMap;

const DELIVERY: Delivery = Delivery { processes: 1, duplicate_one_in: 0, breaker_failures: 3, max_attempts: 4 };

/// One ride of each kind, so that one run passes every step.
fn prepared() -> Shared {
    let shared = Shared::default();
    let kinds = [
        (1, Manner::Willing),
        (2, Manner::Moody),
        (3, Manner::Refusing),
        (4, Manner::Dead),
        (5, Manner::Willing), // has no row
        (6, Manner::Willing), // failed, and is redriven
    ];
    for (number, manner) in kinds {
        let (job, now) = (job(number), shared.now());
        let mut world = shared.world();
        world.manners.insert(job.ride_id, manner);
        let row = placed(&job, now);
        if number != 5 {
            world.rows.apply(&Change::Place(Box::new(row.clone())));
        }
        let mut told = job.clone();
        if number == 6 {
            let mut claimed = row.clone();
            (claimed.status, claimed.attempts, claimed.holder) = (Status::Processing, 4, Some("x".into()));
            assert!(world.rows.swap(&row, &claimed));
            let (ride, holder, reason) = (job.ride_id, "x".to_owned(), "gave up".to_owned());
            world.rows.apply(&Change::Fail { ride, now, holder, reason, answer: None });
            told = world.rows.payments[&ride].redrive();
        }
        drop(world);
        sent(&shared, &told);
    }
    shared
}

/// How often each step is passed when nobody dies.
async fn passed_in_peace() -> BTreeMap<Step, u32> {
    let shared = prepared();
    run(&shared, DELIVERY).await;
    shared.world().assert_settled("in peace");
    shared.world().passed.clone()
}

#[tokio::test]
async fn the_rides_of_this_test_pass_every_step_there_is() {
    let passed = passed_in_peace().await;
    for step in Step::ALL {
        assert!(passed.get(&step).is_some_and(|passings| *passings > 0), "nobody passes {step:?}: {passed:?}");
    }
}

#[tokio::test]
async fn a_death_at_any_step_charges_nobody_twice_and_loses_nobody() {
    let passed = passed_in_peace().await;
    let mut tried = 0;
    for (step, passings) in passed {
        for passing in 1..=passings {
            for when in [When::Before, When::After] {
                let what = format!("a death {when:?} passing {passing} of {step:?}");
                let shared = prepared();
                shared.world().death = Some((step, when, passing));
                run(&shared, DELIVERY).await;
                let world = shared.world();
                assert_eq!(world.deaths, 1, "{what} did not happen");
                world.assert_settled(&what);
                tried += 1;
            }
        }
    }
    assert!(tried >= 2 * Step::ALL.len(), "{tried}");
}

#[tokio::test]
async fn a_death_among_two_who_got_the_same_messages_does_no_more_harm() {
    for step in Step::ALL {
        for when in [When::Before, When::After] {
            let shared = prepared();
            shared.world().death = Some((step, when, 1));
            run(&shared, Delivery { processes: 2, duplicate_one_in: 2, ..DELIVERY }).await;
            shared.world().assert_settled(&format!("{step:?} {when:?}, delivered twice"));
        }
    }
}
