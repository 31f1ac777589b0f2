//! The model: every message with what has become of it, and the engine beside it.

use std::collections::BTreeSet;

use super::super::*;
use super::{MOST_RECEIVES, NAMES};

mod repeats;

use repeats::Repeats;

const DEAD: usize = 1;
const OTHER: usize = 2;

#[derive(Debug, Clone)]
struct Known {
    body: String,
    queue: usize,
    /// Its id, once it is known.
    id: Option<String>,
    /// From when on it counts as visible.
    visible: Millis,
    /// Until when nobody may get it all the same, at most.
    late: Millis,
    received: Option<Millis>,
    receives: u32,
    receives_here: u32,
    enqueued: Millis,
    arrived: Millis,
    came_from: Option<usize>,
    /// Of its last delivery, and of the repetition of that.
    handles: Vec<String>,
}

/// A message is late by at most so much.
const LATE: Millis = 2_000;

#[derive(Debug, Clone)]
struct Task {
    handle: String,
    started: Millis,
    rate: u64,
    to_other: bool,
    moved: u64,
}

/// The engine and what it should hold.
pub(super) struct Model {
    engine: Engine,
    now: Millis,
    retention: [Millis; 3],
    messages: Vec<Known>,
    handles: Vec<(String, usize, String)>,
    purged: [Option<Millis>; 3],
    task: Option<Task>,
    sent: u64,
    disorder: [Disorder; 3],
    repeats: Repeats,
}

impl Model {
    pub(super) fn new(engine: Engine, retention: [Millis; 3]) -> Self {
        let (messages, handles, purged) = (Vec::new(), Vec::new(), [None; 3]);
        let (disorder, repeats) = (Default::default(), Repeats::default());
        Self { engine, now: START, retention, messages, handles, purged, task: None, sent: 0, disorder, repeats }
    }

    /// What was drawn before is called off: nothing is late any more, and nothing is repeated.
    pub(super) fn disturb(&mut self, queue: usize, disorder: Disorder) {
        self.engine.disturb(NAMES[queue], disorder.clone()).expect("a queue");
        self.repeats.forget(queue);
        for one in self.messages.iter_mut().filter(|one| one.queue == queue && one.visible <= self.now) {
            one.late = one.visible;
        }
        // A message whose delay is not over yet is judged by the disorder of that moment.
        let late = if disorder.reordering > 0.0 { LATE } else { 0 };
        for one in self.messages.iter_mut().filter(|one| one.queue == queue && one.visible > self.now) {
            one.late = if one.received.is_none() { one.visible + late } else { one.visible };
        }
        self.disorder[queue] = disorder;
    }

    /// Until when a message may be late that comes into a queue and can be seen from that moment on.
    fn late(&self, queue: usize, visible: Millis) -> Millis {
        if self.disorder[queue].reordering > 0.0 { visible + LATE } else { visible }
    }

    pub(super) fn pass(&mut self, time: Millis) {
        self.now += time;
        let (now, retention) = (self.now, self.retention);
        self.messages.retain(|one| one.enqueued + retention[one.queue] > now);
        self.engine.advance(now);
        self.follow_move();
    }

    pub(super) fn send(&mut self, queue: usize, delay: Millis) {
        self.sent += 1;
        let body = format!("message {}", self.sent);
        let id = self.engine.send(self.now, NAMES[queue], said(&body), Some(delay)).expect("sent");
        self.messages.push(Known {
            body,
            queue,
            id: Some(id),
            visible: self.now + delay,
            late: self.late(queue, self.now + delay),
            received: None,
            receives: 0,
            receives_here: 0,
            enqueued: self.now,
            arrived: self.now,
            came_from: None,
            handles: Vec::new(),
        });
        self.follow_move();
    }

    pub(super) fn receive(&mut self, queue: usize, most: usize, visibility: Option<Millis>) {
        let visible = self.visible(queue);
        let received = self.engine.receive(self.now, NAMES[queue], most, visibility).expect("received");
        // Only `main` gives up.
        let limit = if queue == 0 { MOST_RECEIVES } else { u32::MAX };
        let (doomed, good): (Vec<String>, Vec<String>) =
            visible.into_iter().partition(|body| self.message(body).receives_here >= limit);
        // None but the late may be missing, and a repetition takes a place.
        let certain = good.iter().filter(|body| self.message(body).late <= self.now).count();
        let owed = self.repeats.owed(queue, self.now);
        let until = self.now + visibility.unwrap_or(30_000);
        let now = self.now;
        let (mut fresh, mut repeated) = (BTreeSet::new(), 0);
        for one in &received {
            self.handles.push((one.handle.clone(), queue, one.content.body.clone()));
            if self.repeats.take(queue, one) {
                repeated += 1;
                let of_last = |known: &&mut Known| {
                    known.queue == queue && known.id.as_ref() == Some(&one.id) && known.receives == one.receives
                };
                if let Some(known) = self.messages.iter_mut().find(of_last).filter(|known| !known.handles.is_empty()) {
                    known.handles.push(one.handle.clone());
                }
                continue;
            }
            assert!(good.contains(&one.content.body), "{} cannot be received", one.content.body);
            assert!(fresh.insert(&one.content.body), "{} twice", one.content.body);
            let duplicates = self.disorder[queue].duplicates;
            let known = self.message_mut(&one.content.body);
            (known.receives, known.receives_here) = (known.receives + 1, known.receives_here + 1);
            assert_eq!(one.receives, known.receives, "the count of {}", known.body);
            assert_eq!(one.enqueued, known.enqueued);
            assert_eq!(*known.id.get_or_insert(one.id.clone()), one.id);
            assert!(one.handle.len() > 10 && !known.handles.contains(&one.handle), "a handle of its own");
            (known.visible, known.late, known.received) = (until, until, Some(now));
            known.handles = vec![one.handle.clone()];
            if duplicates > 0.0 {
                self.repeats.expect(queue, one, now, duplicates >= 1.0);
            }
        }
        assert!(repeated >= owed.min(most), "{repeated} of {owed} repetitions");
        let room = most - repeated;
        let expected = certain.min(room)..=good.len().min(room);
        assert!(expected.contains(&fresh.len()), "{} fresh ones and not {expected:?}", fresh.len());
        self.give_up(&doomed, received.len() < most);
    }

    /// What was received as often as it may be is among the dead letters now: all of it, if the whole line was looked through.
    fn give_up(&mut self, doomed: &[String], all: bool) {
        let dead = self.bodies_of(DEAD);
        let given_up: Vec<&String> = doomed.iter().filter(|body| dead.contains(*body)).collect();
        assert!(!all || given_up.len() == doomed.len(), "{doomed:?} should be dead letters");
        let (now, retention, late) = (self.now, self.retention[DEAD], self.late(DEAD, self.now));
        for body in given_up {
            let known = self.message_mut(body);
            (known.queue, known.came_from, known.arrived) = (DEAD, Some(known.queue), now);
            (known.visible, known.late, known.received, known.receives_here) = (now, late, None, 0);
            known.handles.clear();
        }
        self.messages.retain(|one| one.queue != DEAD || one.enqueued + retention > now);
    }

    pub(super) fn delete(&mut self, pick: usize) {
        let Some((handle, queue, body)) = self.picked(pick) else { return };
        self.engine.delete(self.now, NAMES[queue], &handle).expect("never an error");
        self.messages.retain(|one| one.body != body || !one.handles.contains(&handle));
    }

    pub(super) fn change(&mut self, pick: usize, visibility: Millis) {
        let Some((handle, queue, body)) = self.picked(pick) else { return };
        let changed = self.engine.change_visibility(self.now, NAMES[queue], &handle, visibility);
        let now = self.now;
        let current = |one: &&mut Known| one.body == body && one.handles.contains(&handle);
        let Some(known) = self.messages.iter_mut().find(current) else {
            assert_eq!(changed.expect_err("it is gone").code, Code::InvalidParameterValue);
            return;
        };
        let since = known.received.expect("it has a handle");
        if known.visible <= now {
            assert_eq!(changed.expect_err("it is not in flight").code, Code::MessageNotInflight);
        } else if now + visibility - since > MAX_VISIBILITY {
            assert_eq!(changed.expect_err("over twelve hours").code, Code::InvalidParameterValue);
        } else {
            changed.expect("changed");
            (known.visible, known.late) = (now + visibility, now + visibility);
        }
    }

    pub(super) fn purge(&mut self, queue: usize) {
        let soon = self.purged[queue].is_some_and(|before| self.now - before < MINUTE);
        let purged = self.engine.purge(self.now, NAMES[queue]);
        assert_eq!(purged.is_err(), soon);
        if !soon {
            self.purged[queue] = Some(self.now);
            self.repeats.forget(queue);
            self.messages.retain(|one| one.queue != queue);
        }
    }

    pub(super) fn start_move(&mut self, rate: u32, to_other: bool) {
        let destination = to_other.then_some(NAMES[OTHER]);
        let started = self.engine.start_move(self.now, NAMES[DEAD], destination, Some(rate));
        // The engine has let this very moment pass first: a task whose messages have gone by now has ended.
        self.follow_move();
        match (started, &self.task) {
            (Ok(handle), None) => {
                let rate = u64::from(rate);
                self.task = Some(Task { handle, started: self.now, rate, to_other, moved: 0 });
            }
            (Err(error), Some(_)) => assert_eq!(error.code, Code::UnsupportedOperation),
            (started, task) => panic!("{started:?} beside {task:?}"),
        }
    }

    pub(super) fn cancel_move(&mut self) {
        self.follow_move();
        let Some(task) = self.task.take() else { return };
        assert_eq!(self.engine.cancel_move(self.now, &task.handle), Ok(task.moved));
        let again = self.engine.cancel_move(self.now, &task.handle);
        assert_eq!(again.expect_err("it has ended").code, Code::UnsupportedOperation);
    }

    /// Whether the running task has moved as many as its rate allows, each a dead letter that was visible.
    fn follow_move(&mut self) {
        let Some(task) = self.task.clone() else { return };
        let told = self.engine.moves(self.now, NAMES[DEAD], 1).pop().expect("a task");
        let visible = self.visible(DEAD);
        let dead = self.bodies_of(DEAD);
        let moved: Vec<&String> = visible.iter().filter(|body| !dead.contains(*body)).collect();
        let allowed = (self.now - task.started) * task.rate / 1000 - task.moved;
        let count = moved.len() as u64;
        let orphan = |body: &&String| self.message(body).came_from.is_none();
        if told.status == Status::Failed {
            assert!(!task.to_other && visible.iter().any(|body| orphan(&body)), "a message without an origin");
            assert!(count <= allowed);
        } else {
            assert_eq!(count, allowed.min(visible.len() as u64), "as fast as its rate");
            assert!(task.to_other || !moved.iter().any(orphan));
            let left = visible.len() > moved.len();
            assert_eq!(told.status, if left { Status::Running } else { Status::Completed });
        }
        assert_eq!(told.moved, task.moved + count);
        let now = self.now;
        for body in moved {
            let to = if task.to_other { OTHER } else { self.message(body).came_from.expect("an origin") };
            let late = self.late(to, now);
            let known = self.message_mut(body);
            (known.queue, known.id) = (to, None);
            (known.enqueued, known.arrived, known.visible, known.late) = (now, now, now, late);
            (known.receives, known.receives_here, known.received, known.came_from) = (0, 0, None, None);
            known.handles.clear();
        }
        let running = told.status == Status::Running;
        self.next_move(running.then_some((task.started, task.rate, told.moved)));
        self.task = running.then_some(Task { moved: told.moved, ..task });
    }

    /// Whether the engine wakes whoever moves at the first moment at which one more may go, and not before.
    fn next_move(&self, running: Option<(Millis, u64, u64)>) {
        let next = self.engine.next_move();
        let Some((started, rate, moved)) = running else { return assert_eq!(next, None) };
        let allowed = |at: Millis| (at - started) * rate / 1000;
        let next = next.expect("a task runs");
        assert!(allowed(next) > moved && allowed(next - 1) <= moved, "{next} for {moved} at {rate} since {started}");
    }

    /// Whether the engine wakes whoever waits when the first of the hidden messages can be had, or a repetition comes, and at no
    /// other moment.
    fn due(&self, queue: usize) {
        let own = || self.messages.iter().filter(|one| one.queue == queue);
        let certain = own().map(|one| one.visible).filter(|at| *at > self.now).min();
        let due = self.engine.due(NAMES[queue]);
        if let Some(owed) = self.repeats.last_moment(queue) {
            assert!(due.is_some_and(|due| due <= owed), "a repetition comes by {owed}, not {due:?}");
        }
        if due == certain {
            return;
        }
        let due = due.expect("something is hidden");
        assert!(certain.is_none_or(|at| due < at), "{due} is too late for {certain:?}");
        let late = own().any(|one| one.late > one.visible && (one.visible..=one.late).contains(&due) && due > self.now);
        assert!(late || self.repeats.may_come(queue, due), "nothing comes at {due}");
    }

    /// Whether the engine holds the same messages in the same places.
    pub(super) fn agree(&mut self) {
        let now = self.now;
        self.engine.advance(now);
        self.follow_move();
        for (queue, name) in NAMES.into_iter().enumerate() {
            let own: Vec<&Known> = self.messages.iter().filter(|one| one.queue == queue).collect();
            let expected: BTreeSet<String> = own.iter().map(|one| one.body.clone()).collect();
            let count = |of: &dyn Fn(&Known) -> bool| own.iter().filter(|one| of(one)).count();
            let depth = Depth {
                visible: count(&|one| one.visible <= now),
                in_flight: count(&|one| one.visible > now && one.received.is_some()),
                delayed: count(&|one| one.visible > now && one.received.is_none()),
            };
            let oldest = own.iter().filter(|one| one.receives_here < 3).map(|one| now - one.arrived).max();
            assert_eq!(self.engine.depth(now, name), Ok(depth), "{name}");
            assert_eq!(self.engine.oldest_age(now, name), Ok(oldest), "{name}");
            assert_eq!(self.bodies_of(queue), expected, "{name}");
            self.due(queue);
        }
    }

    /// Receives and deletes everything, once it is visible.
    pub(super) fn drain(&mut self) {
        if let Some(task) = self.task.take() {
            self.engine.cancel_move(self.now, &task.handle).expect("cancelled");
        }
        (0..NAMES.len()).for_each(|queue| self.disturb(queue, Disorder::default()));
        // Every message is one that somebody can have: nothing is hidden for longer than it is kept.
        while let Some(next) = self.messages.iter().map(|one| one.visible).min() {
            let (now, retention) = (self.now.max(next), self.retention);
            self.now = now;
            self.messages.retain(|one| one.enqueued + retention[one.queue] > now);
            for queue in 0..NAMES.len() {
                self.receive(queue, 10, Some(0));
                while let Some((handle, queue, _)) = self.handles.pop() {
                    self.engine.delete(now, NAMES[queue], &handle).expect("deleted");
                    self.messages.retain(|one| !one.handles.contains(&handle));
                }
            }
        }
        assert!(NAMES.iter().all(|name| self.engine.depth(self.now, name).expect("a queue").all() == 0));
    }

    fn visible(&self, queue: usize) -> Vec<String> {
        let visible = self.messages.iter().filter(|one| one.queue == queue && one.visible <= self.now);
        visible.map(|one| one.body.clone()).collect()
    }

    fn bodies_of(&mut self, queue: usize) -> BTreeSet<String> {
        let contents = self.engine.contents(self.now, NAMES[queue]).expect("a queue");
        let bodies: BTreeSet<String> = contents.iter().map(|content| content.body.clone()).collect();
        assert_eq!(bodies.len(), contents.len(), "none twice");
        bodies
    }

    fn picked(&self, pick: usize) -> Option<(String, usize, String)> {
        (!self.handles.is_empty()).then(|| self.handles[pick % self.handles.len()].clone())
    }

    fn message(&self, body: &str) -> &Known {
        self.messages.iter().find(|one| one.body == body).expect("it is known")
    }

    fn message_mut(&mut self, body: &str) -> &mut Known {
        self.messages.iter_mut().find(|one| one.body == body).expect("it is known")
    }
}
