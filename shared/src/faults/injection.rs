use super::corruption::Corruption;
use super::dice::Dice;
use super::flags::Flag;
use super::means::Faults;
use super::mode::Mode;
use super::outbound::Marked;
use super::what::What;
use crate::problem::{Failure, Problem};
use crate::request_id::RequestId;
use crate::service::Answer;
use crate::telemetry::metrics::{FAULTS_INJECTED, OfFault, emit};
use crate::telemetry::trace::{Outcome, Subsegment};
use http::{HeaderMap, HeaderName, Response, StatusCode, header};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

tokio::task_local! {
    /// The faults of the invocation that the current future works for: the SDK's connector, which can be given no
    /// parameter, finds them by it.
    static CURRENT: Arc<Injection>;
}

/// Which attempt of its caller a request is.
pub(super) const X_FAULT_ATTEMPT: HeaderName = HeaderName::from_static("x-fault-attempt");

/// How much longer than the time limit a time-out without a buffer waits: Lambda ends it, not this.
const BEYOND: Duration = Duration::from_secs(60);

/// What is injected into one invocation.
#[derive(Debug)]
pub(crate) struct Injection {
    pub(super) faults: Faults,
    event: Value,
    pub(super) decided: OnceLock<Decided>,
    corruption: OnceLock<Corruption>,
    state: Mutex<State>,
}

/// What was decided when the invocation began.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) seed: u64,
    asked: Asked,
    pub(super) flags: Vec<Arc<Flag>>,
}

#[derive(Debug, Default)]
struct State {
    injected: BTreeSet<Mode>,
    exception: Option<InjectedException>,
    calls: BTreeMap<String, u32>,
    marked: Option<Marked>,
}

/// What an invocation is asked.
#[derive(Debug)]
pub(crate) struct Asked {
    request_id: RequestId,
    attempt: u32,
    deadline: Instant,
}

/// The failure of a function, on purpose.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct InjectedException(pub(super) String);

impl Asked {
    /// By a request with this id, whose function has so much time.
    pub(crate) fn of(headers: &HeaderMap, request_id: &RequestId, left: Duration) -> Self {
        let attempt = headers.get(X_FAULT_ATTEMPT).and_then(|value| value.to_str().ok()?.parse().ok());
        Self { request_id: request_id.clone(), attempt: attempt.unwrap_or(0), deadline: Instant::now() + left }
    }
}

impl Injection {
    pub(super) fn new(faults: Faults, event: Value) -> Self {
        let (decided, corruption) = (OnceLock::new(), OnceLock::new());
        Self { faults, event, decided, corruption, state: Mutex::default() }
    }

    /// The injection of the invocation that is being worked for. `None` where faults are not wanted.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Begins the work of this invocation: what is asked for at once, before any future is polled.
    pub(super) fn begin<T>(self: Arc<Self>, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }

    /// Does the work of this invocation.
    pub(super) fn during<T>(self: Arc<Self>, work: impl Future<Output = T>) -> impl Future<Output = T> {
        CURRENT.scope(self, work)
    }

    /// Decides what happens to this invocation, does what comes before its work, and then the work, unless something
    /// takes its place.
    pub(crate) async fn around(
        &self,
        asked: Asked,
        work: impl Future<Output = Result<Answer, Infallible>>,
    ) -> Result<Answer, Infallible> {
        let decided = self.decide(asked).await;
        let dice = self.dice(decided);
        for flag in &decided.flags {
            match &flag.what {
                What::Latency(delay) => self.wait(Mode::Latency, delay.at(dice.throw("latency.length", 0))).await,
                What::Timeout(buffer) => self.wait(Mode::Timeout, until_the_limit(decided, *buffer)).await,
                What::Diskspace(bytes) => self.fill(*bytes).await,
                What::Statuscode(status) => return Ok(Ok(self.answer(*status))),
                What::Exception(message) => return Ok(Err(self.fail(message))),
                // Those are met by outbound calls, and this by the answer.
                What::Denylist(_) | What::Dependency(_) | What::Corruption(_) => {}
            }
        }
        let answer = work.await;
        for flag in &decided.flags {
            if let What::Corruption(body) = &flag.what {
                self.inject(Mode::Corruption, None, None);
                let _ = self.corruption.set(Corruption { body: body.clone(), cut: dice.throw("corruption.cut", 0) });
            }
        }
        answer
    }

    /// Decides what happens to this invocation.
    pub(super) async fn decide(&self, asked: Asked) -> &Decided {
        let shared = self.faults.shared();
        shared.disk.clear().await;
        let flags = shared.source.get_at(Instant::now()).await;
        self.decided.get_or_init(|| {
            let mut decided = Decided { seed: flags.seed.unwrap_or(shared.seed), asked, flags: Vec::new() };
            decided.flags = flags.decide(&self.dice(&decided), &self.event);
            decided
        })
    }

    /// The names of the faults that this invocation met, if any.
    pub(crate) fn injected(&self) -> Option<String> {
        let state = self.state();
        let names: Vec<&str> = state.injected.iter().map(|mode| mode.name()).collect();
        (!names.is_empty()).then(|| names.join(","))
    }

    /// Corrupts the answer, if that was decided.
    pub(crate) fn corrupt(&self, response: &mut Response<String>) {
        if let Some(corruption) = self.corruption.get() {
            corruption.apply(response.body_mut());
        }
    }

    /// The failure that the function is to have instead of an answer.
    pub(super) fn exception(&self) -> Option<InjectedException> {
        self.state().exception.take()
    }

    pub(super) fn dice<'a>(&'a self, decided: &'a Decided) -> Dice<'a> {
        let Asked { request_id, attempt, .. } = &decided.asked;
        let (service, request) = (self.faults.shared().service, request_id.as_str());
        Dice { seed: decided.seed, service, request, attempt: *attempt }
    }

    /// The number of the next outbound call of a service, from 0.
    pub(super) fn next_call_of(&self, service: &str) -> u32 {
        let mut state = self.state();
        let next = state.calls.entry(service.to_owned()).or_default();
        *next += 1;
        *next - 1
    }

    pub(super) fn mark(&self, marked: Marked) {
        self.state().marked = Some(marked);
    }

    pub(super) fn take_mark(&self) -> Option<Marked> {
        self.state().marked.take()
    }

    /// Counts a fault, at once: an invocation that is killed counts nothing later.
    pub(super) fn count(&self, mode: Mode) {
        self.state().injected.insert(mode);
        emit(FAULTS_INJECTED, OfFault(mode.name()), 1);
    }

    pub(super) fn inject(&self, mode: Mode, wait: Option<Duration>, status: Option<StatusCode>) {
        let seed = self.decided.get().map(|decided| decided.seed);
        let (wait_ms, status) = (wait.map(|wait| wait.as_millis() as u64), status.map(|status| status.as_u16()));
        tracing::info!(fault = mode.name(), seed, wait_ms, status, "fault injected");
        self.count(mode);
    }

    pub(super) async fn wait(&self, mode: Mode, wait: Duration) {
        self.inject(mode, Some(wait), None);
        let mut subsegment = Subsegment::open("injected_fault");
        if let Some(subsegment) = &mut subsegment {
            subsegment.annotate("fault", mode.name());
            subsegment.announce(); // it may not live to its end
        }
        (self.faults.shared().pause)(wait).await;
        if let Some(subsegment) = subsegment {
            subsegment.end(&Outcome::fine());
        }
    }

    pub(super) async fn fill(&self, bytes: u64) {
        self.inject(Mode::Diskspace, None, None);
        match self.faults.shared().disk.fill(bytes).await {
            Ok(written) => tracing::info!(written_bytes = written, "the temporary directory was filled"),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the temporary directory could not be filled");
            }
        }
    }

    /// The body is failure-lambda's.
    fn answer(&self, status: StatusCode) -> Response<String> {
        self.inject(Mode::Statuscode, None, Some(status));
        let body = json!({"message": format!("Injected status code {}", status.as_u16())});
        let mut response = Response::new(body.to_string());
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        response
    }

    fn fail(&self, message: &str) -> Failure {
        self.inject(Mode::Exception, None, None);
        let exception = InjectedException(message.to_owned());
        self.state().exception = Some(exception.clone());
        // For the log and the trace; Lambda is told the exception itself.
        Failure::caused_by(Problem::Internal, exception)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one insertion or one assignment: what a panic left behind is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to wait for the time limit. What is left is asked now: other faults may have waited before.
pub(super) fn until_the_limit(decided: &Decided, buffer: Duration) -> Duration {
    let left = decided.asked.deadline.saturating_duration_since(Instant::now());
    if buffer.is_zero() { left + BEYOND } else { left.saturating_sub(buffer) }
}
