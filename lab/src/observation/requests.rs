//! The API's requests: one entry for each that came from outside, with the calls that functions made back into the API for it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// Requests from outside that are kept; the oldest go first.
pub(super) const KEPT: usize = 10_000;

/// Calls kept of one request.
const CALLS_OF_A_REQUEST: usize = 100;

/// A request as the gateway answered it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The gateway's request id.
    pub id: String,
    /// The trace, sampled or not.
    pub trace_id: String,
    /// Whether its trace is recorded.
    pub sampled: bool,
    /// When it came.
    pub at: Timestamp,
    /// Until it was answered.
    pub duration: Duration,
    /// `POST`.
    pub method: String,
    /// The route, `/ride`; `-` where there is none.
    pub route: String,
    /// Status of the answer.
    pub status: u16,
    /// Physical name of the function behind the route.
    pub function: Option<String>,
    /// Lambda's request id.
    pub function_request_id: Option<String>,
    /// Whether an execution environment was started for it.
    pub cold: bool,
    /// Whether it was refused for want of capacity, the API's or the function's.
    pub throttled: bool,
    /// What the gateway made of it where it answered itself: `INTEGRATION_TIMEOUT`.
    pub gateway_error: Option<String>,
    /// What Lambda said was wrong: `Sandbox.Timedout`.
    pub function_error: Option<String>,
}

/// A request from outside and what it led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    /// The request.
    pub request: Request,
    /// Calls of functions back into the API, in the order of their ends.
    pub calls: Vec<Request>,
}

impl Journey {
    /// The request and its calls.
    pub fn all(&self) -> impl Iterator<Item = &Request> {
        std::iter::once(&self.request).chain(&self.calls)
    }
}

/// The index. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Requests(Arc<Mutex<Kept>>);

/// Where a request's end is to be noted.
#[derive(Debug)]
pub struct Ticket {
    /// Number of the request from outside.
    number: u64,
    is_call: bool,
}

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<Entry>,
    /// Number of the first entry.
    first: u64,
    /// Request ids, trace ids and Lambda's request ids.
    numbers: HashMap<String, u64>,
}

#[derive(Debug)]
struct Entry {
    parent: Option<String>,
    request: Option<Request>,
    calls: Vec<Request>,
    names: Vec<String>,
}

impl Requests {
    /// Notes that a request has come, with the trace and the parent of its header, and whether a function of the stack has
    /// signed it.
    ///
    /// It is a call of one already here where it continues that one's trace and either a function sends it, or it comes under
    /// another parent: the parent is then something the lab or a function has made since. A client that sends one header
    /// several times repeats the parent. Where a trace is not recorded nobody makes a parent, and the signature alone tells.
    pub fn enter(&self, trace_id: &str, parent: Option<&str>, by_function: bool) -> Ticket {
        let mut kept = self.lock();
        if let Some(number) = kept.numbers.get(trace_id).copied()
            && let Some(entry) = kept.entry(number)
            && (by_function || (parent.is_some() && entry.parent.as_deref() != parent))
        {
            return Ticket { number, is_call: true };
        }
        if kept.entries.len() >= KEPT
            && let Some(oldest) = kept.entries.pop_front()
        {
            let number = kept.first;
            kept.first += 1;
            for name in oldest.names {
                if kept.numbers.get(&name) == Some(&number) {
                    kept.numbers.remove(&name);
                }
            }
        }
        let number = kept.first + kept.entries.len() as u64;
        let parent = parent.map(str::to_owned);
        kept.entries.push_back(Entry { parent, request: None, calls: Vec::new(), names: Vec::new() });
        kept.name(number, trace_id);
        Ticket { number, is_call: false }
    }

    /// Notes how a request was answered.
    pub fn leave(&self, ticket: &Ticket, request: Request) {
        let mut kept = self.lock();
        let names = [Some(request.id.clone()), request.function_request_id.clone()];
        let Some(entry) = kept.entry(ticket.number) else { return };
        match ticket.is_call {
            true if entry.calls.len() >= CALLS_OF_A_REQUEST => return,
            true => entry.calls.push(request),
            false => entry.request = Some(request),
        }
        for name in names.into_iter().flatten() {
            kept.name(ticket.number, &name);
        }
    }

    /// The journey of a request id, a trace id or Lambda's request id, once it is answered. A trace id that a client sent
    /// with several requests means the latest.
    pub fn find(&self, id: &str) -> Option<Journey> {
        let mut kept = self.lock();
        let number = *kept.numbers.get(id)?;
        kept.entry(number)?.journey()
    }

    /// Every answered request from outside, newest first, as long as `read` returns true.
    pub fn each(&self, mut read: impl FnMut(Journey) -> bool) {
        let kept = self.lock();
        for journey in kept.entries.iter().rev().filter_map(Entry::journey) {
            if !read(journey) {
                return;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get_mut(index)
    }

    fn name(&mut self, number: u64, name: &str) {
        self.numbers.insert(name.to_owned(), number);
        if let Some(entry) = self.entry(number) {
            entry.names.push(name.to_owned());
        }
    }
}

impl Entry {
    fn journey(&self) -> Option<Journey> {
        Some(Journey { request: self.request.clone()?, calls: self.calls.clone() })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::observation) fn request(id: &str, trace_id: &str) -> Request {
        Request {
            id: id.to_owned(),
            trace_id: trace_id.to_owned(),
            sampled: true,
            at: Timestamp::UNIX_EPOCH,
            duration: Duration::from_millis(10),
            method: "POST".to_owned(),
            route: "/ride".to_owned(),
            status: 201,
            function: Some("request-ride".to_owned()),
            function_request_id: Some(format!("lambda-{id}")),
            cold: false,
            throttled: false,
            gateway_error: None,
            function_error: None,
        }
    }

    #[test]
    fn a_functions_call_belongs_to_the_request_it_is_made_for() {
        let requests = Requests::default();
        let outer = requests.enter("trace", None, false);
        let inner = requests.enter("trace", Some("step"), false);
        requests.leave(&inner, request("inner", "trace"));
        assert_eq!(requests.find("inner"), None, "the request itself is not answered yet");
        requests.leave(&outer, request("outer", "trace"));
        for id in ["outer", "inner", "trace", "lambda-outer", "lambda-inner"] {
            let journey = requests.find(id).expect("known");
            let ids: Vec<&str> = journey.all().map(|request| request.id.as_str()).collect();
            assert_eq!(ids, ["outer", "inner"], "{id}");
        }
        assert_eq!(requests.find("other"), None);
    }

    #[test]
    fn a_call_that_a_function_signs_belongs_to_its_trace_although_nobody_made_a_parent() {
        let requests = Requests::default();
        // A function's request is one from outside where no other came before it, as the probe's.
        let outer = requests.enter("trace", None, true);
        let inner = requests.enter("trace", None, true);
        requests.leave(&inner, request("inner", "trace"));
        requests.leave(&outer, request("outer", "trace"));
        let ids = |id: &str| {
            let journey = requests.find(id).expect("known");
            journey.all().map(|request| request.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids("inner"), ["outer", "inner"]);
        let other = requests.enter("trace", None, false);
        requests.leave(&other, request("other", "trace"));
        assert_eq!(ids("other"), ["other"], "a client that repeats the header has signed nothing");
    }

    #[test]
    fn a_header_sent_twice_makes_two_requests() {
        let requests = Requests::default();
        for id in ["first", "second"] {
            let ticket = requests.enter("trace", Some("client"), false);
            requests.leave(&ticket, request(id, "trace"));
        }
        let mut seen = Vec::new();
        requests.each(|journey| {
            seen.push(journey.request.id);
            true
        });
        assert_eq!(seen, ["second", "first"]);
    }

    #[test]
    fn the_oldest_make_room() {
        let requests = Requests::default();
        for number in 0..=KEPT {
            let (id, trace) = (format!("r{number}"), format!("t{number}"));
            let ticket = requests.enter(&trace, None, false);
            requests.leave(&ticket, request(&id, &trace));
        }
        assert_eq!(requests.find("r0"), None);
        assert!(requests.find("t1").is_some() && requests.find(&format!("lambda-r{KEPT}")).is_some());
        assert_eq!(requests.lock().numbers.len(), KEPT * 3);
    }
}
