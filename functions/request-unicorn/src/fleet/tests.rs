use super::*;
use shared::aws::CallError;
use shared::ride::Label;
use std::collections::HashMap;
use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const TTL: Duration = Duration::from_secs(60);

/// A table with these unicorns; `None` fails.
#[derive(Debug, Default)]
struct Fake {
    names: StdMutex<Option<Vec<&'static str>>>,
    scans: AtomicUsize,
}

impl FleetTable for Arc<Fake> {
    async fn scan(&self, _: &Budget) -> Result<Vec<Unicorn>, ScanError> {
        self.scans.fetch_add(1, Ordering::Relaxed);
        let label = |text: &str| Label::try_from(text.to_owned()).expect("a legal label");
        let unicorn = |name: &&str| Unicorn { name: label(name), color: label("White"), device_id: label("1") };
        let names = self.names.lock().expect("no poison");
        Ok(names.as_ref().ok_or(CallError::OutOfTime { service: "DynamoDB" })?.iter().map(unicorn).collect())
    }
}

struct Bench {
    table: Arc<Fake>,
    fleet: CachedFleet<Arc<Fake>>,
    start: Instant,
}

impl Bench {
    fn new(names: Option<Vec<&'static str>>) -> Self {
        let table = Arc::new(Fake::default());
        let bench = Self { fleet: CachedFleet::new(Arc::clone(&table), TTL), table, start: Instant::now() };
        bench.hold(names);
        bench
    }

    fn hold(&self, names: Option<Vec<&'static str>>) {
        *self.table.names.lock().expect("no poison") = names;
    }

    async fn after(&self, milliseconds: u64) -> Result<Vec<String>, NoFleet> {
        let moment = self.start + Duration::from_millis(milliseconds);
        let unicorns = self.fleet.unicorns_at(moment, &Budget::lasting(TTL)).await?;
        Ok(unicorns.iter().map(|unicorn| unicorn.name.as_str().to_owned()).collect())
    }

    fn scans(&self) -> usize {
        self.table.scans.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_fleet_is_scanned_once_per_ttl() {
    let bench = Bench::new(Some(vec!["Shadowfax"]));
    for milliseconds in [0, 1, 1_000, 59_999] {
        assert_eq!(bench.after(milliseconds).await, Ok(vec!["Shadowfax".to_owned()]));
    }
    assert_eq!(bench.scans(), 1);
    bench.hold(Some(vec!["Rocinante"]));
    assert_eq!(bench.after(60_000).await, Ok(vec!["Rocinante".to_owned()]));
    assert_eq!(bench.scans(), 2);
}

#[tokio::test]
async fn an_empty_fleet_is_an_error_that_soon_heals_and_costs_no_scan_per_request() {
    let bench = Bench::new(Some(vec![]));
    for milliseconds in 0..1_000 {
        assert_eq!(bench.after(milliseconds).await, Err(NoFleet::Empty));
    }
    assert_eq!(bench.scans(), 1);
    bench.hold(Some(vec!["Rocinante"]));
    assert_eq!(bench.after(1_000).await, Ok(vec!["Rocinante".to_owned()]));
}

#[tokio::test]
async fn the_old_fleet_is_kept_when_the_table_fails() {
    let bench = Bench::new(Some(vec!["Shadowfax"]));
    assert!(bench.after(0).await.is_ok());
    bench.hold(None);
    for milliseconds in [60_000, 60_001, 61_999] {
        assert_eq!(bench.after(milliseconds).await, Ok(vec!["Shadowfax".to_owned()]));
    }
    assert_eq!(bench.scans(), 2);
    bench.hold(Some(vec!["Rocinante"]));
    assert_eq!(bench.after(62_000).await, Ok(vec!["Rocinante".to_owned()]));
}

#[tokio::test]
async fn a_fleet_that_was_never_read_is_no_fleet_and_soon_looked_for_again() {
    let bench = Bench::new(None);
    for milliseconds in 0..200 {
        assert_eq!(bench.after(milliseconds).await, Err(NoFleet::Unread));
    }
    assert_eq!(bench.scans(), 1);
    bench.hold(Some(vec!["Rocinante"]));
    assert_eq!(bench.after(200).await, Ok(vec!["Rocinante".to_owned()]));
}

#[test]
fn every_unicorn_is_as_likely_as_the_others() {
    let mut random = fastrand::Rng::with_seed(2026);
    let names = ["Bucephalus", "Shadowfax", "Rocinante"];
    let mut counts = HashMap::new();
    for _ in 0..30_000 {
        *counts.entry(random.choice(names).expect("three names")).or_insert(0) += 1;
    }
    assert!(counts.values().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
}
