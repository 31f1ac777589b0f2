//! Quotas, purges, and what is told of all this.

use super::*;

#[test]
fn a_message_is_at_most_a_mebibyte_with_its_attributes() {
    let mut engine = engine();
    let whole = said(&"x".repeat(MAX_SIZE));
    engine.send(START, "other", whole.clone(), None).expect("1 MiB is taken");
    let attribute = Attribute { data_type: "String".to_owned(), value: Value::Text("v".to_owned()) };
    let more = Content { attributes: BTreeMap::from([("a".to_owned(), attribute)]), ..whole.clone() };
    let error = engine.send(START, "other", more, None).expect_err("eight bytes too many");
    assert_eq!(error.code, Code::InvalidParameterValue);
    assert!(error.message.contains("shorter than 1048576 bytes"), "{error}");
    let traced = Content { trace_header: Some("Root=1".to_owned()), ..whole };
    engine.send(START, "other", traced, None).expect("the trace header does not count");
    assert_eq!(engine.depth(START, "other").expect("a queue").visible, 2);
}

#[test]
fn no_more_than_120_000_messages_are_in_flight() {
    let mut engine = engine();
    for _ in 0..MAX_IN_FLIGHT + 1 {
        send(&mut engine, START, "other", "x");
    }
    let mut taken = 0;
    let error = loop {
        match engine.receive(START, "other", 7, None) {
            Ok(received) => taken += received.len(),
            Err(error) => break error,
        }
    };
    assert_eq!((taken, error.code), (MAX_IN_FLIGHT, Code::OverLimit));
    assert_eq!(receive(&mut engine, START + 30_000, "other").len(), 10);
}

#[test]
fn a_purge_takes_everything_and_only_once_a_minute() {
    let mut engine = engine();
    send(&mut engine, START, "other", "in flight");
    receive(&mut engine, START, "other");
    send(&mut engine, START, "other", "visible");
    engine.send(START, "other", said("delayed"), Some(MINUTE)).expect("sent");
    engine.purge(START, "other").expect("purged");
    assert_eq!(engine.depth(START + DAY, "other").expect("a queue").all(), 0);
    let error = engine.purge(START + MINUTE - 1, "other").expect_err("too soon");
    assert_eq!(error.code, Code::PurgeQueueInProgress);
    engine.purge(START + MINUTE, "other").expect("purged again");
}

#[test]
fn every_call_is_told_once() {
    let mut engine = engine();
    send(&mut engine, START, "other", "abc");
    let handle = only(receive(&mut engine, START, "other")).handle;
    receive(&mut engine, START, "other");
    engine.found_nothing("other");
    engine.delete(START, "other", &handle).expect("deleted");
    let told: Vec<Event> = engine.told().into_iter().map(|told| told.what).collect();
    assert_eq!(told, [Event::Sent(3), Event::Received(1), Event::Empty, Event::Deleted]);
    assert_eq!(engine.told(), []);
}
