//! A death and an error at every step of a message's way, before it and after it, each in turn: enumerated, not sampled.

use crate::canary::{Log, emf};
use crate::world::{Delivery, Manner, Mishap, Shared, Step, job, placed, run, sent, sent_at};
use process_payment::SERVICE;
use shared::payments::{Change, Status};
use std::collections::BTreeMap;
use std::time::Duration;

const DELIVERY: Delivery = Delivery {
    processes: 1,
    duplicate_one_in: 0,
    breaker_failures: 3,
    max_attempts: 4,
    patience: Duration::from_secs(600),
};

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
        (7, Manner::Rushed),
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
async fn a_mishap_at_any_step_charges_nobody_twice_and_loses_nobody() {
    let passed = passed_in_peace().await;
    let mut tried = 0;
    for (step, passing, mishap) in everywhere(&passed) {
        let what = format!("{mishap:?} at passing {passing} of {step:?}");
        let shared = prepared();
        shared.world().mishap = Some((step, mishap, passing));
        run(&shared, DELIVERY).await;
        let world = shared.world();
        assert_eq!(world.mishaps, 1, "{what} did not happen");
        world.assert_settled(&what);
        tried += 1;
    }
    assert!(tried >= 4 * Step::ALL.len(), "{tried}");
    println!("{tried} runs");
}

#[tokio::test]
async fn whatever_befalls_a_red_row_somebody_is_told() {
    for manner in [Manner::Refusing, Manner::Dead] {
        let prepared = || {
            let shared = Shared::default();
            shared.world().manners.insert(job(1).ride_id, manner);
            sent(&shared, &job(1));
            shared
        };
        let log = Log::of(SERVICE);
        let shared = prepared();
        run(&shared, DELIVERY).await;
        assert_eq!(told(&log), 1, "once in peace");
        let passed = shared.world().passed.clone();
        for (step, passing, mishap) in everywhere(&passed) {
            let what = format!("{manner:?}: {mishap:?} at passing {passing} of {step:?}");
            let shared = prepared();
            shared.world().mishap = Some((step, mishap, passing));
            run(&shared, DELIVERY).await;
            shared.world().assert_settled(&what);
            assert!(told(&log) >= 1, "{what}: a red row, and nobody knows");
        }
    }
}

/// How often the page of failed payments was called for.
fn told(log: &Log) -> i64 {
    emf::documents(&log.take()).iter().filter_map(|line| line["PaymentsFailed"].as_i64()).sum()
}

fn everywhere(passed: &BTreeMap<Step, u32>) -> impl Iterator<Item = (Step, u32, Mishap)> + '_ {
    let passings = passed.iter().flat_map(|(step, passings)| (1..=*passings).map(move |passing| (*step, passing)));
    passings.flat_map(|(step, passing)| Mishap::ALL.map(|mishap| (step, passing, mishap)))
}

#[tokio::test]
async fn a_death_in_the_last_attempt_is_given_up_as_unknown_and_not_for_the_reason_of_another() {
    for (mishap, at) in [(Mishap::DeathBefore, Step::Charge), (Mishap::DeathAfter, Step::Claim)] {
        let shared = Shared::default();
        shared.world().manners.insert(job(1).ride_id, Manner::Dead);
        shared.world().mishap = Some((at, mishap, DELIVERY.max_attempts));
        sent(&shared, &job(1));
        // A breaker that never opens: each attempt counts.
        run(&shared, Delivery { breaker_failures: 1_000, ..DELIVERY }).await;
        let reason = shared.world().rows.payments[&job(1).ride_id].reason.clone();
        assert_eq!(reason.as_deref(), Some("gave up after 4 attempts; how the last one ended is unknown"), "{at:?}");
    }
}

/// A payment that was given up, and whose dead letter somebody has moved into the queue, as SQS's console does.
async fn moved_by_hand() -> Shared {
    let shared = Shared::default();
    shared.world().manners.insert(job(1).ride_id, Manner::Dead);
    sent(&shared, &job(1));
    run(&shared, DELIVERY).await;
    let letters = std::mem::take(&mut shared.world().dead_letters);
    assert_eq!(letters, [job(1).to_json().expect("JSON")]);
    {
        let mut world = shared.world();
        world.seconds += 60;
        world.passed.clear();
    }
    sent(&shared, &job(1));
    shared
}

#[tokio::test]
async fn a_dead_letter_that_is_moved_into_the_queue_is_a_letter_again_whatever_befalls_and_nobody_is_asked() {
    let shared = moved_by_hand().await;
    let log = Log::of(SERVICE);
    let asked = shared.world().asked.len();
    run(&shared, DELIVERY).await;
    let passed = {
        let world = shared.world();
        world.assert_settled("in peace");
        assert_eq!((world.dead_letters.len(), world.asked.len()), (1, asked));
        world.passed.clone()
    };
    let lines = log.take();
    let line = lines.lines().find(|line| line.contains("a dead letter was moved into the queue")).expect("told");
    assert!(line.contains("WARN") && line.contains(&job(1).ride_id.to_string()), "{line}");
    for (step, passing, mishap) in everywhere(&passed) {
        let what = format!("{mishap:?} at passing {passing} of {step:?}");
        let shared = moved_by_hand().await;
        shared.world().mishap = Some((step, mishap, passing));
        run(&shared, DELIVERY).await;
        shared.world().assert_settled(&what);
        // A redrive of all finds it, and finance is well.
        shared.world().manners.insert(job(1).ride_id, Manner::Willing);
        let failed = shared.world().rows.payments[&job(1).ride_id].clone();
        sent(&shared, &failed.redrive());
        run(&shared, DELIVERY).await;
        shared.world().assert_settled(&what);
        assert_eq!(shared.world().rows.payments[&job(1).ride_id].status, Status::Complete, "{what}");
    }
}

/// A payment that has its dead letter, moved into the queue meanwhile, and of which nobody has said yet that it failed: who was about
/// to is dead.
#[tokio::test]
async fn a_dead_letter_that_is_moved_before_anybody_said_failed_is_a_letter_again_whoever_comes_first() {
    for letter_first in [true, false] {
        let shared = Shared::default();
        let (job, now) = (job(1), shared.now());
        let row = placed(&job, now);
        let (at, moved_at) = {
            let mut world = shared.world();
            world.manners.insert(job.ride_id, Manner::Dead);
            world.rows.apply(&Change::Place(Box::new(row.clone())));
            let mut marked = row.clone();
            (marked.status, marked.attempts, marked.holder) = (Status::Processing, 4, Some("x".into()));
            (marked.held_until, marked.buried_at) = (Some(now.into()), Some(now.into()));
            marked.reason = Some("gave up after 4 attempts".into());
            assert!(world.rows.swap(&row, &marked));
            world.seconds += 60;
            (world.seconds - 120, world.seconds)
        };
        for sent in if letter_first { [moved_at, at] } else { [at, moved_at] } {
            sent_at(&shared, &job, sent);
            run(&shared, DELIVERY).await;
        }
        let world = shared.world();
        assert_eq!(world.rows.payments[&job.ride_id].status, Status::Failed, "letter first: {letter_first}");
        assert_eq!((world.dead_letters.len(), world.asked.len()), (1, 0), "letter first: {letter_first}");
    }
}

#[tokio::test]
async fn an_attempt_that_nobody_could_make_in_time_does_not_count_and_gives_nobody_up() {
    let shared = Shared::default();
    shared.world().manners.insert(job(1).ride_id, Manner::Rushed);
    sent(&shared, &job(1));
    run(&shared, Delivery { max_attempts: 1, ..DELIVERY }).await;
    let world = shared.world();
    let row = &world.rows.payments[&job(1).ride_id];
    assert_eq!((row.status, row.attempts, world.calls[&job(1).ride_id]), (Status::Complete, 1, 6));
    assert!(world.dead_letters.is_empty());
}

#[tokio::test]
async fn a_mishap_among_two_who_got_the_same_messages_does_no_more_harm() {
    for step in Step::ALL {
        for mishap in Mishap::ALL {
            let shared = prepared();
            shared.world().mishap = Some((step, mishap, 1));
            run(&shared, Delivery { processes: 2, duplicate_one_in: 2, ..DELIVERY }).await;
            shared.world().assert_settled(&format!("{mishap:?} at {step:?}, delivered twice"));
        }
    }
}
