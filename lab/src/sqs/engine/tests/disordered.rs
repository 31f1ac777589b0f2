//! At least once, and in any order, on demand.

use std::collections::BTreeMap as Counts;

use super::*;

/// Works off a hundred messages with this disorder, each deleted as soon as it is received: the bodies in order of delivery.
fn worked_off(disorder: Disorder) -> Vec<String> {
    let mut engine = engine();
    engine.disturb("other", disorder).expect("a queue");
    for number in 0..100 {
        send(&mut engine, START, "other", &number.to_string());
    }
    let mut delivered = Vec::new();
    for step in 0..100 {
        let now = START + step * 100;
        for one in receive(&mut engine, now, "other") {
            engine.delete(now, "other", &one.handle).expect("deleted");
            delivered.push(one.content.body.clone());
        }
    }
    assert_eq!(engine.depth(START + MINUTE, "other").expect("a queue").all(), 0, "nothing is left");
    delivered
}

fn counted(delivered: &[String]) -> Counts<&str, usize> {
    let mut counts = Counts::new();
    delivered.iter().for_each(|body| *counts.entry(body.as_str()).or_default() += 1);
    counts
}

#[test]
fn without_disorder_each_comes_once_and_in_its_turn() {
    let expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(worked_off(Disorder::default()), expected);
}

#[test]
fn duplicates_come_also_after_the_delete_and_nothing_is_lost() {
    let delivered = worked_off(Disorder { duplicates: 0.3, seed: 1, ..Disorder::default() });
    let counts = counted(&delivered);
    assert_eq!(counts.len(), 100);
    let twice = counts.values().filter(|count| **count == 2).count();
    assert!((15..=45).contains(&twice), "{twice} of 100 twice");
    assert!(counts.values().all(|count| *count <= 2));
}

#[test]
fn reordering_changes_places_and_loses_nothing() {
    let delivered = worked_off(Disorder { reordering: 0.5, seed: 1, ..Disorder::default() });
    assert_eq!(counted(&delivered).len(), 100);
    assert_eq!(delivered.len(), 100);
    let turned = delivered.iter().zip(0..100).filter(|(body, number)| **body != number.to_string()).count();
    assert!(turned > 50, "{turned} of 100 out of place");
}

#[test]
fn one_message_after_the_other_is_late_without_any_backlog() {
    let mut engine = engine();
    engine.disturb("other", Disorder { reordering: 0.5, seed: 1, ..Disorder::default() }).expect("a queue");
    let mut delivered = Vec::new();
    for number in 0..140 {
        let now = START + number * 100;
        if number < 100 {
            send(&mut engine, now, "other", &number.to_string());
        }
        let waiting = engine.depth(now, "other").expect("a queue");
        assert_eq!(waiting.delayed, 0, "what is late counts as visible");
        let received = receive(&mut engine, now, "other");
        for one in &received {
            engine.delete(now, "other", &one.handle).expect("deleted");
            delivered.push(one.content.body.clone());
        }
        assert_eq!(engine.depth(now, "other"), Ok(Depth { visible: waiting.visible - received.len(), ..waiting }));
        if waiting.visible > received.len() {
            assert!(engine.due("other").is_some_and(|due| due > now && due <= now + 2_000), "who waits is woken");
        }
    }
    assert_eq!((delivered.len(), counted(&delivered).len()), (100, 100), "none is lost");
    let overtaken = delivered.windows(2).filter(|two| two[0].parse::<u32>().ok() > two[1].parse().ok()).count();
    assert!(overtaken > 20, "{overtaken} times a message came before an older one");
}

#[test]
fn a_delayed_message_is_late_after_its_delay() {
    let mut engine = engine();
    engine.disturb("other", Disorder { reordering: 1.0, ..Disorder::default() }).expect("a queue");
    engine.send(START, "other", said("a"), Some(MINUTE)).expect("sent");
    assert_eq!(engine.depth(START + MINUTE - 1, "other"), Ok(Depth { delayed: 1, ..Depth::default() }));
    assert_eq!(engine.depth(START + MINUTE, "other"), Ok(Depth { visible: 1, ..Depth::default() }));
    assert_eq!(receive(&mut engine, START + MINUTE, "other"), []);
    assert_eq!(receive(&mut engine, START + MINUTE + 2_000, "other").len(), 1);
    assert_eq!(receive(&mut engine, START + 2 * MINUTE, "other").len(), 1, "and never again");
}

#[test]
fn a_queue_that_is_mended_owes_no_disorder() {
    let mut engine = engine();
    engine.disturb("other", Disorder { duplicates: 1.0, reordering: 1.0, seed: 1 }).expect("a queue");
    send(&mut engine, START, "other", "twice");
    assert_eq!(receive(&mut engine, START + 2_000, "other").len(), 1);
    send(&mut engine, START + 2_000, "other", "late");
    engine.disturb("other", Disorder::default()).expect("a queue");
    assert_eq!(bodies(&receive(&mut engine, START + 4_000, "other")), ["late"]);
    assert_eq!(engine.depth(START + 4_000, "other"), Ok(Depth { in_flight: 2, ..Depth::default() }));
}

#[test]
fn late_dead_letters_are_moved_in_time() {
    let mut engine = engine();
    engine.disturb("dead", Disorder { reordering: 1.0, ..Disorder::default() }).expect("a queue");
    send(&mut engine, START, "dead", "a");
    engine.start_move(START, "dead", Some("other"), None).expect("started");
    assert_eq!(engine.depth(START + 10, "dead"), Ok(Depth::default()));
    assert_eq!(engine.moves(START + 10, "dead", 1)[0].status, Status::Completed);
    assert_eq!(receive(&mut engine, START + 10, "other").len(), 1);
}

#[test]
fn the_same_seed_is_the_same_disorder() {
    let with = |seed| worked_off(Disorder { duplicates: 0.3, reordering: 0.5, seed });
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
}

#[test]
fn both_receipts_of_a_message_delivered_twice_delete_it() {
    for chosen in 0..2 {
        let mut engine = engine();
        engine.disturb("other", Disorder { duplicates: 1.0, ..Disorder::default() }).expect("a queue");
        send(&mut engine, START, "other", "a");
        let first = only(receive(&mut engine, START, "other"));
        let second = only(receive(&mut engine, START + 2_000, "other"));
        assert_eq!(first.id, second.id);
        let handle = [&first.handle, &second.handle][chosen];
        engine.delete(START + 2_000, "other", handle).expect("deleted");
        assert_eq!(engine.depth(START + 2_000, "other").expect("a queue").all(), 0);
    }
}
