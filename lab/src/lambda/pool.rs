//! One function: its environments, its concurrency and its invocations.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::LambdaError;
use super::environment::{Environment, Phase, Reply, Work, lock};
use super::invocation::{FunctionError, Invocation, Outcome, PAYLOAD_LIMIT, Timing};
use super::metrics::FunctionMetrics;
use super::report::{Format, Report};
use super::seats::{OF_AN_ACCOUNT, Seats};
use super::settings::Settings;
use super::trace::{InvocationTrace, Ran};
use super::trouble::{Trouble, Troubles};
use super::{killer, memory};
use crate::logs::Origin;
use crate::task::DropTask;
use crate::template::Function;

/// Limit of the init phase of an on-demand environment.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-ib>
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// An environment nobody wanted for this long is ended. Lambda keeps them for minutes and publishes no figure.
const IDLE_LIMIT: Duration = Duration::from_secs(300);

/// How long an invocation waits for an environment that has just answered. Over a network nobody comes back so soon;
/// on one machine a client does, and would start a second environment each time.
const FINISHING_LIMIT: Duration = Duration::from_millis(10);

/// How long an environment that did not start may take to hand over what it printed. Its streams close with it, so this is only
/// reached when a process of its own has them too.
const LAST_WORDS: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Pool {
    settings: Settings,
    format: Format,
    environments: Mutex<Vec<Arc<Environment>>>,
    /// The template's function with what is wrong with it on purpose.
    function: Mutex<Arc<Function>>,
    troubles: Mutex<Troubles>,
    /// Kills environments while that is ordered.
    killer: Mutex<Option<DropTask>>,
    /// Seats of its own, which count where concurrency is reserved.
    reserved: Seats,
    freed: Arc<Notify>,
    metrics: FunctionMetrics,
}

impl Pool {
    pub(super) fn new(settings: Settings) -> Arc<Self> {
        let reserved = Seats::new(settings.function.reserved_concurrency.unwrap_or(OF_AN_ACCOUNT));
        let function = Mutex::new(Arc::new(settings.function.clone()));
        let format = Format::of(&settings.function.environment);
        let instruments = settings.instruments.clone();
        let metrics = FunctionMetrics::new(&settings.function, settings.concurrency.clone(), instruments);
        let (environments, troubles, killer) = (Mutex::default(), Mutex::default(), Mutex::default());
        let freed = Arc::default();
        Arc::new(Self { settings, format, environments, function, troubles, killer, reserved, freed, metrics })
    }

    /// As it is configured now.
    pub(super) fn function(&self) -> Arc<Function> {
        lock(&self.function).clone()
    }

    /// Makes something wrong with the function; without a trouble, everything is right again.
    pub(super) fn set(self: &Arc<Self>, trouble: Option<Trouble>) {
        // Held to the end: of two orders at a time, neither may undo the other.
        let mut troubles = lock(&self.troubles);
        let before = troubles.clone();
        match trouble {
            Some(trouble) => troubles.add(trouble),
            None => *troubles = Troubles::default(),
        }
        let now = &*troubles;
        let function = now.apply(&self.settings.function);
        self.reserved.limit_to(function.reserved_concurrency.unwrap_or(OF_AN_ACCOUNT));
        *lock(&self.function) = Arc::new(function);
        if now.kill_every != before.kill_every {
            let killer = now.kill_every.map(|(every, seed)| killer::run(Arc::downgrade(self), every, seed));
            *lock(&self.killer) = killer.map(DropTask::spawn);
        }
        for environment in self.alive() {
            if now.same_configuration(&before) {
                environment.process.forbid_files(now.disk_full);
            } else {
                environment.outdate();
            }
        }
    }

    /// Ends the process of a live environment, which `choose` picks by its place among so many; false where none lives.
    pub(super) fn kill_one(&self, choose: impl FnOnce(usize) -> usize) -> bool {
        let alive = self.alive();
        let chosen = (!alive.is_empty()).then(|| choose(alive.len())).and_then(|index| alive.get(index));
        chosen.inspect(|environment| environment.kill()).is_some()
    }

    fn alive(&self) -> Vec<Arc<Environment>> {
        lock(&self.environments).iter().filter(|environment| !environment.has_ended()).cloned().collect()
    }

    /// Runs one invocation to its end, and tells CloudWatch and X-Ray of it.
    pub(super) async fn invoke(&self, mut invocation: Invocation) -> (Outcome, Timing) {
        let received = jiff::Timestamp::now();
        let (function, xray) = (&self.function(), &self.settings.instruments.xray);
        let trace = InvocationTrace::start(&invocation.trace_header, function, xray);
        invocation.trace_header = trace.function_header();
        let request_id = invocation.request_id.clone();
        let (outcome, ran) = self.admit(invocation, received).await;
        trace.finish(function, &request_id, &outcome, ran, xray);
        self.metrics.end(received, &outcome, ran.map(|ran| ran.timing));
        (outcome, ran.map(|ran| ran.timing).unwrap_or_default())
    }

    /// Runs an invocation if there is a seat for it.
    async fn admit(&self, invocation: Invocation, received: jiff::Timestamp) -> (Outcome, Option<Ran>) {
        if invocation.payload.len() > PAYLOAD_LIMIT {
            return (Outcome::RequestTooLarge, None);
        }
        let reserved = self.function().reserved_concurrency.is_some();
        let seats = if reserved { &self.reserved } else { &self.settings.unreserved };
        let Some(_seat) = seats.take() else { return (Outcome::Throttled, None) };
        let _underway = self.metrics.begin(received, reserved);
        match self.environment().await {
            Ok((environment, init)) => {
                let ready = jiff::Timestamp::now();
                let (outcome, timing) = self.run(&environment, invocation, init).await;
                (outcome, Some(Ran { ready, timing }))
            }
            Err(reason) => {
                let error = FunctionError::exited(&invocation.request_id, &reason);
                (Outcome::FunctionError(error), None)
            }
        }
    }

    /// Starts one environment and leaves it warm.
    pub(super) async fn warm(&self) -> Result<(), LambdaError> {
        let (environment, _) = self.start(INIT_LIMIT, None).await.map_err(|reason| LambdaError::Init {
            function: self.settings.function.name.clone(),
            reason,
            log: self.settings.logs.tail(&self.settings.function.name, 5),
        })?;
        environment.release();
        Ok(())
    }

    pub(super) fn process_ids(&self) -> Vec<u32> {
        self.alive().iter().map(|environment| environment.process.id()).collect()
    }

    pub(super) fn idle(&self) -> usize {
        lock(&self.environments).iter().filter(|environment| environment.phase() == Phase::Waiting).count()
    }

    /// An environment for one invocation: warm, or started now, with how long its init took.
    async fn environment(&self) -> Result<(Arc<Environment>, Option<Duration>), String> {
        loop {
            if let Some(environment) = self.claim_idle() {
                return Ok((environment, None));
            }
            let finishing = self.finishing();
            tokio::select! {
                biased;
                () = self.freed.notified() => {}
                () = tokio::time::sleep(FINISHING_LIMIT), if finishing => {}
                // Never closed; an error would mean that there is nothing to wait for.
                slot = self.settings.start_slots.clone().acquire_owned(), if !finishing => {
                    let first = self.start(INIT_LIMIT, slot.ok()).await;
                    // A failed init is tried once more within the invocation, under the function's own time limit,
                    // and no longer at the cost of functions that work.
                    let started = match first {
                        Ok(started) => Ok(started),
                        Err(_) => self.start(self.function().timeout, None).await,
                    };
                    return started.map(|(environment, init)| (environment, Some(init)));
                }
            }
        }
    }

    /// Whether an environment has answered this very moment and is about to ask for its next invocation.
    fn finishing(&self) -> bool {
        lock(&self.environments).iter().any(|environment| environment.answered_within(FINISHING_LIMIT))
    }

    /// The oldest idle environment, so that the ones of a past peak fall idle and end.
    fn claim_idle(&self) -> Option<Arc<Environment>> {
        self.retire(IDLE_LIMIT);
        let mut environments = lock(&self.environments);
        environments.retain(|environment| !environment.has_ended());
        environments.iter().find(|candidate| candidate.phase() == Phase::Waiting && candidate.claim()).cloned()
    }

    /// Ends the environments that nobody has wanted for this long.
    pub(super) fn retire(&self, idle: Duration) {
        for old in lock(&self.environments).iter().filter(|old| old.phase() == Phase::Waiting && old.idle_for() >= idle)
        {
            if old.claim() {
                old.kill();
            }
        }
    }

    /// Starts an environment and waits until it has initialised. A slot is given back when it has.
    async fn start(
        &self,
        limit: Duration,
        mut slot: Option<OwnedSemaphorePermit>,
    ) -> Result<(Arc<Environment>, Duration), String> {
        let delay = lock(&self.troubles).init_delay.min(limit);
        if !delay.is_zero() {
            // It takes no processor: a slow function must not keep others from starting.
            let had_one = slot.take().is_some();
            tokio::time::sleep(delay).await;
            slot = if had_one { self.settings.start_slots.clone().acquire_owned().await.ok() } else { None };
        }
        // The slot is the machine's affair, the delay the function's.
        let began = Instant::now();
        let began = began.checked_sub(delay).unwrap_or(began);
        let function = self.function();
        let environment = Environment::start(&self.settings, &function, began, self.freed.clone())
            .map_err(|error| format!("{} could not be started: {error}", self.settings.binary.display()))?;
        lock(&self.environments).push(environment.clone());
        // A change that came before the push has not found it.
        if !Arc::ptr_eq(&function, &self.function()) {
            environment.outdate();
        }
        if lock(&self.troubles).disk_full {
            environment.process.forbid_files(true);
        }
        let initialised = environment.initialised(limit).await;
        drop(slot);
        match initialised {
            Ok(init) => Ok((environment, init)),
            Err(reason) => {
                let status = if reason.starts_with("init did not end") { "timeout" } else { "error" };
                environment.said(LAST_WORDS).await;
                self.log(&environment, self.format.init_failed(status, &reason));
                Err(reason)
            }
        }
    }

    async fn run(
        &self,
        environment: &Environment,
        invocation: Invocation,
        init: Option<Duration>,
    ) -> (Outcome, Timing) {
        let Invocation { payload, trace_header, request_id } = invocation;
        let request_id = request_id.as_str();
        let function = self.function();
        self.log(environment, self.format.start(request_id));
        let started = Instant::now();
        let limit = function.timeout;
        let deadline = jiff::Timestamp::now().as_millisecond() + i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
        let reply = environment
            .deliver(Work {
                request_id: request_id.to_owned(),
                payload,
                deadline_ms: deadline,
                trace_header,
                function_arn: function.arn.clone(),
            })
            .await;
        let reply = tokio::select! {
            reply = tokio::time::timeout(limit, reply) => reply,
            never = memory::keep_to(function.memory_mb, environment) => match never {},
        };
        let peak = environment.peak_memory_mb();
        let over = memory::is_over(function.memory_mb, peak);
        if over {
            environment.kill();
        }
        let (outcome, status) = match reply {
            Ok(Ok(_)) if over => {
                let how = "Runtime exited with error: signal: killed";
                (Outcome::FunctionError(FunctionError::exited(request_id, how)), Some("error"))
            }
            Ok(Ok(Reply::Response(payload))) => (Outcome::Success(payload), None),
            Ok(Ok(Reply::ResponseTooLarge)) => {
                (Outcome::FunctionError(FunctionError::response_too_large()), Some("error"))
            }
            Ok(Ok(Reply::Error(payload))) => (Outcome::FunctionError(FunctionError::reported(payload)), Some("error")),
            Ok(Err(_)) => {
                let how = match environment.phase() {
                    Phase::Exited(how) | Phase::InitFailed(how) => how,
                    Phase::Init | Phase::Waiting | Phase::Busy | Phase::Finishing => "Runtime exited".to_owned(),
                };
                (Outcome::FunctionError(FunctionError::exited(request_id, &how)), Some("error"))
            }
            Err(_) => {
                environment.kill();
                let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ");
                let seconds = limit.as_secs_f64();
                self.log(environment, format!("{now} {request_id} Task timed out after {seconds:.2} seconds"));
                (Outcome::FunctionError(FunctionError::timed_out(request_id, limit)), Some("timeout"))
            }
        };
        let timing = Timing { init, duration: started.elapsed().min(limit) };
        let report = Report {
            request_id,
            timing,
            memory_mb: function.memory_mb,
            // Who went over it was ended at the limit.
            max_memory_mb: peak.map(|peak| peak.min(function.memory_mb.into())),
            status,
        };
        for line in report.lines(self.format) {
            self.log(environment, line);
        }
        (outcome, timing)
    }

    fn log(&self, environment: &Environment, line: String) {
        let origin = Origin { function: self.settings.function.name.clone(), environment: environment.id.clone() };
        self.settings.logs.platform(origin, line);
    }
}
