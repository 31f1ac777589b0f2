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
    assert_eq!((dead.id, dead.enqueued, dead.receives), (id, START, 1));
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
fn going_to_the_dead_letters_is_not_sending() {
    let mut engine = engine();
    send(&mut engine, START, "main", "a");
    let now = exhaust(&mut engine, START);
    engine.told();
    receive(&mut engine, now, "main");
    assert_eq!(engine.told(), [Told { queue: "dead".to_owned(), what: Event::Came }]);
}
