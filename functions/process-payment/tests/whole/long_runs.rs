//! Many rides and a finance service in trouble, by the rules that are deployed: who is charged, who is buried, and how hard finance
//! is hit.

use crate::world::{Delivery, Manner, Shared, job, placed, run, sent};
use shared::payments::Change;

const DEPLOYED: Delivery = Delivery { processes: 5, duplicate_one_in: 20, breaker_failures: 10, max_attempts: 12 };

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
