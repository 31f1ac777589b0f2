//! Random schedules against a model that knows no lists and no lines: it looks through all messages each time.
//!
//! It does not say which of several messages comes first, since a standard queue does not either. Which ones came, were given up
//! or were moved it learns from the engine, and judges each by its own account of it; how many, it knows itself. Of a queue that is
//! disordered it knows which messages may be late and which deliveries may be repeated, and until when.

mod model;

use proptest::prelude::*;

use model::Model;

use super::*;

/// Receives that `main` allows before it gives a message up.
const MOST_RECEIVES: u32 = 2;

const NAMES: [&str; 3] = ["main", "dead", "other"];

#[derive(Debug, Clone)]
enum Step {
    Send { queue: usize, delay: Millis },
    Receive { queue: usize, most: usize, visibility: Option<Millis> },
    Delete { pick: usize },
    Change { pick: usize, visibility: Millis },
    Pass { time: Millis },
    Purge { queue: usize },
    Move { rate: u32, to_other: bool },
    Cancel,
    Disturb { queue: usize, disorder: Disorder },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let queue = prop_oneof![4 => Just(0_usize), 2 => Just(1), 1 => Just(2)];
    let visibility = prop_oneof![3 => Just(None), 1 => Just(Some(0)), 1 => Just(Some(5_000)), 1 => Just(Some(90_000))];
    let change = prop_oneof![Just(0), Just(10_000), Just(100_000), Just(MAX_VISIBILITY)];
    let time = prop_oneof![4 => 0..1_000_u64, 4 => 1_000..40_000_u64, 1 => 40_000..400_000_u64];
    let step = prop_oneof![
        6 => (queue.clone(), prop_oneof![3 => Just(0), 1 => Just(20_000)])
            .prop_map(|(queue, delay)| Step::Send { queue, delay }),
        6 => (queue.clone(), 1..=10_usize, visibility)
            .prop_map(|(queue, most, visibility)| Step::Receive { queue, most, visibility }),
        3 => any::<usize>().prop_map(|pick| Step::Delete { pick }),
        2 => (any::<usize>(), change).prop_map(|(pick, visibility)| Step::Change { pick, visibility }),
        5 => time.prop_map(|time| Step::Pass { time }),
        1 => (1..=50_u32, any::<bool>()).prop_map(|(rate, to_other)| Step::Move { rate, to_other }),
    ];
    let share = prop_oneof![Just(0.0), Just(0.4), Just(1.0)];
    let disorder = (share.clone(), share, any::<u64>()).prop_map(|(duplicates, reordering, seed)| Disorder {
        duplicates,
        reordering,
        seed,
    });
    let disturb = (queue.clone(), disorder).prop_map(|(queue, disorder)| Step::Disturb { queue, disorder });
    let rare = prop_oneof![queue.prop_map(|queue| Step::Purge { queue }), Just(Step::Cancel)];
    proptest::collection::vec(prop_oneof![60 => step, 2 => disturb, 1 => rare], 1..150)
}

/// Retention of minutes, so that schedules outlast it.
fn queues() -> Engine {
    let main = Settings {
        dead_letters: Some(("dead".to_owned(), MOST_RECEIVES)),
        retention: 15 * MINUTE,
        ..Settings::new("main")
    };
    let dead = Settings { retention: 20 * MINUTE, ..Settings::new("dead") };
    Engine::new([main, dead, Settings { retention: 10 * MINUTE, ..Settings::new("other") }], 7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_schedule_loses_or_hides_a_message_or_doubles_one_unasked(steps in steps()) {
        let mut world = Model::new(queues(), [15 * MINUTE, 20 * MINUTE, 10 * MINUTE]);
        for step in steps {
            match step {
                Step::Send { queue, delay } => world.send(queue, delay),
                Step::Receive { queue, most, visibility } => world.receive(queue, most, visibility),
                Step::Delete { pick } => world.delete(pick),
                Step::Change { pick, visibility } => world.change(pick, visibility),
                Step::Pass { time } => world.pass(time),
                Step::Purge { queue } => world.purge(queue),
                Step::Move { rate, to_other } => world.start_move(rate, to_other),
                Step::Cancel => world.cancel_move(),
                Step::Disturb { queue, disorder } => world.disturb(queue, disorder),
            }
            world.agree();
        }
        // Whatever is left can be had by whoever waits.
        world.drain();
    }
}
