//! Many rides and a finance service in trouble, by the rules that are deployed: who is charged, who is buried, and how hard finance
//! is hit.

use crate::world::{Delivery, Manner, Shared, job, placed, run, sent, sent_at};
use shared::payments::{Change, Status};
use std::time::Duration;

const DEPLOYED: Delivery = Delivery {
    processes: 5,
    duplicate_one_in: 20,
    breaker_failures: 10,
    max_attempts: 12,
    patience: Duration::from_secs(72 * 3_600),
};

fn rides(manner: Manner, rides: u128) -> Shared {
    let shared = Shared::default();
    shared.world().rng = Some(fastrand::Rng::with_seed(7));
    shared.world().most_attempts = DEPLOYED.max_attempts;
    for number in 1..=rides {
        let (job, now) = (job(number), shared.now());
        let mut world = shared.world();
        world.manners.insert(job.ride_id, manner);
        world.rows.apply(&Change::Place(Box::new(placed(&job, now))));
        drop(world);
        sent(&shared, &job);
    }
    shared
}

#[tokio::test]
async fn a_finance_service_that_fails_three_times_in_ten_charges_everybody_and_opens_no_breaker() {
    let shared = rides(Manner::Flaky, 3_000);
    run(&shared, DEPLOYED).await;
    let world = shared.world();
    world.assert_settled("flaky finance");
    assert_eq!((world.charges.len(), world.dead_letters.len(), world.openings), (3_000, 0, 0));
    let failed = world.asked.iter().filter(|(_, charged)| !charged).count();
    assert!((1_000..1_600).contains(&failed), "{failed} of {}", world.asked.len());
}

#[tokio::test]
async fn a_finance_service_that_is_down_is_left_alone_and_drained_gently_and_nobody_is_lost() {
    let shared = rides(Manner::Down, 400);
    shared.world().down_until = 600;
    run(&shared, DEPLOYED).await;
    let world = shared.world();
    world.assert_settled("finance down");
    assert_eq!((world.charges.len(), world.dead_letters.len()), (400, 0));
    // Ten to open the breaker, those that were under way then, and a probe a minute.
    let during = world.asked.iter().filter(|(at, _)| *at < 600).count();
    assert!(during <= 40, "{during} calls of a service that is down");
    let back = world.asked.iter().find(|(_, charged)| *charged).map(|(at, _)| *at).expect("it came back");
    assert!(back <= 600 + 120, "noticed after {back} s");
    let within = |seconds: i64| world.asked.iter().filter(|(at, _)| (back..back + seconds).contains(at)).count();
    // The probe, then two, four and eight in ten seconds each.
    let drained = [within(10), within(20), within(30)];
    assert!(drained[0] <= 3 && drained[1] <= 7 && drained[2] <= 15, "{drained:?}");
    let last = world.asked.last().map(|(at, _)| *at).expect("calls");
    assert!(last <= 600 + 900, "the last one after {last} s");
}

#[tokio::test]
async fn an_outage_of_a_night_buries_nobody_however_few_wait() {
    const NIGHT: i64 = 10 * 3_600;
    for number in [1, 3, 10] {
        for seed in 0..2 {
            let shared = rides(Manner::Down, number);
            shared.world().rng = Some(fastrand::Rng::with_seed(seed));
            shared.world().down_until = NIGHT;
            run(&shared, DEPLOYED).await;
            let world = shared.world();
            let what = format!("{number} rides, seed {seed}");
            world.assert_settled(&what);
            assert_eq!((world.charges.len() as u128, world.dead_letters.len()), (number, 0), "{what}");
            let during = world.asked.iter().filter(|(at, _)| *at < NIGHT).count();
            assert!(during <= 25 + 10 * 60, "{what}: {during} calls, more than one a minute");
            let last = world.asked.last().map(|(at, _)| *at).expect("calls");
            assert!(last <= NIGHT + 30 * 60, "{what}: the last one {} s after the outage", last - NIGHT);
        }
    }
}

#[tokio::test]
async fn one_that_finance_cannot_take_among_others_is_given_up_after_its_attempts() {
    let shared = rides(Manner::Dead, 1);
    for minute in 1..=300_i64 {
        let job = job(1 + minute as u128);
        shared.world().manners.insert(job.ride_id, Manner::Willing);
        sent_at(&shared, &job, minute * 60);
    }
    run(&shared, DEPLOYED).await;
    let world = shared.world();
    world.assert_settled("one among others");
    assert_eq!((world.charges.len(), world.dead_letters.len(), world.openings), (300, 1, 0));
    let row = &world.rows.payments[&job(1).ride_id];
    assert_eq!((row.status, row.attempts), (Status::Failed, DEPLOYED.max_attempts));
    assert!(row.reason.as_ref().is_some_and(|reason| reason.starts_with("gave up after 12 attempts")), "{row:?}");
}

#[tokio::test]
async fn one_that_finance_cannot_take_and_that_waits_alone_is_given_up_after_three_days() {
    let shared = rides(Manner::Dead, 1);
    run(&shared, DEPLOYED).await;
    let world = shared.world();
    world.assert_settled("one alone");
    let hours = world.seconds / 3_600;
    assert!(world.dead_letters.len() == 1 && (72..74).contains(&hours), "after {hours} hours");
    let reason = world.rows.payments[&job(1).ride_id].reason.clone().unwrap_or_default();
    assert!(reason.starts_with("gave up after 72 hours"), "{reason}");
}
