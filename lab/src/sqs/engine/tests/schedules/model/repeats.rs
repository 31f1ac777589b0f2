//! Which deliveries may come a second time.

use super::{Millis, Received};

/// A second delivery comes within so much of the first.
const WITHIN: Millis = 2_000;

#[derive(Debug)]
struct Repeat {
    queue: usize,
    id: String,
    receives: u32,
    /// Of the first delivery.
    at: Millis,
    /// Whether it must come, or may.
    certain: bool,
}

/// At most one for each delivery. A message keeps its id, and its count grows with every delivery but a repeated one: so both
/// together say which delivery it is.
#[derive(Debug, Default)]
pub(super) struct Repeats(Vec<Repeat>);

impl Repeats {
    /// A delivery out of a queue that repeats some, or all.
    pub(super) fn expect(&mut self, queue: usize, first: &Received, at: Millis, certain: bool) {
        self.0.push(Repeat { queue, id: first.id.clone(), receives: first.receives, at, certain });
    }

    /// Whether what came is a repetition that may be; it is used up.
    pub(super) fn take(&mut self, queue: usize, one: &Received) -> bool {
        let is_it = |repeat: &Repeat| (repeat.queue, &repeat.id, repeat.receives) == (queue, &one.id, one.receives);
        self.0.iter().position(is_it).map(|place| self.0.swap_remove(place)).is_some()
    }

    /// Purged, or disturbed anew: none of the queue's come any more.
    pub(super) fn forget(&mut self, queue: usize) {
        self.0.retain(|repeat| repeat.queue != queue);
    }

    /// How many must come with the next receive.
    pub(super) fn owed(&self, queue: usize, now: Millis) -> usize {
        self.of(queue).filter(|repeat| repeat.certain && repeat.at + WITHIN <= now).count()
    }

    /// The moment before which one must come.
    pub(super) fn last_moment(&self, queue: usize) -> Option<Millis> {
        self.of(queue).filter(|repeat| repeat.certain).map(|repeat| repeat.at + WITHIN).min()
    }

    /// Whether one may come at a moment.
    pub(super) fn may_come(&self, queue: usize, moment: Millis) -> bool {
        self.of(queue).any(|repeat| (repeat.at..=repeat.at + WITHIN).contains(&moment))
    }

    fn of(&self, queue: usize) -> impl Iterator<Item = &Repeat> {
        self.0.iter().filter(move |repeat| repeat.queue == queue)
    }
}
