//! The breaker over where it is kept: how often it looks, and what it does when it cannot.

use process_payment::{Admission, Breaker, BreakerRules, Breakers, CallOutcome as Outcome, Guard};
use shared::budget::Budget;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const RULES: BreakerRules = BreakerRules {
    failures: 3,
    open: Duration::from_secs(15),
    longest_open: Duration::from_secs(60),
    forget: Duration::from_secs(3_600),
    probe: Duration::from_secs(15),
    drain_calls: 2,
    drain_interval: Duration::from_secs(10),
};

#[derive(Debug, Default)]
struct Kept {
    breaker: Breaker,
    version: u64,
    loads: u32,
    saves: u32,
    broken: bool,
    /// It can be read and not written.
    sealed: bool,
    /// So many saves are lost to somebody who was faster.
    contested: u32,
}

#[derive(Debug, Clone, Default)]
struct Table(Arc<Mutex<Kept>>);

#[derive(Debug, thiserror::Error)]
#[error("no answer")]
struct Silence;

impl Breakers for Table {
    type Error = Silence;

    async fn load(&self, _: &Budget) -> Result<(Breaker, u64), Silence> {
        let mut kept = self.0.lock().expect("no poison");
        kept.loads += 1;
        if kept.broken { Err(Silence) } else { Ok((kept.breaker, kept.version)) }
    }

    async fn save(&self, breaker: &Breaker, version: u64, _: &Budget) -> Result<bool, Silence> {
        let mut kept = self.0.lock().expect("no poison");
        kept.saves += 1;
        if kept.broken || kept.sealed {
            return Err(Silence);
        }
        if kept.contested > 0 {
            kept.contested -= 1;
            kept.version += 1;
        }
        let same = kept.version == version;
        if same {
            (kept.breaker, kept.version) = (*breaker, version + 1);
        }
        Ok(same)
    }
}

fn budget() -> Budget {
    Budget::lasting(Duration::from_secs(5))
}

impl Table {
    fn guard(&self) -> Guard<Self> {
        Guard::new(self.clone(), RULES)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().expect("no poison")
    }
}

async fn fail(guard: &Guard<Table>, now: i64) {
    guard.settle(Admission::Go, Outcome::Failing { asked: None }, now, &budget()).await;
}

#[tokio::test]
async fn while_all_is_well_it_looks_once_a_second_and_writes_nothing() {
    let table = Table::default();
    let guard = table.guard();
    for now in (0..10_000).step_by(50) {
        assert_eq!(guard.admit(now, &budget()).await, Admission::Go);
        guard.settle(Admission::Go, Outcome::Alive, now, &budget()).await;
    }
    let kept = table.kept();
    assert!(kept.loads <= 11 && kept.saves == 0, "{kept:?}");
}

#[tokio::test]
async fn what_one_process_learns_all_know_within_a_second() {
    let table = Table::default();
    let (one, other) = (table.guard(), table.guard());
    assert_eq!(other.admit(0, &budget()).await, Admission::Go);
    for _ in 0..3 {
        fail(&one, 0).await;
    }
    assert_eq!(one.admit(1, &budget()).await, Admission::Wait(15_000));
    assert_eq!(other.admit(1_000, &budget()).await, Admission::Wait(15_000));
    // And whoever begins anew knows it at once.
    assert_eq!(table.guard().admit(1_001, &budget()).await, Admission::Wait(15_000));
}

#[tokio::test]
async fn of_many_that_come_at_its_end_one_probes() {
    let table = Table::default();
    for _ in 0..3 {
        fail(&table.guard(), 0).await;
    }
    let mut admissions = Vec::new();
    for _ in 0..5 {
        admissions.push(table.guard().admit(15_000, &budget()).await);
    }
    assert_eq!(admissions[0], Admission::Probe);
    assert!(admissions[1..].iter().all(|admission| *admission == Admission::Wait(30_000)), "{admissions:?}");
}

#[tokio::test]
async fn a_change_that_somebody_else_was_faster_with_is_tried_again() {
    let table = Table::default();
    let guard = table.guard();
    table.kept().contested = 3;
    fail(&guard, 0).await;
    assert_eq!(table.kept().breaker, Breaker::Closed { failures: 1, first: 0, last: 0 });
    // Forever is not: then the call waits a moment, and a count is lost, which is no harm.
    table.kept().contested = 1_000;
    fail(&guard, 0).await;
    assert_eq!(table.kept().breaker, Breaker::Closed { failures: 1, first: 0, last: 0 });
}

#[tokio::test]
async fn a_success_that_nobody_wrote_down_still_breaks_a_row_of_failures() {
    let table = Table::default();
    let (one, other) = (table.guard(), table.guard());
    assert_eq!(one.admit(0, &budget()).await, Admission::Go);
    fail(&other, 1).await;
    fail(&other, 2).await;
    // All was well a moment ago, so this one neither looks nor writes.
    one.settle(Admission::Go, Outcome::Alive, 3, &budget()).await;
    assert_eq!(table.kept().breaker, Breaker::Closed { failures: 2, first: 1, last: 2 });
    fail(&one, 4).await;
    assert_eq!(table.kept().breaker, Breaker::Closed { failures: 1, first: 4, last: 4 });
}

#[tokio::test]
async fn a_table_that_cannot_be_read_stops_no_payment() {
    let table = Table::default();
    table.kept().broken = true;
    let guard = table.guard();
    for _ in 0..10 {
        assert_eq!(guard.admit(0, &budget()).await, Admission::Go);
        fail(&guard, 0).await;
    }
}

#[tokio::test]
async fn where_nobody_can_write_down_who_probes_nobody_does() {
    let table = Table::default();
    for _ in 0..3 {
        fail(&table.guard(), 0).await;
    }
    table.kept().sealed = true;
    for _ in 0..5 {
        assert_eq!(table.guard().admit(15_000, &budget()).await, Admission::Wait(16_000));
    }
    table.kept().sealed = false;
    assert_eq!(table.guard().admit(15_000, &budget()).await, Admission::Probe);
}
