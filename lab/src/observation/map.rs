//! The map of services: who calls whom, how often, how well and how fast.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use super::services::Services;
use super::statistics::percentile;
use crate::xray::{Document, Placed, Trace, Traces, seconds};

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

/// Who stands at one end of a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct End {
    kind: &'static str,
    name: String,
}

impl End {
    fn id(&self) -> String {
        if self.kind == "client" { self.kind.to_owned() } else { format!("{}:{}", self.kind, self.name) }
    }
}

/// The map of the traces whose first document began within the last so many minutes.
pub(super) fn of(traces: &Traces, services: &Services, minutes: u32, now: Timestamp) -> ServiceMap {
    let span = f64::from(minutes.max(1)) * 60.0;
    let since = seconds(now) - span;
    let mut recent = Vec::new();
    traces.each(|id, documents| {
        let began = documents.iter().map(|one| one.start_time).fold(f64::INFINITY, f64::min);
        if began >= since {
            recent.push(Trace { id: id.to_owned(), documents: documents.to_vec() });
        }
        // Traces are kept in the order of their first document, so that what follows began earlier, but for late arrivals.
        began >= since - 60.0
    });
    let mut edges: BTreeMap<(End, End), Calls> = BTreeMap::new();
    for trace in &recent {
        count(trace, services, &mut edges);
    }
    let mut nodes: BTreeMap<End, Calls> = BTreeMap::new();
    for ((from, to), calls) in &edges {
        nodes.entry(from.clone()).or_default();
        nodes.entry(to.clone()).or_default().add(calls);
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

/// Counts a trace's calls. A call counts at its callee's segment where that has arrived, and at the caller's subsegment where
/// not: a database writes none.
fn count(trace: &Trace, services: &Services, edges: &mut BTreeMap<(End, End), Calls>) {
    let placed = trace.placed();
    let mut owners: Vec<Option<End>> = Vec::with_capacity(placed.len());
    let mut called: HashMap<usize, ()> = HashMap::new();
    for Placed { document, parent, .. } in &placed {
        let above = parent.and_then(|index| owners.get(index).cloned().flatten());
        let own = segment(document, services);
        if let (Some(_), Some(parent)) = (&own, parent) {
            called.insert(*parent, ());
        }
        owners.push(own.or(above));
    }
    let client = End { kind: "client", name: "client".to_owned() };
    for (index, Placed { document, parent, .. }) in placed.iter().enumerate() {
        let above = parent.and_then(|parent| owners[parent].clone());
        let call = match segment(document, services) {
            // The function's own segment is the inside of Lambda's.
            Some(own) if above.as_ref() == Some(&own) => None,
            Some(own) => Some((above.unwrap_or_else(|| client.clone()), own)),
            None if called.contains_key(&index) => None,
            None => above.zip(callee(document)),
        };
        if let Some(ends) = call {
            edges.entry(ends).or_default().count(document);
        }
    }
}

/// Whose segment a document is, if it is one.
fn segment(document: &Document, services: &Services) -> Option<End> {
    match document.origin.as_deref()? {
        "AWS::ApiGateway::Stage" => Some(End { kind: "gateway", name: document.name.clone() }),
        "AWS::Lambda" | "AWS::Lambda::Function" => {
            Some(End { kind: "function", name: services.name(&document.name).to_owned() })
        }
        _ => None,
    }
}

/// Whom a subsegment calls, if it is a call.
fn callee(document: &Document) -> Option<End> {
    match document.namespace.as_deref()? {
        "aws" => {
            let resource = document.aws_text("table_name").or_else(|| document.aws_text("function_name"));
            let name = resource.map_or_else(|| document.name.clone(), |name| format!("{} {name}", document.name));
            Some(End { kind: "aws", name })
        }
        "remote" => Some(End { kind: "remote", name: document.name.clone() }),
        _ => None,
    }
}

impl Calls {
    fn count(&mut self, document: &Document) {
        self.requests += 1;
        self.errors += usize::from(document.error && !document.throttle);
        self.faults += usize::from(document.fault);
        self.throttles += usize::from(document.throttle);
        self.durations.extend(document.duration_ms());
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
