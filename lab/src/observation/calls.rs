//! Who called whom in each trace, found once a trace: a console asks for the map every other second, and most traces are over.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::services::Services;
use crate::xray::{Document, Placed, Trace, Traces};

/// Pairs of services that are known at most; beyond them everything is counted anew. Names of callees are the functions' to
/// choose.
const PAIRS: usize = 10_000;

/// How long before what it follows a trace may have begun, in seconds: traces are kept in the order of their first document.
const LATE: f64 = 60.0;

/// Who stands at one end of a call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct End {
    pub(super) kind: &'static str,
    pub(super) name: String,
}

impl End {
    pub(super) fn id(&self) -> String {
        if self.kind == "client" { self.kind.to_owned() } else { format!("{}:{}", self.kind, self.name) }
    }
}

/// One call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// Place of its two ends among the pairs.
    ends: usize,
    /// It was the caller's mistake, and not refused for want of capacity.
    pub(super) error: bool,
    pub(super) fault: bool,
    pub(super) throttle: bool,
    /// None while it is in progress.
    pub(super) duration_ms: Option<f64>,
}

impl Call {
    /// A call as its callee tells it, or its caller: a function that answers 503 has done its work, and its segment says so;
    /// that the call failed is known to the one who called.
    fn of(document: &Document, caller: Option<&Document>, ends: usize) -> Self {
        let told = |flag: fn(&Document) -> bool| flag(document) || caller.is_some_and(flag);
        let (error, throttle) = (told(|one| one.error), told(|one| one.throttle));
        let (fault, duration_ms) = (told(|one| one.fault), document.duration_ms());
        Self { ends, error: error && !throttle, fault, throttle, duration_ms }
    }
}

/// The calls of every trace. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct CallIndex(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    pairs: Vec<(End, End)>,
    places: HashMap<(End, End), usize>,
    /// By the trace's number.
    traces: HashMap<u64, Counted>,
    /// Traces that were forgotten because their store had done so: all below this number.
    forgotten: u64,
}

#[derive(Debug)]
struct Counted {
    changed: u64,
    /// When the first document began, in seconds since 1970.
    began: f64,
    calls: Vec<Call>,
}

impl CallIndex {
    /// Adds up the calls of the traces that began at `since` or later, in seconds since 1970, by their two ends.
    pub(super) fn since<T: Default>(
        &self,
        since: f64,
        traces: &Traces,
        services: &Services,
        add: impl Fn(&mut T, &Call),
    ) -> Vec<((End, End), T)> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = known.refresh(since, traces, services);
        let mut sums: Vec<T> = known.pairs.iter().map(|_| T::default()).collect();
        let mut occurred = vec![false; sums.len()];
        for counted in recent.iter().filter_map(|number| known.traces.get(number)) {
            for call in &counted.calls {
                add(&mut sums[call.ends], call);
                occurred[call.ends] = true;
            }
        }
        let occurred = known.pairs.iter().cloned().zip(sums).zip(occurred).filter(|(_, occurred)| *occurred);
        occurred.map(|(sum, _)| sum).collect()
    }
}

impl Known {
    /// Counts what has changed of the traces since then; all their numbers.
    fn refresh(&mut self, since: f64, traces: &Traces, services: &Services) -> Vec<u64> {
        let (_, evicted) = traces.counts();
        if self.forgotten < evicted {
            self.traces.retain(|number, _| *number >= evicted);
            self.forgotten = evicted;
        }
        if self.pairs.len() > PAIRS {
            *self = Self { forgotten: self.forgotten, ..Self::default() };
        }
        let (mut recent, mut changed) = (Vec::new(), Vec::new());
        traces.each(|kept| {
            let counted = self.traces.get(&kept.number).filter(|counted| counted.changed == kept.changed);
            let first = || kept.documents.iter().map(|one| one.start_time).fold(f64::INFINITY, f64::min);
            let began = counted.map_or_else(first, |counted| counted.began);
            if began >= since {
                recent.push(kept.number);
                if counted.is_none() {
                    let trace = Trace { id: kept.id.to_owned(), documents: kept.documents.to_vec() };
                    changed.push((kept.number, kept.changed, began, trace));
                }
            }
            // What follows began earlier, but for late arrivals.
            began >= since - LATE
        });
        for (number, changed, began, trace) in changed {
            let calls = calls_of(&trace, services, |ends| place(&mut self.pairs, &mut self.places, ends));
            self.traces.insert(number, Counted { changed, began, calls });
        }
        recent
    }
}

fn place(pairs: &mut Vec<(End, End)>, places: &mut HashMap<(End, End), usize>, ends: (End, End)) -> usize {
    *places.entry(ends).or_insert_with_key(|ends| {
        pairs.push(ends.clone());
        pairs.len() - 1
    })
}

/// A trace's calls. A call counts at its callee's segment where that has arrived, and at the caller's subsegment where
/// not: a database writes none.
fn calls_of(trace: &Trace, services: &Services, mut place: impl FnMut((End, End)) -> usize) -> Vec<Call> {
    let mut calls = Vec::new();
    let placed = trace.placed();
    let mut owners: Vec<Option<End>> = Vec::with_capacity(placed.len());
    let mut called: HashSet<usize> = HashSet::new();
    for Placed { document, parent, .. } in &placed {
        let above = parent.and_then(|index| owners.get(index).cloned().flatten());
        let own = segment(document, services);
        if let (Some(_), Some(parent)) = (&own, parent) {
            called.insert(*parent);
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
            None if called.contains(&index) => None,
            None => above.zip(callee(document)),
        };
        let caller = parent.filter(|parent| called.contains(parent)).map(|parent| placed[parent].document);
        calls.extend(call.map(|ends| Call::of(document, caller, place(ends))));
    }
    calls
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

#[cfg(test)]
mod tests;
