//! Message move tasks.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html>

use super::*;

/// So many messages that `main` has given up, all at the same moment.
fn dead(count: usize) -> (Engine, Millis) {
    let mut engine = engine();
    for number in 0..count {
        send(&mut engine, START, "main", &number.to_string());
    }
    let mut now = START;
    for _ in 0..3 {
        while !receive(&mut engine, now, "main").is_empty() {}
        now += 30_000;
    }
    assert_eq!(engine.depth(now, "dead").expect("a queue").visible, count);
    (engine, now)
}

fn status(engine: &mut Engine, now: Millis) -> (Status, u64) {
    let tasks = engine.moves(now, "dead", 1);
    tasks.first().map(|task| (task.status, task.moved)).expect("a task")
}

#[test]
fn messages_go_back_where_they_came_from_as_new_ones() {
    let (mut engine, now) = dead(3);
    let before: Vec<String> = {
        let mut copy = dead(3).0;
        receive(&mut copy, now, "dead").into_iter().map(|one| one.id).collect()
    };
    engine.start_move(now, "dead", None, None).expect("started");
    assert_eq!(status(&mut engine, now + 10), (Status::Completed, 3));
    let back = receive(&mut engine, now + 10, "main");
    assert_eq!(bodies(&back), ["0", "1", "2"]);
    assert!(back.iter().all(|one| one.receives == 1 && one.enqueued == now + 10 && one.gave_up.is_none()));
    assert!(back.iter().all(|one| !before.contains(&one.id)), "\"with a new messageID\"");
}

#[test]
fn a_task_keeps_to_its_rate_and_can_be_cancelled() {
    let (mut engine, now) = dead(10);
    let handle = engine.start_move(now, "dead", Some("other"), Some(2)).expect("started");
    for (at, moved) in [(0, 0), (499, 0), (500, 1), (1_000, 2), (2_100, 4)] {
        assert_eq!(status(&mut engine, now + at), (Status::Running, moved), "{at}");
    }
    assert!(engine.next_move().is_some_and(|due| (2_500..=2_501).contains(&(due - now))));
    let error = engine.start_move(now + 2_100, "dead", None, None).expect_err("one at a time");
    assert_eq!(error.code, Code::UnsupportedOperation);
    assert_eq!(engine.cancel_move(now + 3_000, &handle), Ok(6));
    assert_eq!(status(&mut engine, now + MINUTE), (Status::Cancelled, 6));
    assert_eq!(engine.depth(now + MINUTE, "other").expect("a queue").visible, 6);
    assert_eq!(engine.depth(now + MINUTE, "dead").expect("a queue").visible, 4);
    assert_eq!(engine.next_move(), None);
    assert_eq!(engine.cancel_move(now, &handle).expect_err("it has ended").code, Code::UnsupportedOperation);
    assert_eq!(engine.cancel_move(now, "x").expect_err("no task").code, Code::ResourceNotFoundException);
}

#[test]
fn a_message_that_was_sent_there_has_nowhere_to_go_back_to() {
    let (mut engine, now) = dead(1);
    send(&mut engine, now, "dead", "by hand");
    engine.start_move(now, "dead", None, None).expect("started");
    assert_eq!(status(&mut engine, now + 1_000), (Status::Failed, 1));
    let task = engine.moves(now, "dead", 10).remove(0);
    assert_eq!(task.failure, Some("CouldNotDetermineMessageSource"));
    engine.start_move(now + 1_000, "dead", Some("main"), None).expect("started");
    assert_eq!(status(&mut engine, now + 2_000), (Status::Completed, 1));
    let statuses: Vec<Status> = engine.moves(now, "dead", 10).iter().map(|task| task.status).collect();
    assert_eq!(statuses, [Status::Completed, Status::Failed], "newest first");
}

#[test]
fn a_task_needs_a_dead_letter_queue_and_a_rate_that_there_is() {
    let (mut engine, now) = dead(1);
    let mut code =
        |source: &str, destination, rate| engine.start_move(now, source, destination, rate).expect_err("refused").code;
    assert_eq!(code("nowhere", None, None), Code::ResourceNotFoundException);
    assert_eq!(code("dead", Some("nowhere"), None), Code::ResourceNotFoundException);
    assert_eq!(code("main", None, None), Code::InvalidParameterValue);
    assert_eq!(code("dead", Some("dead"), None), Code::InvalidParameterValue);
    assert_eq!(code("dead", None, Some(0)), Code::InvalidParameterValue);
    assert_eq!(code("dead", None, Some(501)), Code::InvalidParameterValue);
}
