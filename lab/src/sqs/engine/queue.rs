//! One standard queue: which message stands where, by the clock.

use std::collections::{BTreeMap, BTreeSet};

use super::disorder::{Chance, Disorder};
use super::handle::Handle;
use super::message::{Message, Millis, Place, Received};
use super::settings::{POISONOUS, Settings};

/// A queue. Every list is of the messages' numbers, so that a hundred thousand of them cost no more than ten.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) settings: Settings,
    chance: Chance,
    messages: BTreeMap<u64, Message>,
    /// By their place in line.
    visible: BTreeSet<(u64, u64)>,
    /// Delayed, late or in flight, by when they can be received.
    hidden: BTreeSet<(Millis, u64)>,
    /// By when they are thrown away.
    expiring: BTreeSet<(Millis, u64)>,
    /// Received here fewer than [`POISONOUS`] times, by when they came.
    healthy: BTreeSet<(Millis, u64)>,
    /// Second deliveries to come.
    repeats: BTreeMap<(Millis, u64), Received>,
    /// Those of the hidden that count as visible.
    late: BTreeSet<u64>,
    in_flight: usize,
    last_order: u64,
    /// When it was last purged, and last used.
    pub(super) purged: Option<Millis>,
    pub(super) used: Option<Millis>,
}

/// How many messages a queue has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Can be received.
    pub visible: usize,
    /// Received and not deleted yet.
    pub in_flight: usize,
    /// Sent with a delay that has not ended.
    pub delayed: usize,
}

impl Depth {
    /// All of them.
    pub fn all(self) -> usize {
        self.visible + self.in_flight + self.delayed
    }
}

impl Queue {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            chance: Chance::default(),
            messages: BTreeMap::new(),
            visible: BTreeSet::new(),
            hidden: BTreeSet::new(),
            expiring: BTreeSet::new(),
            healthy: BTreeSet::new(),
            repeats: BTreeMap::new(),
            late: BTreeSet::new(),
            in_flight: 0,
            last_order: 0,
            purged: None,
            used: None,
        }
    }

    /// Delivers twice and out of order from now on, as much as this says. What was drawn before is called off.
    pub(super) fn disturb(&mut self, disorder: Disorder) {
        self.chance = Chance::of(disorder);
        self.repeats.clear();
        for number in std::mem::take(&mut self.late) {
            if let Some(until) = self.messages.get(&number).and_then(|message| message.place.hidden_until()) {
                self.hidden.remove(&(until, number));
            }
            self.show(number);
        }
    }

    /// Takes a message in, at the back of the line.
    pub(super) fn insert(&mut self, number: u64, mut message: Message) {
        message.order = self.back();
        if message.place == Place::Visible
            && let Some(by) = self.chance.late_by()
        {
            message.place = Place::Late { until: message.arrived.saturating_add(by) };
            self.late.insert(number);
        }
        self.expiring.insert((message.enqueued.saturating_add(self.settings.retention), number));
        self.healthy.insert((message.arrived, number));
        match message.place.hidden_until() {
            Some(until) => self.hidden.insert((until, number)),
            None => self.visible.insert((message.order, number)),
        };
        self.messages.insert(number, message);
    }

    /// Lets time pass: what is too old goes, what was invisible for long enough comes back.
    pub(super) fn advance(&mut self, now: Millis) {
        while let Some((at, number)) = self.expiring.first().copied().filter(|(at, _)| *at <= now) {
            self.expiring.remove(&(at, number));
            self.remove(number);
        }
        while let Some((at, number)) = self.hidden.first().copied().filter(|(at, _)| *at <= now) {
            self.hidden.remove(&(at, number));
            let is_new = self.messages.get(&number).is_some_and(|one| matches!(one.place, Place::Delayed { .. }));
            match is_new.then(|| self.chance.late_by()).flatten() {
                Some(by) => self.delay(number, at.saturating_add(by)),
                None => self.show(number),
            }
        }
    }

    /// Its delay is over, and it is late.
    fn delay(&mut self, number: u64, until: Millis) {
        let Some(message) = self.messages.get_mut(&number) else { return };
        message.place = Place::Late { until };
        self.late.insert(number);
        self.hidden.insert((until, number));
    }

    fn show(&mut self, number: u64) {
        let back = self.back();
        let Some(message) = self.messages.get_mut(&number) else { return };
        if matches!(message.place, Place::InFlight { .. }) {
            self.in_flight -= 1;
        }
        message.place = Place::Visible;
        self.late.remove(&number);
        // "After a message is received three times (or more) and not processed, the message is moved to the back of the queue."
        if message.receives_here >= POISONOUS {
            message.order = back;
        }
        self.visible.insert((message.order, number));
    }

    /// The place behind all others.
    fn back(&mut self) -> u64 {
        self.last_order += 1;
        self.last_order
    }

    /// The message that is next in line, with how often this queue has handed it out.
    pub(super) fn next(&self) -> Option<(u64, u32)> {
        let (_, number) = self.visible.first()?;
        self.messages.get(number).map(|message| (*number, message.receives_here))
    }

    /// The message that is moved next: disorder delivers late, and moves nothing late.
    pub(super) fn next_to_move(&self) -> Option<u64> {
        self.visible.first().map(|(_, number)| *number).or_else(|| self.late.first().copied())
    }

    /// Hands a visible message out. `receipt` is the delivery's number.
    pub(super) fn hand_out(&mut self, number: u64, receipt: u64, now: Millis, visibility: Millis) -> Option<Received> {
        let message = self.messages.get_mut(&number)?;
        self.visible.remove(&(message.order, number));
        let until = now.saturating_add(visibility);
        message.place = Place::InFlight { since: now, until };
        message.receives += 1;
        message.receives_here += 1;
        message.receipts = vec![receipt];
        let first_received = *message.first_received.get_or_insert(now);
        self.hidden.insert((until, number));
        self.in_flight += 1;
        if message.receives_here >= POISONOUS {
            self.healthy.remove(&(message.arrived, number));
        }
        let handle = |receipt| Handle { queue: self.settings.name.clone(), message: number, receipt }.print();
        let received = Received {
            id: message.id.clone(),
            handle: handle(receipt),
            content: message.content.clone(),
            receives: message.receives,
            enqueued: message.enqueued,
            first_received,
            gave_up: message.gave_up.clone(),
        };
        if let Some(after) = self.chance.repeats_after() {
            // Numbers of deliveries are even, those of their repetitions one more.
            let repetition = receipt + 1;
            message.receipts.push(repetition);
            let repeated = Received { handle: handle(repetition), ..received.clone() };
            self.repeats.insert((now.saturating_add(after), repetition), repeated);
        }
        Some(received)
    }

    /// A second delivery that is due: the message may be in flight or gone.
    pub(super) fn repeat(&mut self, now: Millis) -> Option<Received> {
        let entry = self.repeats.first_entry().filter(|entry| entry.key().0 <= now)?;
        Some(entry.remove())
    }

    /// Takes a message out, wherever it stands.
    pub(super) fn remove(&mut self, number: u64) -> Option<Message> {
        let message = self.messages.remove(&number)?;
        match message.place.hidden_until() {
            Some(until) => self.hidden.remove(&(until, number)),
            None => self.visible.remove(&(message.order, number)),
        };
        self.late.remove(&number);
        if matches!(message.place, Place::InFlight { .. }) {
            self.in_flight -= 1;
        }
        self.expiring.remove(&(message.enqueued.saturating_add(self.settings.retention), number));
        self.healthy.remove(&(message.arrived, number));
        Some(message)
    }

    pub(super) fn message(&self, number: u64) -> Option<&Message> {
        self.messages.get(&number)
    }

    /// Every message, by the order in which they were sent.
    pub(super) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// Lets a message in flight become visible at another time.
    pub(super) fn hide_until(&mut self, number: u64, until: Millis) {
        if let Some(message) = self.messages.get_mut(&number)
            && let Place::InFlight { since, until: before } = message.place
        {
            self.hidden.remove(&(before, number));
            message.place = Place::InFlight { since, until };
            self.hidden.insert((until, number));
        }
    }

    /// Throws all messages away.
    pub(super) fn purge(&mut self, now: Millis) {
        let numbers: Vec<u64> = self.messages.keys().copied().collect();
        for number in numbers {
            self.remove(number);
        }
        self.repeats.clear();
        self.purged = Some(now);
    }

    pub(super) fn depth(&self) -> Depth {
        let (late, in_flight) = (self.late.len(), self.in_flight);
        Depth { visible: self.visible.len() + late, in_flight, delayed: self.hidden.len() - in_flight - late }
    }

    /// How old the oldest message is that was received fewer than three times.
    pub(super) fn oldest_age(&self, now: Millis) -> Option<Millis> {
        self.healthy.first().map(|(arrived, _)| now.saturating_sub(*arrived))
    }

    /// When something can be received that cannot be now, or a second delivery comes.
    pub(super) fn due(&self) -> Option<Millis> {
        let hidden = self.hidden.first().map(|(at, _)| *at);
        hidden.into_iter().chain(self.repeats.first_key_value().map(|((at, _), _)| *at)).min()
    }
}
