//! Riders, by the lab's own load generator: those of the load, and those who come afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::file::Scenario;
use super::ledger::Wanted;
use super::plan::Scale;
use crate::load::{End, Entry, Ledger, Phase, Profile, Request, Seen, Step};

/// The longest that a client waits for one answer: API Gateway gives up after 29 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the riders of the load wait, those who come afterwards, and those who come before: the generator moves each a
/// little, and the probe waits elsewhere.
const PLACES: (f64, f64, f64) = (42.35, 51.5, 10.5);

/// Riders who come at once before the load.
const FIRST: u64 = 6;

/// Riders of the load.
pub(super) fn load(scenario: &Scenario) -> Profile {
    let written = &scenario.load.scenarios;
    let scenarios = if written.is_empty() { vec![booking(PLACES.0)] } else { written.clone() };
    profile(scenario.load.phases.clone(), scenarios)
}

/// Riders who come afterwards, as long as that may last.
pub(super) fn afterwards(scenario: &Scenario) -> Profile {
    let settle = scenario.settle;
    let arrivals =
        crate::load::Arrivals::Rate { from: settle.arrival_rate, to: settle.arrival_rate, mode: Default::default() };
    let length = Duration::try_from_secs_f64(settle.most).unwrap_or_default();
    profile(vec![Phase { name: None, length, arrivals }], vec![booking(PLACES.1)])
}

/// Some who come at once before anything is counted, so that the load does not begin with cold starts: on one machine a
/// storm of them is a failure of its own.
pub(super) fn first() -> Profile {
    let arrivals = crate::load::Arrivals::Count(FIRST);
    let length = Duration::from_millis(100);
    profile(vec![Phase { name: None, length, arrivals }; 2], vec![booking(PLACES.2)])
}

fn profile(phases: Vec<Phase>, scenarios: Vec<crate::load::Scenario>) -> Profile {
    Profile { target: None, phases, timeout: PATIENCE, scenarios, ensure: Default::default() }
}

fn booking(latitude: f64) -> crate::load::Scenario {
    let request = Request {
        url: "/ride".to_owned(),
        json: Some(json!({"PickupLocation": {"Latitude": latitude, "Longitude": -71.052_899}})),
        ..Request::default()
    };
    crate::load::Scenario { name: None, weight: 1.0, flow: vec![Step::Post(request)] }
}

/// What riders saw, in the scenario's seconds since the load began. `first` is the number of the first of them, `from` when
/// they began to come.
pub(super) fn seen(ledger: &Ledger, first: u32, from: f64, load: bool, scale: Scale) -> Vec<Wanted> {
    // Who was still waiting when the run was stopped has seen nothing yet.
    let done = ledger.entries.iter().filter(|entry| entry.end != End::Interrupted);
    let entries = done.zip(first..);
    entries.map(|(entry, number)| one(entry, number, from, load, scale)).collect()
}

fn one(entry: &Entry, number: u32, from: f64, load: bool, scale: Scale) -> Wanted {
    let last = entry.attempts.last();
    Wanted {
        number,
        at: from + scale.scenario(entry.at),
        load,
        status: match entry.last() {
            Some(Seen::Answer(status)) => *status,
            _ => 0,
        },
        behind_ms: entry.attempts.first().map_or(0.0, |attempt| attempt.delay().as_secs_f64() * 1000.0),
        latency_ms: entry.took().as_secs_f64() * 1000.0,
        attempts: u32::try_from(entry.attempts.len()).unwrap_or(u32::MAX),
        request_id: last.and_then(|attempt| attempt.request_id.clone()),
        ride_id: last.and_then(|attempt| attempt.ride_id.clone()),
        as_expected: last
            .filter(|attempt| !attempt.expected.is_empty())
            .map(|attempt| attempt.expected.iter().all(|(_, held)| *held)),
        latitude: entry.latitude,
    }
}

/// Answers by status so far; 0 is none.
pub(super) fn statuses(progress: &crate::load::Progress) -> BTreeMap<u16, u64> {
    let mut statuses = progress.codes.clone();
    let unanswered: u64 = progress.errors.values().sum();
    if unanswered > 0 {
        statuses.insert(0, unanswered);
    }
    statuses
}
