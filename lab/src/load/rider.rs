//! One rider: the steps of a scenario, each with the attempts that the client policy allows.

use std::time::Duration;

use fastrand::Rng;
use http::HeaderName;
use serde_json::Value;

use super::arrival::Arrival;
use super::call::Call;
use super::client::Situation;
use super::clock::Clock;
use super::flow::{Expectation, Request, Scenario, Step};
use super::generator::{Book, Generator};
use super::ledger::{Attempt, End, Entry, Failure, Seen};
use super::schedule::{Purpose, stream};
use super::transport::{Answer, Transport};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A rider under way.
pub(super) struct Rider<'a, C, T> {
    generator: &'a Generator<'a, C, T>,
    book: &'a Book,
    /// Of the entry in the book.
    at: usize,
    arrival: Arrival,
    scenario: &'a Scenario,
    rng: Rng,
    run: uuid::Uuid,
}

impl<'a, C: Clock, T: Transport> Rider<'a, C, T> {
    /// A rider who has come; the book has an entry from now on.
    pub(super) fn new(generator: &'a Generator<'a, C, T>, book: &'a Book, arrival: Arrival, run: uuid::Uuid) -> Self {
        let scenario = &generator.profile.scenarios[arrival.scenario];
        let mark = generator.options.tell_apart.then_some(arrival.index);
        let latitude = scenario.flow.iter().find_map(|step| Call::latitude(step.request()?.1, mark));
        let entry = Entry {
            index: arrival.index,
            phase: arrival.phase,
            scenario: arrival.scenario,
            at: arrival.at,
            latitude,
            attempts: Vec::with_capacity(1),
            end: End::Interrupted,
        };
        let mut ledger = book.open();
        let at = ledger.entries.len();
        ledger.entries.push(entry);
        drop(ledger);
        let rng = stream(generator.options.seed, Purpose::BackOff, arrival.index);
        Self { generator, book, at, arrival, scenario, rng, run }
    }

    /// Follows the scenario to its end, or to a step that has no answer.
    pub(super) async fn ride(mut self) {
        let clock = &self.generator.clock;
        // Where the last step ended: the next one is meant to begin there, except for the first.
        let mut intended = self.arrival.at;
        let mut end = End::Completed;
        for (number, step) in self.scenario.flow.iter().enumerate() {
            if let Step::Think(pause) = step {
                intended += pause.0;
                clock.sleep_until(intended).await;
                continue;
            }
            let Some((method, request)) = step.request() else { continue };
            let mark = self.generator.options.tell_apart.then_some(self.arrival.index);
            let mut call = Call::of(&method, request, mark);
            if self.generator.options.client.has_keys() && !call.headers.contains_key(IDEMPOTENCY_KEY) {
                let key = format!("{}-{}-{number}", self.run, self.arrival.index);
                if let Ok(key) = key.parse() {
                    call.headers.insert(IDEMPOTENCY_KEY, key);
                }
            }
            let (answered, ended) = self.attempts(number, request, &call, intended).await;
            intended = ended;
            if !answered {
                end = End::Failed;
                break;
            }
        }
        self.book.open().entries[self.at].end = end;
    }

    /// Makes attempts until one is enough or the client gives up. Returns whether the last one had an answer, and when it
    /// ended.
    async fn attempts(&mut self, step: usize, request: &Request, call: &Call, first: Duration) -> (bool, Duration) {
        let mut intended = first;
        for attempts in 1.. {
            let (seen, retry_after, ended) = self.attempt(step, request, call, intended).await;
            let situation = Situation { attempts, seen: &seen, retry_after, waited: ended.saturating_sub(first) };
            match self.generator.options.client.again(situation, &mut self.rng) {
                Some(pause) => {
                    intended = ended + pause;
                    self.generator.clock.sleep_until(intended).await;
                }
                None => return (matches!(seen, Seen::Answer(_)), ended),
            }
        }
        (false, intended)
    }

    async fn attempt(
        &self,
        step: usize,
        request: &Request,
        call: &Call,
        intended: Duration,
    ) -> (Seen, Option<Duration>, Duration) {
        let Generator { clock, transport, profile, progress, .. } = self.generator;
        let sent = clock.now();
        let key = call.headers.get(IDEMPOTENCY_KEY).and_then(|key| key.to_str().ok()).map(str::to_owned);
        let attempt = Attempt {
            step,
            intended,
            sent,
            latency: Duration::ZERO,
            seen: Seen::Unfinished,
            bytes: 0,
            request_id: None,
            ride_id: None,
            key,
            expected: Vec::new(),
        };
        self.book.open().entries[self.at].attempts.push(attempt);
        progress.send_modify(|progress| {
            progress.requests += 1;
            progress.latest = progress.latest.max(sent.saturating_sub(intended));
        });
        let result = tokio::select! {
            biased;
            result = transport.send(call) => result,
            () = clock.sleep_until(sent + profile.timeout) => Err(Failure::TimedOut),
        };
        let ended = clock.now();
        let retry_after = result.as_ref().ok().and_then(|answer| answer.retry_after);
        progress.send_modify(|progress| match &result {
            Ok(answer) => *progress.codes.entry(answer.status).or_default() += 1,
            Err(failure) => *progress.errors.entry(failure.code()).or_default() += 1,
        });
        let mut ledger = self.book.open();
        let seen = match (ledger.entries[self.at].attempts.last_mut(), result) {
            (Some(attempt), result) => {
                attempt.latency = ended.saturating_sub(intended);
                match result {
                    Ok(answer) => note(attempt, request, answer),
                    Err(failure) => attempt.seen = Seen::Failed(failure),
                }
                attempt.seen.clone()
            }
            (None, _) => Seen::Unfinished,
        };
        (seen, retry_after, ended)
    }
}

/// Writes down an answer.
fn note(attempt: &mut Attempt, request: &Request, answer: Answer) {
    attempt.seen = Seen::Answer(answer.status);
    attempt.bytes = answer.body.len() as u64;
    attempt.request_id = answer.request_id;
    let says_json = answer.content_type.to_ascii_lowercase().contains("json");
    let json: Option<Value> = says_json.then(|| serde_json::from_slice(&answer.body).ok()).flatten();
    if answer.status == 201 {
        attempt.ride_id = json.as_ref().and_then(|json| json["RideId"].as_str()).map(str::to_owned);
    }
    let holds = |expectation: &Expectation| expectation.holds(answer.status, &answer.content_type, json.as_ref());
    attempt.expected = request.expect.iter().map(|expectation| (expectation.kind(), holds(expectation))).collect();
}
