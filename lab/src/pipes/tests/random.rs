//! The machine through random writes, random failures and restarts at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use crate::dynamodb::streams::{Record, Sequence};
use crate::pipes::machine::Machine;
use crate::pipes::step::{Condition, Failure, Settings, Step};

/// What happens to an execution.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Success,
    /// The enrichment fails, or the queue takes none: counted.
    Failure,
    /// The same, not counted.
    Passing,
    /// The queue takes all but the record at this place.
    AllBut(usize),
    /// The queue takes those before this place and is down then.
    UpTo(usize),
    /// All of it reaches the queue, and the lab is killed before the pipe knows.
    KilledAfter,
    /// The lab is killed before anything reaches the queue.
    KilledBefore,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Success),
        3 => Just(Fate::Failure),
        1 => Just(Fate::Passing),
        2 => (0..10_usize).prop_map(Fate::AllBut),
        1 => (0..10_usize).prop_map(Fate::UpTo),
        1 => Just(Fate::KilledAfter),
        1 => Just(Fate::KilledBefore),
    ]
}

fn settings() -> impl Strategy<Value = Settings> {
    // A record has seven or eight bytes; streams last for ten minutes, and a batch that fails on and on for longer.
    let bytes = prop_oneof![1 => Just(10_000_usize), 2 => 1..60_usize];
    let retention = prop_oneof![1 => Just(86_400_u64), 1 => 30..900_u64];
    let limits = (proptest::option::of(0..4_u32), proptest::option::of(30..400_u64), retention);
    (1..=10_usize, bytes, 0..10_u64, limits, any::<bool>()).prop_map(
        |(batch, bytes, window, (retries, age, retention), bisect)| Settings {
            batch,
            bytes,
            window: Duration::from_secs(window),
            retries,
            age: age.map(Duration::from_secs),
            retention: Duration::from_secs(retention),
            bisect,
        },
    )
}

/// A stream: a key and the seconds since the record before, of each record; and whether the filter takes it.
fn stream() -> impl Strategy<Value = Vec<(u8, i64, bool)>> {
    proptest::collection::vec((0..4_u8, 0..20_i64, prop::bool::weighted(0.8)), 1..60)
}

/// What came of the records.
#[derive(Debug, Default)]
struct World {
    /// Every delivery in its order: number of the record.
    delivered: Vec<usize>,
    given_up: BTreeSet<usize>,
    executions: BTreeMap<usize, u32>,
}

fn number(record: &Record) -> usize {
    record.event["n"].as_u64().and_then(|n| usize::try_from(n).ok()).expect("a number")
}

/// By how much a record is older than a limit.
fn older(record: &Record, now: Timestamp, limit: Option<Duration>) -> Option<Duration> {
    let age = Duration::try_from(now.duration_since(record.at)).unwrap_or_default();
    age.checked_sub(limit?).filter(|over| !over.is_zero())
}

/// Runs a stream to its end; after the last fate everything succeeds. The time it took goes on without end for whom it must.
fn run(stream: &[(u8, i64, bool)], settings: Settings, fates: &[Fate], told: &[bool]) -> Result<World, TestCaseError> {
    let start = Timestamp::from_second(1_800_000_000).expect("in range");
    let mut at = start;
    let records: Vec<Record> = stream
        .iter()
        .enumerate()
        .map(|(n, (_, pause, _))| {
            at += SignedDuration::from_secs(*pause) + SignedDuration::from_micros(1);
            Record { event: json!({"n": n}), sequence: Sequence::at(at), at }
        })
        .collect();
    let taken = |record: &Record| stream[number(record)].2;
    let (mut machine, mut now, mut world) = (Machine::new(settings, None), start, World::default());
    let (mut fates, mut told) = (fates.iter().copied(), told.iter().copied());
    for _ in 0..100_000 {
        let finished =
            |world: &World, n: usize| !stream[n].2 || world.delivered.contains(&n) || world.given_up.contains(&n);
        if let Some(done) = machine.done_through() {
            let missing = records.iter().find(|record| record.sequence <= done && !finished(&world, number(record)));
            prop_assert!(missing.is_none(), "the place has passed {missing:?}");
        }
        match machine.next(now) {
            Step::Read { until } => {
                let after = machine.read_through();
                let written = |record: &&Record| record.at <= now && after.is_none_or(|after| record.sequence > after);
                let page: Vec<&Record> = records.iter().filter(written).take(7).collect();
                let through = page.last().map(|record| record.sequence).or(after);
                machine.take(page.iter().copied().filter(|record| taken(record)).cloned().collect(), through, now);
                if page.is_empty() {
                    if until.is_none() && now > at {
                        return Ok(world);
                    }
                    let next = now + SignedDuration::from_secs(1);
                    now = until.map_or(next, |until| until.min(next).max(now + SignedDuration::from_millis(1)));
                }
            }
            Step::Wait(until) => {
                prop_assert!(until > now, "a pause has an end in the future");
                now = until;
            }
            Step::Execute(batch) => {
                let numbers: Vec<usize> = batch.iter().map(number).collect();
                prop_assert!(numbers.len() <= settings.batch && !numbers.is_empty());
                prop_assert!(numbers.is_sorted());
                let bytes: usize = batch.iter().map(|record| record.event.to_string().len()).sum();
                prop_assert!(bytes <= settings.bytes || numbers.len() == 1, "{bytes} bytes");
                let kept = |record: &Record| older(record, now, Some(settings.retention)).is_none();
                prop_assert!(batch.iter().all(kept), "the source has some of {numbers:?} no more");
                let fate = fates.next().unwrap_or(Fate::Success);
                match fate {
                    Fate::Success => {
                        world.delivered.extend(&numbers);
                        machine.succeeded();
                    }
                    Fate::AllBut(place) if numbers.len() > 1 => {
                        let place = place % numbers.len();
                        world
                            .delivered
                            .extend(numbers.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, n)| n));
                        numbers[place..].iter().for_each(|n| *world.executions.entry(*n).or_default() += 1);
                        machine.succeeded_up_to(place, &Failure::counted("broken"), now, 0.5);
                    }
                    Fate::UpTo(place) => {
                        let place = place % numbers.len();
                        world.delivered.extend(&numbers[..place]);
                        machine.succeeded_up_to(place, &Failure::passing("down"), now, 0.5);
                    }
                    Fate::Failure | Fate::AllBut(_) => {
                        numbers.iter().for_each(|n| *world.executions.entry(*n).or_default() += 1);
                        machine.failed(&Failure::counted("broken"), now, 0.5);
                    }
                    Fate::Passing => machine.failed(&Failure::passing("throttled"), now, 0.5),
                    Fate::KilledAfter | Fate::KilledBefore => {
                        if matches!(fate, Fate::KilledAfter) {
                            world.delivered.extend(&numbers);
                        }
                        // What was counted is forgotten with the process.
                        world.executions.clear();
                        machine = Machine::new(settings, machine.done_through());
                    }
                }
            }
            Step::GiveUp(given_up) => {
                let over =
                    |limit: Option<Duration>| given_up.records.iter().all(|one| older(one, now, limit).is_some());
                let so = match given_up.condition {
                    Condition::AttemptsExhausted => settings.retries.is_some(),
                    // Told again later, they are only older.
                    Condition::AgeExceeded => over(settings.age),
                    Condition::Trimmed => over(Some(settings.retention)),
                };
                prop_assert!(so, "{:?} of {given_up:?}", settings);
                if told.next().unwrap_or(true) {
                    world.given_up.extend(given_up.records.iter().map(number));
                    machine.gave_up();
                } else {
                    machine.not_told(now, 0.5);
                }
            }
        }
    }
    Err(TestCaseError::fail("the pipe does not come to an end"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_record_reaches_the_queue_in_order_or_the_dead_letters(
        stream in stream(),
        settings in settings(),
        fates in proptest::collection::vec(fate(), 0..80),
        told in proptest::collection::vec(any::<bool>(), 0..10),
    ) {
        let world = run(&stream, settings, &fates, &told)?;
        let mut last = BTreeMap::new();
        for (place, n) in world.delivered.iter().enumerate() {
            last.insert(*n, place);
        }
        for (n, (_, _, taken)) in stream.iter().enumerate() {
            let reached = last.contains_key(&n);
            prop_assert!(*taken || !reached, "{n} should have been left out");
            prop_assert!(!*taken || reached || world.given_up.contains(&n), "{n} is lost");
        }
        // The last time that a record was sent comes after the last time of every one before it: who applies what the queue holds,
        // in the order of its sending, ends with the newest of every key. What was given up has no order.
        let places: Vec<usize> = last.iter().filter(|(n, _)| !world.given_up.contains(n)).map(|(_, place)| *place).collect();
        prop_assert!(places.is_sorted(), "{places:?}");
        // Halving a batch of ten takes at most four failures that are no attempts.
        if let Some(retries) = settings.retries {
            let most = world.executions.values().copied().max().unwrap_or_default();
            prop_assert!(most <= retries + 1 + 4, "{most} failures with {retries} retries");
        }
    }
}
