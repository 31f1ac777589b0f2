//! The map of services: who calls whom, how often, how well and how fast.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::calls::{Call, CallIndex, End};
use super::services::Services;
use crate::percentile::percentile;
use crate::xray::{Traces, seconds};

/// `GET /api/map`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceMap {
    /// How far back.
    pub minutes: u32,
    /// Who takes part.
    pub nodes: Vec<Node>,
    /// Who calls whom.
    pub edges: Vec<Edge>,
}

/// A service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// `function:request-ride`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// `client`, `gateway`, `function`, `aws` or `remote`.
    pub kind: &'static str,
    /// How it was called, by all.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Calls of one service by another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edge {
    /// Id of the caller.
    pub from: String,
    /// Id of the callee.
    pub to: String,
    /// How it was called, by this one.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How calls went.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Calls.
    pub requests: usize,
    /// Calls a second.
    pub rate_per_s: f64,
    /// Those that were the caller's mistake.
    pub errors: usize,
    /// Those that failed.
    pub faults: usize,
    /// Those that were refused for want of capacity.
    pub throttles: usize,
    /// Half of them took no longer.
    pub p50_ms: Option<f64>,
    /// All but one in a hundred took no longer.
    pub p99_ms: Option<f64>,
}

/// Calls as they are counted.
#[derive(Debug, Default)]
struct Calls {
    requests: usize,
    errors: usize,
    faults: usize,
    throttles: usize,
    durations: Vec<f64>,
}

/// The map of the traces whose first document began within the last so many minutes.
pub(super) fn of(traces: &Traces, index: &CallIndex, services: &Services, minutes: u32, now: Timestamp) -> ServiceMap {
    let span = f64::from(minutes.max(1)) * 60.0;
    let mut edges: BTreeMap<(End, End), Calls> = BTreeMap::new();
    let mut nodes: BTreeMap<End, Calls> = BTreeMap::new();
    for ((from, to), calls) in index.since(seconds(now) - span, traces, services, Calls::count) {
        nodes.entry(from.clone()).or_default();
        nodes.entry(to.clone()).or_default().add(&calls);
        edges.insert((from, to), calls);
    }
    let figures = |calls: Calls| calls.figures(span);
    ServiceMap {
        minutes,
        nodes: nodes
            .into_iter()
            .map(|(end, calls)| Node { id: end.id(), name: end.name, kind: end.kind, figures: figures(calls) })
            .collect(),
        edges: edges
            .into_iter()
            .map(|((from, to), calls)| Edge { from: from.id(), to: to.id(), figures: figures(calls) })
            .collect(),
    }
}

impl Calls {
    fn count(&mut self, call: &Call) {
        self.requests += 1;
        self.errors += usize::from(call.error);
        self.faults += usize::from(call.fault);
        self.throttles += usize::from(call.throttle);
        self.durations.extend(call.duration_ms);
    }

    fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.faults += other.faults;
        self.throttles += other.throttles;
        self.durations.extend(&other.durations);
    }

    fn figures(mut self, seconds: f64) -> Figures {
        Figures {
            requests: self.requests,
            rate_per_s: self.requests as f64 / seconds,
            errors: self.errors,
            faults: self.faults,
            throttles: self.throttles,
            p50_ms: percentile(&mut self.durations, 50.0),
            p99_ms: percentile(&mut self.durations, 99.0),
        }
    }
}
