//! Redrive policies.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html>

use super::*;

/// Receives `main` as often as its policy allows; when the last one becomes visible.
fn exhaust(engine: &mut Engine, from: Millis) -> Millis {
    for round in 0..2 {
        assert_eq!(receive(engine, from + round * 30_000, "main").len(), 1);
    }
    from + MINUTE
}

#[test]
fn a_message_is_given_up_when_it_would_be_received_once_too_often() {
    let mut engine = engine();
    let id = send(&mut engine, START, "main", "a");
    let now = exhaust(&mut engine, START);
    assert_eq!(engine.depth(now, "main"), Ok(Depth { visible: 1, ..Depth::default() }), "not by time alone");
    assert_eq!(receive(&mut engine, now, "main"), []);
    assert_eq!(engine.depth(now, "main"), Ok(Depth::default()));
    let dead = only(receive(&mut engine, now, "dead"));
    assert_eq!((dead.id, dead.enqueued), (id, START));
    assert_eq!((dead.receives, dead.first_received), (3, START), "twice from the one queue and once from the other");
    assert_eq!(dead.gave_up.as_deref(), Some("main"));
}

#[test]
fn one_that_is_given_up_does_not_stand_in_the_way() {
    let mut engine = engine();
    send(&mut engine, START, "main", "bad");
    let now = exhaust(&mut engine, START);
    send(&mut engine, now, "main", "good");
    assert_eq!(bodies(&engine.receive(now, "main", 1, None).expect("received")), ["good"]);
    assert_eq!(engine.depth(now, "dead").expect("a queue").visible, 1);
}

#[test]
fn its_retention_goes_on_and_its_age_begins_anew() {
    let mut engine = engine();
    send(&mut engine, START, "main", "a");
    let now = exhaust(&mut engine, START + 3 * DAY);
    assert_eq!(receive(&mut engine, now, "main"), []);
    assert_eq!(engine.oldest_age(now + MINUTE, "dead"), Ok(Some(MINUTE)));
    assert_eq!(engine.depth(START + 4 * DAY - 1, "dead").expect("a queue").all(), 1);
    assert_eq!(engine.depth(START + 4 * DAY, "dead").expect("a queue").all(), 0);
}

#[test]
fn a_queue_of_dead_letters_judges_by_its_own_receives() {
    let queue = |name: &str, dead: Option<(&str, u32)>| Settings {
        dead_letters: dead.map(|(dead, most)| (dead.to_owned(), most)),
        ..Settings::new(name)
    };
    let mut engine =
        Engine::new([queue("first", Some(("second", 4))), queue("second", Some(("last", 1))), queue("last", None)], 7);
    send(&mut engine, START, "first", "a");
    for _ in 0..4 {
        assert_eq!(engine.receive(START, "first", 1, Some(0)).expect("received").len(), 1);
    }
    assert_eq!(receive(&mut engine, START, "first"), []);
    // Four receives are more than a healthy message has, and more than this queue allows.
    assert_eq!(engine.oldest_age(START + MINUTE, "second"), Ok(Some(MINUTE)));
    assert_eq!(only(receive(&mut engine, START + MINUTE, "second")).receives, 5);
    assert_eq!(receive(&mut engine, START + 2 * MINUTE, "second"), []);
    assert_eq!(only(receive(&mut engine, START + 2 * MINUTE, "last")).receives, 6);
}

#[test]
fn going_to_the_dead_letters_is_not_sending() {
    let mut engine = engine();
    send(&mut engine, START, "main", "a");
    let now = exhaust(&mut engine, START);
    engine.told();
    receive(&mut engine, now, "main");
    assert_eq!(engine.told(), [Told { queue: "dead".to_owned(), what: Event::Came }]);
}
