//! The log lines by request.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};

use super::errors::{ErrorGroups, Groups};
use super::fields::Fields;
use super::line::{self, Entry, LineKind};
use super::milliseconds;
use super::requests::Journey;
use super::services::Services;
use crate::logs::{Kind, Line};

/// Lines kept; the oldest go first.
const KEPT: usize = 50_000;

/// Lines in an answer at most, and without a limit.
const SHOWN: usize = 1_000;

/// What every line has beside `fields`.
const NOT_FIELDS: [&str; 5] = ["timestamp", "level", "message", "service", "request_id"];

/// `GET /api/logs`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lines {
    /// What to ask for next, as `after`.
    pub next: u64,
    /// The lines, oldest first.
    pub lines: Vec<LineView>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineView {
    /// Number of the line, from 1.
    pub seq: u64,
    /// When it was written.
    pub at_ms: f64,
    /// Since the request came, in a request's lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset_ms: Option<f64>,
    /// Who wrote it.
    pub service: String,
    /// What it is.
    pub kind: LineKind,
    /// `INFO`, ...
    pub level: String,
    /// What it says; the type of a platform event.
    pub message: String,
    /// Whose it is, where it says so.
    pub request_id: Option<String>,
    /// The whole line.
    pub text: String,
    /// The other fields of a JSON line.
    pub fields: Map<String, Value>,
}

/// Which lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFilter {
    /// A request by any of its ids.
    pub request: Option<String>,
    /// A service.
    pub service: Option<String>,
    /// Of this level or graver.
    pub level: Option<String>,
    /// After this number.
    pub after: Option<u64>,
    /// So many at most: the last ones, or with `after` the first ones.
    pub limit: Option<usize>,
    /// Metrics too, which are no log.
    pub metrics: bool,
}

/// The lines of a lab. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct LineIndex(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Entry>,
    /// Number of the first entry, from 1.
    first: u64,
    /// Numbers by request id, Lambda's request id and trace id.
    by_name: HashMap<String, VecDeque<u64>>,
    /// What each environment works on.
    invocations: HashMap<String, String>,
    errors: Groups,
}

/// Every id of a journey.
pub(super) fn names_of(journey: &Journey) -> Vec<String> {
    let ids = journey.all().flat_map(|request| [Some(request.id.clone()), request.function_request_id.clone()]);
    ids.flatten().chain([journey.request.trace_id.clone()]).collect()
}

impl LineIndex {
    /// Reads and keeps a line.
    pub(super) fn push(&self, line: &Line, services: &Services) {
        // Before the lock: every environment's lines come through here.
        let fields = Fields::read(&line.text);
        let mut kept = self.lock();
        let environment = line.origin.environment.as_str();
        let entry = line::entry(line, fields.as_ref(), services, kept.invocations.get(environment).map(String::as_str));
        let starts =
            line.kind == Kind::Platform && (line.text.starts_with("START ") || entry.message == "platform.start");
        if let Some(id) = entry.function_request_id.as_ref().filter(|_| starts) {
            kept.invocations.insert(environment.to_owned(), id.clone());
        }
        kept.errors.add(&entry);
        if kept.entries.len() >= KEPT {
            kept.drop_oldest();
        }
        let number = kept.number(kept.entries.len());
        for name in entry.names() {
            kept.by_name.entry(name.to_owned()).or_default().push_back(number);
        }
        kept.entries.push_back(entry);
    }

    /// The lines of a filter, those of some ids only if any are given.
    pub(super) fn select(&self, filter: &LineFilter, names: Option<&[String]>) -> Lines {
        let kept = self.lock();
        let after = filter.after.unwrap_or_default();
        let limit = filter.limit.unwrap_or(SHOWN).min(SHOWN);
        let wanted = |number: &u64| {
            let entry = kept.entry(*number);
            *number > after && entry.is_some_and(|entry| filter.takes(entry))
        };
        let end = kept.number(kept.entries.len());
        let first = kept.number(0).max(after.saturating_add(1));
        let mut numbers: Vec<u64> = match names {
            Some(names) => kept.numbers_of(names).into_iter().filter(wanted).collect(),
            None if filter.after.is_some() => (first..end).filter(wanted).take(limit).collect(),
            None => (kept.number(0)..end).rev().filter(wanted).take(limit).collect(),
        };
        numbers.sort_unstable();
        if filter.after.is_some() {
            numbers.truncate(limit);
        } else {
            numbers.drain(..numbers.len().saturating_sub(limit));
        }
        // Where the limit cut something off, the next one begins behind the last one shown.
        let cut = filter.after.is_some() && numbers.len() == limit;
        let next = numbers.last().copied().filter(|_| cut).unwrap_or(end - 1);
        let view = |number: &u64| Some(kept.entry(*number)?.view(*number, None));
        Lines { next, lines: numbers.iter().filter_map(view).collect() }
    }

    /// A request's lines in the order in which they were written, metrics too.
    pub(super) fn of_journey(&self, journey: &Journey) -> Vec<LineView> {
        let kept = self.lock();
        let origin = milliseconds(journey.request.at);
        let numbers = kept.numbers_of(&names_of(journey));
        let view = |number: u64| Some(kept.entry(number)?.view(number, Some(origin)));
        let mut lines: Vec<LineView> = numbers.into_iter().filter_map(view).collect();
        lines.sort_by(|a, b| a.at_ms.total_cmp(&b.at_ms).then(a.seq.cmp(&b.seq)));
        lines
    }

    /// The first error that a request's lines tell of: the others follow from it.
    pub(super) fn error_of(&self, journey: &Journey) -> Option<String> {
        let kept = self.lock();
        let numbers = kept.numbers_of(&names_of(journey));
        let failed = numbers.into_iter().filter_map(|number| kept.entry(number)).filter(|entry| entry.error.is_some());
        failed.min_by_key(|entry| entry.at).and_then(|entry| entry.error.clone())
    }

    /// The other ids on the lines that have this one.
    pub(super) fn other_names(&self, name: &str) -> Vec<String> {
        let kept = self.lock();
        let numbers = kept.by_name.get(name).into_iter().flatten().rev().take(SHOWN);
        let names = numbers.filter_map(|number| kept.entry(*number)).flat_map(Entry::names);
        names.filter(|other| *other != name).map(str::to_owned).collect()
    }

    /// Whether any line has this id.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.lock().by_name.contains_key(name)
    }

    pub(super) fn errors(&self) -> ErrorGroups {
        self.lock().errors.all()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn number(&self, index: usize) -> u64 {
        self.first + 1 + index as u64
    }

    fn entry(&self, number: u64) -> Option<&Entry> {
        self.entries.get(usize::try_from(number.checked_sub(self.first + 1)?).ok()?)
    }

    fn numbers_of(&self, names: &[String]) -> Vec<u64> {
        let found: HashSet<u64> = names.iter().filter_map(|name| self.by_name.get(name)).flatten().copied().collect();
        let mut found: Vec<u64> = found.into_iter().collect();
        found.sort_unstable();
        found
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        self.first += 1;
        for name in oldest.names() {
            let Some(numbers) = self.by_name.get_mut(name) else { continue };
            numbers.pop_front();
            if numbers.is_empty() {
                self.by_name.remove(name);
            }
        }
    }
}

impl Entry {
    /// The ids that it is found by, each once.
    fn names(&self) -> impl Iterator<Item = &str> {
        let ids = [&self.request_id, &self.function_request_id, &self.trace_id];
        let mut seen: Vec<&str> = ids.into_iter().flatten().map(String::as_str).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.into_iter()
    }

    fn view(&self, seq: u64, origin: Option<f64>) -> LineView {
        let at_ms = milliseconds(self.at);
        let mut fields: Map<String, Value> = serde_json::from_str(&self.text).unwrap_or_default();
        fields.retain(|name, _| !NOT_FIELDS.contains(&name.as_str()));
        LineView {
            seq,
            at_ms,
            offset_ms: origin.map(|origin| at_ms - origin),
            service: self.service.clone(),
            kind: self.kind,
            level: self.level.clone(),
            message: self.message.clone(),
            request_id: self.request_id.clone(),
            text: self.text.clone(),
            fields,
        }
    }
}

impl LineFilter {
    fn takes(&self, entry: &Entry) -> bool {
        let service = self.service.as_ref().is_none_or(|service| *service == entry.service);
        let level = self.level.as_ref().is_none_or(|level| gravity(&entry.level) >= gravity(level));
        service && level && (self.metrics || entry.kind != LineKind::Metric)
    }
}

fn gravity(level: &str) -> u8 {
    match level.to_ascii_uppercase().as_str() {
        "TRACE" => 0,
        "DEBUG" => 1,
        "WARN" => 3,
        "ERROR" | "FATAL" => 4,
        _ => 2,
    }
}
