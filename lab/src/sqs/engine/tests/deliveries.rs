//! Visibility, receive counts, delays, retention.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>

use super::*;

#[test]
fn a_received_message_is_invisible_until_its_time_is_up() {
    let mut engine = engine();
    send(&mut engine, START, "other", "a");
    let first = only(receive(&mut engine, START, "other"));
    assert_eq!(engine.depth(START, "other"), Ok(Depth { in_flight: 1, ..Depth::default() }));
    assert_eq!(receive(&mut engine, START + 29_999, "other"), []);
    let second = only(receive(&mut engine, START + 30_000, "other"));
    assert_eq!((first.receives, second.receives), (1, 2));
    assert_eq!(first.id, second.id);
    assert_ne!(first.handle, second.handle, "\"the receipt handle is different each time\"");
    assert_eq!((second.enqueued, second.first_received), (START, START));
}

#[test]
fn a_receive_may_say_for_how_long_and_once_only() {
    let mut engine = engine();
    send(&mut engine, START, "other", "a");
    assert_eq!(engine.receive(START, "other", 1, Some(5_000)).expect("received").len(), 1);
    assert_eq!(receive(&mut engine, START + 5_000, "other").len(), 1);
    assert_eq!(receive(&mut engine, START + 10_000, "other"), [], "the queue's time counts again");
    assert_eq!(receive(&mut engine, START + 35_000, "other").len(), 1);
}

#[test]
fn visibility_can_be_changed_while_a_message_is_in_flight() {
    let mut engine = engine();
    send(&mut engine, START, "other", "a");
    let handle = only(receive(&mut engine, START, "other")).handle;
    engine.change_visibility(START + 20_000, "other", &handle, 60_000).expect("changed");
    assert_eq!(receive(&mut engine, START + 79_999, "other"), []);
    engine.change_visibility(START + 79_999, "other", &handle, 0).expect("ended");
    assert_eq!(engine.depth(START + 79_999, "other"), Ok(Depth { visible: 1, ..Depth::default() }));
    let error = engine.change_visibility(START + 80_000, "other", &handle, 1).expect_err("it is visible");
    assert_eq!(error.code, Code::MessageNotInflight);
    assert_eq!(receive(&mut engine, START + 80_000, "other").len(), 1);
    let error = engine.change_visibility(START + 80_000, "other", &handle, 1).expect_err("it is another's");
    assert_eq!(error.code, Code::InvalidParameterValue);
}

#[test]
fn nobody_hides_a_message_for_over_twelve_hours() {
    let mut engine = engine();
    send(&mut engine, START, "other", "a");
    let handle = only(engine.receive(START, "other", 1, Some(MAX_VISIBILITY)).expect("received")).handle;
    engine.change_visibility(START + MINUTE, "other", &handle, MAX_VISIBILITY - MINUTE).expect("twelve hours in all");
    let error = engine.change_visibility(START + MINUTE, "other", &handle, MAX_VISIBILITY).expect_err("a minute more");
    assert_eq!(error.code, Code::InvalidParameterValue);
}

#[test]
fn a_clock_that_is_set_back_does_no_harm() {
    let mut engine = engine();
    send(&mut engine, START, "other", "a");
    let handle = only(receive(&mut engine, START, "other")).handle;
    engine.change_visibility(START - DAY, "other", &handle, 1_000).expect("changed");
    assert_eq!((engine.not_before(START), engine.not_before(START - DAY)), (START, START));
    assert_eq!(engine.not_before(START + 1), START + 1);
}

#[test]
fn a_delete_counts_with_the_latest_handle_only() {
    let mut engine = engine();
    send(&mut engine, START, "other", "a");
    let first = only(receive(&mut engine, START, "other")).handle;
    let second = only(receive(&mut engine, START + 30_000, "other")).handle;
    engine.delete(START + 30_000, "other", &first).expect("\"the request succeeds\"");
    assert_eq!(engine.depth(START, "other").expect("a queue").all(), 1, "\"but the message might not be deleted\"");
    engine.delete(START + 30_000, "other", &second).expect("deleted");
    engine.delete(START + 30_000, "other", &second).expect("twice is no error");
    assert_eq!(engine.depth(START + DAY, "other").expect("a queue").all(), 0);
}

#[test]
fn a_handle_deletes_after_its_time_is_up_as_long_as_nobody_else_has_the_message() {
    let mut engine = engine();
    send(&mut engine, START, "other", "a");
    let handle = only(receive(&mut engine, START, "other")).handle;
    engine.delete(START + MINUTE, "other", &handle).expect("deleted");
    assert_eq!(engine.depth(START + MINUTE, "other").expect("a queue").all(), 0);
}

#[test]
fn a_handle_of_another_queue_or_of_nobody_is_invalid() {
    let mut engine = engine();
    send(&mut engine, START, "other", "a");
    let handle = only(receive(&mut engine, START, "other")).handle;
    for (queue, handle) in [("main", handle.as_str()), ("other", "nonsense")] {
        let error = engine.delete(START, queue, handle).expect_err("refused");
        assert_eq!(error.code, Code::ReceiptHandleIsInvalid);
    }
    let error = engine.delete(START, "nowhere", &handle).expect_err("refused");
    assert_eq!(error.code, Code::QueueDoesNotExist);
}

#[test]
fn a_message_can_come_later_and_the_queue_can_say_so_for_all() {
    let slow = Settings { delay: MINUTE, ..Settings::new("slow") };
    let mut engine = Engine::new([slow], 7);
    send(&mut engine, START, "slow", "queue's");
    engine.send(START, "slow", said("own"), Some(0)).expect("sent");
    assert_eq!(engine.depth(START, "slow"), Ok(Depth { visible: 1, delayed: 1, in_flight: 0 }));
    assert_eq!(bodies(&receive(&mut engine, START, "slow")), ["own"]);
    assert_eq!(engine.due("slow"), Some(START + 30_000));
    assert_eq!(bodies(&receive(&mut engine, START + MINUTE, "slow")), ["queue's", "own"]);
}

#[test]
fn a_message_is_kept_for_its_retention_also_while_it_is_in_flight() {
    let short = Settings { retention: MINUTE, ..Settings::new("short") };
    let mut engine = Engine::new([short], 7);
    send(&mut engine, START, "short", "a");
    send(&mut engine, START + 30_000, "short", "b");
    assert_eq!(bodies(&engine.receive(START + 50_000, "short", 1, None).expect("received")), ["a"]);
    assert_eq!(engine.depth(START + MINUTE - 1, "short").expect("a queue").all(), 2);
    assert_eq!(engine.depth(START + MINUTE, "short"), Ok(Depth { visible: 1, ..Depth::default() }));
    assert_eq!(engine.depth(START + 90_000, "short").expect("a queue").all(), 0);
}

#[test]
fn messages_come_oldest_first_and_a_poisonous_one_goes_to_the_back() {
    let mut engine = engine();
    for body in ["a", "b"] {
        send(&mut engine, START, "other", body);
    }
    for round in 0..2 {
        let now = START + round * 30_000;
        assert_eq!(bodies(&engine.receive(now, "other", 1, None).expect("received")), ["a"]);
    }
    // "After a message is received three times (or more) and not processed, the message is moved to the back of the queue."
    assert_eq!(bodies(&engine.receive(START + MINUTE, "other", 1, None).expect("received")), ["a"]);
    assert_eq!(bodies(&receive(&mut engine, START + 90_000, "other")), ["b", "a"]);
}

#[test]
fn the_age_leaves_out_what_was_received_three_times() {
    let mut engine = engine();
    send(&mut engine, START, "other", "poison");
    send(&mut engine, START + MINUTE, "other", "young");
    let age = |engine: &mut Engine, now| engine.oldest_age(now, "other").expect("a queue");
    for round in 0..3_u64 {
        let now = START + MINUTE + round * 30_000;
        assert_eq!(age(&mut engine, now), Some(MINUTE + round * 30_000));
        assert_eq!(bodies(&engine.receive(now, "other", 1, None).expect("received")), ["poison"]);
    }
    assert_eq!(age(&mut engine, START + 2 * MINUTE), Some(MINUTE), "the second oldest");
    let young = only(engine.receive(START + 2 * MINUTE, "other", 1, None).expect("received"));
    engine.delete(START + 2 * MINUTE, "other", &young.handle).expect("deleted");
    assert_eq!(age(&mut engine, START + 2 * MINUTE), None);
}
