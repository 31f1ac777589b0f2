use super::*;
use proptest::prelude::*;

const RULES: Rules = Rules {
    failures: 3,
    open: Duration::from_secs(15),
    longest_open: Duration::from_secs(60),
    forget: Duration::from_secs(3_600),
    probe: Duration::from_secs(15),
    drain_calls: 4,
    drain_interval: Duration::from_secs(10),
};

/// It failed, and asked for nothing.
const FAILING: Outcome = Outcome::Failing { asked: None };

fn is_call(admission: Admission) -> bool {
    matches!(admission, Admission::Go | Admission::Probe)
}

/// A breaker and what happens to it.
struct World {
    breaker: Breaker,
    now: Millis,
}

impl World {
    fn admit(&mut self) -> Admission {
        let (admission, next) = self.breaker.admit(&RULES, self.now);
        self.breaker = next;
        admission
    }

    fn settle(&mut self, admission: Admission, outcome: Outcome) {
        self.breaker = self.breaker.settle(&RULES, admission, outcome, self.now);
    }

    fn call(&mut self, outcome: Outcome) -> Admission {
        let admission = self.admit();
        if is_call(admission) {
            self.settle(admission, outcome);
        }
        admission
    }
}

fn closed() -> World {
    World { breaker: Breaker::default(), now: 1_000_000 }
}

fn open() -> World {
    let mut world = closed();
    for _ in 0..3 {
        assert_eq!(world.call(FAILING), Admission::Go);
    }
    world
}

fn draining() -> World {
    let mut world = open();
    world.now += 15_000;
    assert_eq!(world.call(Outcome::Alive), Admission::Probe);
    world
}

#[test]
fn so_many_failures_in_a_row_open_it_and_a_success_between_starts_anew() {
    let mut world = closed();
    for outcome in [FAILING, FAILING, Outcome::Alive, FAILING, FAILING] {
        assert_eq!(world.call(outcome), Admission::Go);
    }
    assert_eq!(world.call(FAILING), Admission::Go);
    assert_eq!(world.call(Outcome::Alive), Admission::Wait(world.now + 15_000));
}

#[test]
fn whoever_heard_of_finance_since_the_first_failure_counts_from_anew() {
    let mut world = closed();
    for _ in 0..2 {
        world.call(FAILING);
        world.now += 10;
    }
    let first = world.now - 20;
    assert_eq!(world.breaker.heard_at(first), Breaker::default());
    assert_eq!(world.breaker.heard_at(first - 1), world.breaker);
    // What was opened with reason is not closed by somebody's memory.
    world.call(FAILING);
    assert_eq!(world.breaker.heard_at(world.now), world.breaker);
}

#[test]
fn failures_of_long_ago_do_not_count() {
    let mut world = closed();
    for _ in 0..20 {
        assert_eq!(world.call(FAILING), Admission::Go);
        world.now += 3_600_001;
    }
}

#[test]
fn one_call_probes_and_the_others_wait() {
    let mut world = open();
    world.now += 15_000;
    assert_eq!(world.admit(), Admission::Probe);
    assert_eq!(world.admit(), Admission::Wait(world.now + 15_000));
    // A probe that died is followed by another.
    world.now += 15_000;
    assert_eq!(world.admit(), Admission::Probe);
}

#[test]
fn each_probe_that_fails_keeps_it_open_for_longer_up_to_a_minute() {
    let mut world = open();
    let mut lengths = Vec::new();
    for _ in 0..5 {
        let Breaker::Open { until, .. } = world.breaker else { panic!("open: {:?}", world.breaker) };
        lengths.push((until - world.now) / 1_000);
        world.now = until;
        assert_eq!(world.call(FAILING), Admission::Probe);
    }
    assert_eq!(lengths, [15, 30, 60, 60, 60]);
}

#[test]
fn a_probe_that_was_not_made_leaves_the_next_one_free() {
    let mut world = open();
    world.now += 15_000;
    assert_eq!(world.call(Outcome::NotMade), Admission::Probe);
    assert_eq!(world.call(Outcome::Alive), Admission::Probe);
}

#[test]
fn late_news_from_before_it_opened_change_nothing() {
    for outcome in [Outcome::Alive, FAILING] {
        let mut world = open();
        let before = world.breaker;
        world.settle(Admission::Go, outcome);
        assert_eq!(world.breaker, before);
        world.now += 15_000;
        assert_eq!(world.admit(), Admission::Probe);
        let half_open = world.breaker;
        world.settle(Admission::Go, outcome);
        assert_eq!(world.breaker, half_open);
    }
}

#[test]
fn a_probe_that_succeeds_late_counts_though_another_one_failed_meanwhile() {
    // Given up, and before another one has an answer; or after it failed; or after it was not made.
    for other in [None, Some(FAILING), Some(Outcome::NotMade)] {
        let mut world = open();
        world.now += 15_000;
        assert_eq!(world.admit(), Admission::Probe);
        world.now += 15_000;
        assert_eq!(world.admit(), Admission::Probe);
        if let Some(other) = other {
            world.settle(Admission::Probe, other);
            assert!(matches!(world.breaker, Breaker::Open { .. }), "{:?}", world.breaker);
        }
        world.settle(Admission::Probe, Outcome::Alive);
        assert!(matches!(world.breaker, Breaker::Draining { used: 0, failures: 0, .. }), "{:?}", world.breaker);
    }
}

#[test]
fn it_is_open_for_as_long_as_finance_asks_but_no_longer_than_a_message_is_put_off() {
    let failing = |seconds| Outcome::Failing { asked: Some(Duration::from_secs(seconds)) };
    for (asked, lengths) in [(1, [15, 30, 60]), (20, [20, 30, 60]), (600, [600; 3]), (86_400, [900; 3])] {
        let mut world = closed();
        for _ in 0..3 {
            assert_eq!(world.call(failing(asked)), Admission::Go);
        }
        for length in lengths {
            let until = world.now + length * 1_000;
            assert_eq!(world.admit(), Admission::Wait(until), "{asked}");
            world.now = until;
            assert_eq!(world.call(failing(asked)), Admission::Probe);
        }
    }
    // So it is when it opens again in the recovery.
    let mut world = draining();
    for _ in 0..3 {
        assert_eq!(world.call(failing(600)), Admission::Go);
    }
    assert_eq!(world.admit(), Admission::Wait(world.now + 600_000));
}

#[test]
fn recovery_is_capped_and_the_cap_doubles_while_it_is_used_up() {
    let mut world = draining();
    let mut calls = Vec::new();
    for _ in 0..4 {
        let mut made = 0;
        let ends = loop {
            match world.call(Outcome::Alive) {
                Admission::Queue(ends) => break ends,
                _ => made += 1,
            }
        };
        calls.push(made);
        world.now = ends;
    }
    assert_eq!(calls, [4, 8, 16, 32]);
}

#[test]
fn an_interval_that_is_not_used_up_ends_the_recovery() {
    let mut world = draining();
    assert_eq!(world.call(Outcome::Alive), Admission::Go);
    world.now += 10_000;
    assert_eq!(world.call(Outcome::Alive), Admission::Go);
    assert_eq!(world.breaker, Breaker::default());
}

#[test]
fn failures_in_a_row_end_the_recovery_too() {
    let mut world = draining();
    for _ in 0..3 {
        assert_eq!(world.call(FAILING), Admission::Go);
    }
    assert_eq!(world.call(FAILING), Admission::Wait(world.now + 15_000));
}

#[derive(Debug, Clone)]
enum Event {
    Admit,
    Settle(usize, Outcome),
    Die(usize),
    Pass(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let asked = proptest::option::of((0..2_000_u64).prop_map(Duration::from_secs));
    let failing = asked.prop_map(|asked| Outcome::Failing { asked });
    let outcome = prop_oneof![Just(Outcome::Alive), failing, Just(Outcome::NotMade)];
    prop_oneof![
        4 => Just(Event::Admit),
        4 => (0..8_usize, outcome).prop_map(|(call, outcome)| Event::Settle(call, outcome)),
        1 => (0..8_usize).prop_map(Event::Die),
        2 => (0..40_000_i64).prop_map(Event::Pass),
    ]
}

proptest! {
    /// Whatever comes in whatever order: while it is open nobody calls, one probes at a time, the cap holds, and nobody is
    /// told to wait longer than a minute or, if that is more, than finance asks for and a message is put off. A probe that
    /// succeeds ends the silence, whenever its word comes.
    #[test]
    fn its_promises_hold_in_any_order_of_events(events in proptest::collection::vec(event(), 1..200)) {
        let mut world = closed();
        let mut calls: Vec<Admission> = Vec::new();
        let longest = |asked: Option<Duration>| asked.map_or(0, millis).clamp(60_000, millis(LONGEST_PUT_OFF));
        let mut asked = 60_000;
        for event in events {
            match event {
                Event::Admit => {
                    let before = world.breaker;
                    let admission = world.admit();
                    match (before, admission) {
                        (Breaker::Open { until, .. } | Breaker::HalfOpen { until, .. }, Admission::Wait(told)) => {
                            prop_assert!(world.now < until && told == until && told - world.now <= asked);
                        }
                        (Breaker::Open { until, .. } | Breaker::HalfOpen { until, .. }, Admission::Probe) => {
                            prop_assert!(world.now >= until);
                        }
                        (Breaker::Draining { cap, used, ends, .. }, Admission::Queue(told)) => {
                            prop_assert!(used == cap && told == ends && told - world.now <= 10_000);
                        }
                        (Breaker::Closed { .. } | Breaker::Draining { .. }, Admission::Go) => {}
                        other => prop_assert!(false, "{other:?}"),
                    }
                    if let Breaker::Draining { cap, used, .. } = world.breaker {
                        prop_assert!(used <= cap && cap <= 4 << DOUBLINGS);
                    }
                    if is_call(admission) {
                        calls.push(admission);
                    }
                }
                Event::Settle(call, outcome) if call < calls.len() => {
                    let admission = calls.swap_remove(call);
                    let before = world.breaker;
                    world.settle(admission, outcome);
                    match outcome {
                        Outcome::Failing { asked: by_it } if world.breaker != before => asked = longest(by_it),
                        Outcome::Alive if admission == Admission::Probe => {
                            let is_silent = matches!(world.breaker, Breaker::Open { .. } | Breaker::HalfOpen { .. });
                            prop_assert!(!is_silent, "{:?}", world.breaker);
                        }
                        _ => {}
                    }
                }
                Event::Die(call) if call < calls.len() => drop(calls.swap_remove(call)),
                Event::Pass(ms) => world.now += ms,
                Event::Settle(..) | Event::Die(_) => {}
            }
            if let Breaker::Closed { failures, .. } = world.breaker {
                prop_assert!(failures < RULES.failures);
            }
        }
    }

    /// Finance fails for a while and comes back: it is called ever less, and all is closed again without a hand.
    #[test]
    fn it_always_closes_again(outage in 1_000_i64..3_600_000, every in 10_i64..5_000) {
        let mut world = closed();
        let back = world.now + outage;
        let (mut during, mut closed_at) = (0, None);
        while closed_at.is_none() && world.now < back + 3_600_000 {
            let failing = world.now < back;
            let admission = world.call(if failing { FAILING } else { Outcome::Alive });
            during += i64::from(failing && is_call(admission));
            if !failing && matches!(world.breaker, Breaker::Closed { .. }) {
                closed_at = Some(world.now);
            }
            world.now += every;
        }
        // Three to open it, and after 15 and 30 seconds a probe a minute.
        prop_assert!(during <= 3 + 3 + outage / 60_000, "{during} calls in {outage} ms");
        prop_assert!(closed_at.is_some_and(|at| at - back <= 60_000 + 8 * (10_000 + every) + every), "{closed_at:?}");
    }
}
