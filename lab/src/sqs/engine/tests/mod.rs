//! The engine against AWS's documentation, and against a simple model on random schedules.

use super::*;

mod dead_letters;
mod deliveries;
mod disordered;
mod limits;
mod moving;
mod schedules;

const MINUTE: Millis = 60_000;
const DAY: Millis = 24 * 60 * MINUTE;
/// Some day in 2026.
const START: Millis = 1_767_225_600_000;

/// `main`, whose dead letters go to `dead` after the second receive, and `other`, all with AWS's defaults.
fn engine() -> Engine {
    let main = Settings { dead_letters: Some(("dead".to_owned(), 2)), ..Settings::new("main") };
    Engine::new([main, Settings::new("dead"), Settings::new("other")], 7)
}

fn said(body: &str) -> Content {
    Content { body: body.to_owned(), ..Content::default() }
}

fn send(engine: &mut Engine, now: Millis, queue: &str, body: &str) -> String {
    engine.send(now, queue, said(body), None).expect("sent")
}

/// Up to ten messages, invisible for the queue's own time.
fn receive(engine: &mut Engine, now: Millis, queue: &str) -> Vec<Received> {
    engine.receive(now, queue, 10, None).expect("received")
}

fn bodies(received: &[Received]) -> Vec<&str> {
    received.iter().map(|one| one.content.body.as_str()).collect()
}

fn only(mut received: Vec<Received>) -> Received {
    assert_eq!(received.len(), 1, "{received:?}");
    received.pop().expect("one")
}
