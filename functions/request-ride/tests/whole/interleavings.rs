//! One ride per key, whatever breaks: callers that are interleaved step by step, die, freeze, and whose writes and
//! answers get lost, come late or happen twice, while the clock jumps. The real handler's booking, a model around it.

mod world;

use jiff::Timestamp;
use proptest::prelude::*;
use request_ride::{RequestRide, Wish};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::idempotency::{Booking, Key, Once, Settings};
use shared::problem::Failure;
use shared::request_id::RequestId;
use shared::ride::{Label, pickup_location};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use world::{Fate, Group, Shared};

/// Longer than the lives of all callers of one case together.
const FOREVER: Duration = Duration::from_secs(1_000_000);
const IN_PROGRESS: Duration = Duration::from_secs(30);
/// What Lambda allows a caller: one that is older when the clock jumps is dead.
const LIFETIME: u64 = 20;

#[derive(Debug, Clone, Copy)]
enum Event {
    Start {
        group: Group,
        body: u8,
    },
    Step {
        caller: usize,
        fate: Fate,
    },
    Crash {
        caller: usize,
    },
    Jump {
        seconds: u64,
    },
    /// A late write arrives.
    Arrive {
        write: usize,
    },
    /// DynamoDB deletes what has expired.
    Delete,
}

struct Caller {
    group: Group,
    born: u64,
    work: Pin<Box<dyn Future<Output = Result<Booking, Failure>>>>,
}

/// The callers, the world, and what riders were told.
struct Stage {
    shared: Shared,
    handler: Arc<RequestRide<Shared, Shared>>,
    ttl: Duration,
    callers: Vec<Caller>,
    /// By group: the bytes of the last 201, and since when its ride was stored.
    told: HashMap<Group, (u64, String)>,
}

impl Stage {
    fn new(ttl: Duration) -> Self {
        let shared = Shared::default();
        shared.world().now = 1_000;
        let clock = shared.clone();
        let once = Once::new(shared.clone(), Settings { ttl, in_progress: IN_PROGRESS });
        let once = once.with_clock(move || clock.world().now);
        let handler = Arc::new(RequestRide::new(shared.clone(), once));
        Self { shared, handler, ttl, callers: Vec::new(), told: HashMap::new() }
    }

    fn start(&mut self, group: Group, body: u8) {
        let location = format!(r#"{{"PickupLocation":{{"Latitude":{body},"Longitude":1}}}}"#);
        let wish = Wish {
            asked: Timestamp::now(),
            pickup_location: pickup_location(location.as_bytes()).expect("a right body"),
            rider: (group.1 > 0).then(|| Label::try_from(format!("rider-{}", group.1)).expect("a legal label")),
            key: Some(Key::parse(format!("key-{}", group.0).as_bytes()).expect("a legal key")),
        };
        let context = RequestContext {
            request_id: RequestId::parse("r-1").expect("a legal id"),
            budget: Budget::lasting(Duration::from_secs(60)),
            trace: None,
            traceparent: None,
        };
        let handler = Arc::clone(&self.handler);
        let work = Box::pin(async move { handler.book(wish, &context).await });
        let born = self.shared.world().now;
        self.callers.push(Caller { group, born, work });
    }

    /// One step of one caller. Its status, if that was the last.
    fn step(&mut self, caller: usize, fate: Fate) -> Option<u16> {
        let caller = caller.checked_rem(self.callers.len())?;
        let group = self.callers[caller].group;
        {
            let mut world = self.shared.world();
            world.group = group;
            world.fate = Some(fate);
        }
        let result = match self.callers[caller].work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => return None,
            Poll::Ready(result) => result,
        };
        drop(self.callers.swap_remove(caller));
        match result {
            Ok(booking) => {
                self.check_told(group, booking);
                Some(201)
            }
            Err(failure) => {
                let status = failure.problem.status().as_u16();
                assert!(matches!(status, 409 | 422 | 503), "{failure:?}");
                Some(status)
            }
        }
    }

    /// A 201 tells of a stored ride, and of the same one as the 201 before.
    fn check_told(&mut self, group: Group, booking: Booking) {
        let world = self.shared.world();
        let (stored_for, stored, since) = world.rides.get(&booking.ride().ride_id).expect("a 201 means stored");
        assert_eq!((stored_for, &stored.ride), (&group, booking.ride()));
        // A claim counts from when it was begun if its completion got lost, and no caller lives longer than this.
        let counts = self.ttl.as_secs() - LIFETIME;
        match self.told.get(&group) {
            Some((_, answer)) if answer == booking.answer() => {}
            Some((then, _)) if world.now < then + counts => panic!("another answer after a 201"),
            _ => drop(self.told.insert(group, (*since, booking.answer().to_owned()))),
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Start { group, body } => self.start(group, body),
            Event::Step { caller, fate } => drop(self.step(caller, fate)),
            Event::Crash { caller } => {
                if let Some(caller) = caller.checked_rem(self.callers.len()) {
                    drop(self.callers.swap_remove(caller));
                }
            }
            Event::Jump { seconds } => self.shared.world().now += seconds,
            Event::Arrive { write } => {
                let mut world = self.shared.world();
                if let Some(write) = write.checked_rem(world.late.len()) {
                    let write = world.late.swap_remove(write);
                    world.arrive(write);
                }
            }
            Event::Delete => {
                let mut world = self.shared.world();
                let now = world.now;
                world.rows.0.retain(|_, claim| claim.expires_at > now);
            }
        }
    }

    /// Everybody who lives comes to an end, and nothing breaks any more.
    fn settle(&mut self) {
        while !self.callers.is_empty() {
            self.step(0, Fate::Fine);
        }
        let mut world = self.shared.world();
        for write in std::mem::take(&mut world.late) {
            world.arrive(write);
        }
    }

    fn ask(&mut self, group: Group, body: u8) -> u16 {
        self.start(group, body);
        let last = self.callers.len() - 1;
        (0..1_000).find_map(|_| self.step(last, Fate::Fine)).expect("no caller works for ever")
    }

    fn rides(&self, group: Group) -> usize {
        self.shared.world().rides.values().filter(|(stored_for, ..)| *stored_for == group).count()
    }
}

fn groups() -> impl Strategy<Value = Group> {
    prop_oneof![3 => Just((0, 0)), 1 => Just((1, 0)), 1 => Just((0, 1)), 1 => Just((0, 2))]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let fate = prop_oneof![
        6 => Just(Fate::Fine),
        1 => Just(Fate::Lost),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::Twice),
        1 => Just(Fate::Late),
    ];
    let body = prop_oneof![5 => Just(1_u8), 1 => Just(2_u8)];
    let event = prop_oneof![
        4 => (groups(), body).prop_map(|(group, body)| Event::Start { group, body }),
        24 => (any::<usize>(), fate).prop_map(|(caller, fate)| Event::Step { caller, fate }),
        1 => any::<usize>().prop_map(|caller| Event::Crash { caller }),
        2 => prop_oneof![Just(1_u64), Just(15), Just(31), Just(90)].prop_map(|seconds| Event::Jump { seconds }),
        1 => any::<usize>().prop_map(|write| Event::Arrive { write }),
        1 => Just(Event::Delete),
    ];
    proptest::collection::vec(event, 0..160)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// However long a caller freezes, as long as the key has not expired.
    #[test]
    fn a_key_has_one_ride_and_one_answer(events in events()) {
        let mut stage = Stage::new(FOREVER);
        for event in events {
            stage.happen(event);
        }
        stage.settle();
        for group in [(0, 0), (1, 0), (0, 1), (0, 2)] {
            prop_assert!(stage.rides(group) <= 1, "{group:?} has {} rides", stage.rides(group));
            stage.shared.world().now += 31; // whoever died over it is taken over
            let told = [stage.ask(group, 1), stage.ask(group, 2)];
            prop_assert!(told == [201, 422] || told == [422, 201], "{group:?}: {told:?}");
            prop_assert_eq!(stage.rides(group), 1);
        }
    }

    /// With keys that expire, and callers that live no longer than Lambda lets them.
    #[test]
    fn an_answer_holds_until_its_key_expires(events in events()) {
        let mut stage = Stage::new(Duration::from_secs(100));
        for event in events {
            stage.happen(event);
            let now = stage.shared.world().now;
            stage.callers.retain(|caller| now <= caller.born + LIFETIME);
        }
        stage.settle();
    }
}

/// Each step of a caller is the last one, each in turn: the next caller ends with the one ride.
#[test]
fn a_caller_may_die_at_every_step() {
    let mut steps = 0;
    loop {
        let mut stage = Stage::new(FOREVER);
        stage.start((0, 0), 1);
        let finished = (0..steps).any(|_| stage.step(0, Fate::Fine).is_some());
        stage.callers.clear();
        let at_once = stage.ask((0, 0), 1);
        assert!(matches!(at_once, 201 | 409), "step {steps}: {at_once}");
        stage.shared.world().now += 31;
        assert_eq!(stage.ask((0, 0), 1), 201, "step {steps}");
        assert_eq!(stage.rides((0, 0)), 1, "step {steps}");
        if finished {
            break;
        }
        steps += 1;
    }
    assert!(steps > 8, "there were only {steps} steps");
}
