//! Plays a scenario on a lab of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use super::alarms;
use super::evidence::{Evidence, Stretch};
use super::file::{Act, Scenario, Variant};
use super::future::Future;
use super::ledger::{self, Wanted};
use super::plan::Scale;
use super::riders;
use super::trouble::Fault;
use super::witness::{self, Window};
use crate::assembly::{Lab, LabError, Options, Plan};
use crate::binaries::{self, BuildError, Profile};
use crate::cloudwatch::alarms::State;
use crate::load;

/// What to play, and with what.
#[derive(Debug, Clone)]
pub struct Order {
    /// The template.
    pub template: PathBuf,
    /// The workspace in which functions are built.
    pub workspace: PathBuf,
    /// How functions are built.
    pub profile: Profile,
    /// Binaries that are there already, and are not built.
    pub built: BTreeMap<String, PathBuf>,
    /// Which act.
    pub variant: Variant,
    /// How many times as fast as the machine the scenario goes.
    pub compress: u16,
    /// The seed of what is random.
    pub seed: u64,
    /// Ports of the API and of the console on 127.0.0.1; 0 takes a free one.
    pub ports: (u16, u16),
}

/// What is told of a run while it lasts. Times are in seconds of the scenario since the load began.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The functions are being built.
    Building,
    /// The stack is coming up, and its alarms are to be quiet before anything happens.
    Starting,
    /// The load has begun.
    Began,
    /// A fault was turned on or off.
    Fault {
        /// When.
        at: f64,
        /// What.
        what: String,
        /// On or off.
        on: bool,
    },
    /// An alarm went on or off.
    Alarm {
        /// When.
        at: f64,
        /// Which.
        name: String,
        /// On or off.
        on: bool,
    },
    /// How it stands.
    Tick {
        /// When.
        at: f64,
        /// How many riders were told what; 0 is no answer.
        statuses: BTreeMap<u16, u64>,
    },
    /// The load is over, and alarms are waited for.
    Settling {
        /// When.
        at: f64,
    },
}

/// Why a scenario could not be played.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No such act.
    #[error("scenario {0} has no act \"{1}\"")]
    NoAct(String, &'static str),
    /// Too fast.
    #[error("scenario {name} can be compressed at most {most} times: {because}")]
    Compress {
        /// Name.
        name: String,
        /// At most.
        most: u16,
        /// Why.
        because: String,
    },
    /// The lab does not start.
    #[error(transparent)]
    Lab(#[from] LabError),
    /// The functions cannot be built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A binary that no function has is to be replaced.
    #[error("no function of the template has the binary \"{0}\"")]
    NoBinary(String),
    /// Variables of a function that there is not.
    #[error("the template has no function \"{0}\"")]
    NoFunction(String),
    /// The template lacks what scenarios are about.
    #[error("the template has no {0}")]
    Missing(&'static str),
    /// An alarm that the scenario names does not exist.
    #[error("the stack has no alarm \"{0}\"")]
    NoAlarm(String),
    /// A switch does not exist.
    #[error("the fault \"{what}\" cannot be turned on: {why}")]
    Switch {
        /// The fault.
        what: String,
        /// Why.
        why: String,
    },
    /// Before anything was wrong, alarms were on or nobody had looked at them.
    #[error("before the load, after {waited} s, these alarms are not OK: {alarms}")]
    NotQuiet {
        /// Alarms with their states.
        alarms: String,
        /// Seconds.
        waited: u64,
    },
    /// No load can be made.
    #[error(transparent)]
    Load(#[from] load::LoadError),
    /// The rides table cannot be read.
    #[error("the rides table could not be read")]
    Rows(#[source] crate::dynamodb::DynamoDbError),
    /// A task died.
    #[error("a task of the lab died")]
    Died,
}

/// How long the stack may take until all its alarms are OK, in minutes of CloudWatch's clock and in any case.
const QUIET_MINUTES: f64 = 20.0;
const QUIET_AT_LEAST: Duration = Duration::from_secs(60);

/// How often alarms are looked at while it goes on.
const LOOK: Duration = Duration::from_millis(200);

/// Riders under way at most: as many as come while one of them waits as long as any can.
const IN_FLIGHT: usize = 10_000;

/// How often progress is told.
const TICK: Duration = Duration::from_secs(2);

/// Plays an act of a scenario. `told` hears of it meanwhile.
///
/// # Errors
/// Whatever keeps it from being played. What happens in it is no error: see [`judge`](super::judge).
pub async fn run(
    scenario: &Scenario,
    order: &Order,
    told: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Evidence, RunError> {
    let act = act(scenario, order)?;
    let lab = start(act, order, told).await?;
    let stage = Stage::new(scenario, act, order, &lab, told)?;
    stage.quiet().await?;
    stage.play().await
}

/// Plays an act as [`run`] does, on a lab that others are shown while it comes up and that stays until this is dropped.
/// Nothing is judged.
///
/// # Errors
/// Whatever keeps it from being played, or `shown` from showing it.
pub async fn stay<T>(
    scenario: &Scenario,
    order: &Order,
    told: &(dyn Fn(Progress) + Send + Sync),
    shown: impl FnOnce(&Lab) -> T,
) -> Result<std::convert::Infallible, RunError> {
    let act = act(scenario, order)?;
    let lab = start(act, order, told).await?;
    let _shown = shown(&lab);
    let stage = Stage::new(scenario, act, order, &lab, told)?;
    stage.play().await?;
    std::future::pending().await
}

fn act<'a>(scenario: &'a Scenario, order: &Order) -> Result<&'a Act, RunError> {
    let variant = order.variant;
    let act = scenario.act(variant).ok_or_else(|| RunError::NoAct(scenario.name.clone(), variant.name()))?;
    let limit = scenario.compress(variant);
    if order.compress > limit.most {
        let (most, because) = (limit.most, limit.because.clone());
        return Err(RunError::Compress { name: scenario.name.clone(), most, because });
    }
    Ok(act)
}

async fn start(act: &Act, order: &Order, told: &(dyn Fn(Progress) + Send + Sync)) -> Result<Lab, RunError> {
    let options = Options {
        template: order.template.clone(),
        parameters: act.all_parameters(),
        port: order.ports.0,
        console_port: order.ports.1,
        compress: order.compress,
        ..Options::default()
    };
    let mut plan = Plan::new(&options).await?;
    // Those that are replaced are built too: cargo would otherwise choose other features for what they share, and build
    // everything again whenever acts alternate.
    let mut names = plan.binaries();
    for (old, new) in &act.binaries {
        let mut functions = plan.stack.functions.values_mut().filter(|function| function.binary == *old).peekable();
        functions.peek().ok_or_else(|| RunError::NoBinary(old.clone()))?;
        functions.for_each(|function| function.binary.clone_from(new));
    }
    for (id, variables) in &act.environment {
        let function = plan.stack.functions.get_mut(id).ok_or_else(|| RunError::NoFunction(id.clone()))?;
        function.environment.extend(variables.clone());
    }
    if act.faults.iter().any(|fault| fault.injection.is_some()) {
        // Functions keep what they have read for ten seconds of the machine: minutes of a compressed scenario.
        for function in plan.stack.functions.values_mut() {
            if function.environment.contains_key("FAILURE_INJECTION_PARAM") {
                function.environment.insert("FAILURE_CACHE_TTL".to_owned(), "1".to_owned());
            }
        }
    }
    told(Progress::Building);
    let mut built = order.built.clone();
    names.extend(plan.binaries());
    let missing: BTreeSet<String> = names.into_iter().filter(|name| !built.contains_key(name)).collect();
    if !missing.is_empty() {
        let (workspace, profile) = (order.workspace.clone(), order.profile);
        let new = tokio::task::spawn_blocking(move || binaries::build(&workspace, &missing, profile)).await;
        built.extend(new.map_err(|_| RunError::Died)??);
    }
    told(Progress::Starting);
    Ok(Lab::start(plan, &built).await?)
}

/// When it began, by all clocks.
struct Course {
    began: Instant,
    began_at: Timestamp,
    /// By CloudWatch's clock, in milliseconds since 1970.
    began_ms: i64,
    scale: Scale,
}

impl Course {
    fn beginning(lab: &Lab, scale: Scale) -> Self {
        let began_ms = lab.instruments.clock.now().as_millisecond();
        Self { began: Instant::now(), began_at: Timestamp::now(), began_ms, scale }
    }

    /// Seconds of the scenario since the load began.
    fn now(&self) -> f64 {
        self.scale.scenario(self.began.elapsed())
    }
}

/// A lab with a scenario on it.
pub(super) struct Stage<'a> {
    scenario: &'a Scenario,
    act: &'a Act,
    order: &'a Order,
    pub(super) lab: &'a Lab,
    told: &'a (dyn Fn(Progress) + Send + Sync),
    scale: Scale,
    /// What stands before the alarms' names.
    pub(super) prefix: String,
    pub(super) api_stage: String,
}

impl<'a> Stage<'a> {
    fn new(
        scenario: &'a Scenario,
        act: &'a Act,
        order: &'a Order,
        lab: &'a Lab,
        told: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Result<Self, RunError> {
        let api = lab.stack.apis.values().next().ok_or(RunError::Missing("API"))?;
        let prefix = format!("wild-rydes-{}-", api.stage);
        let names: BTreeSet<String> =
            lab.cloudwatch.snapshot().alarms.iter().map(|alarm| alarms::short(&alarm.name, &prefix)).collect();
        if let Some(unknown) = act.expect.alarms.known().find(|name| !names.contains(*name)) {
            return Err(RunError::NoAlarm(unknown.to_owned()));
        }
        let scale = Scale::new(order.compress);
        Ok(Self { scenario, act, order, lab, told, scale, prefix, api_stage: api.stage.clone() })
    }

    /// Waits until every alarm has been looked at and is off, and then for the next minute of CloudWatch's clock: where in a
    /// minute a fault begins decides how many minutes are bad.
    async fn quiet(&self) -> Result<(), RunError> {
        let nobody = watch::Sender::default();
        load::run(&riders::first(), &self.options(), &nobody, std::future::pending()).await?;
        let began = Instant::now();
        let longest = self.scale.machine(QUIET_MINUTES * 60.0).max(QUIET_AT_LEAST);
        loop {
            // CloudWatch itself looks at new alarms seconds later; the first beat of the heart is all that they need.
            if self.lab.instruments.metrics.list().iter().any(|listed| listed.metric.name == "HeartbeatRides") {
                self.lab.cloudwatch.evaluate(self.lab.instruments.clock.now());
            }
            let alarms = self.lab.cloudwatch.snapshot().alarms;
            let loud = alarms.iter().filter(|alarm| alarm.state != State::Ok);
            let loud: Vec<String> = loud.map(|alarm| format!("{} ({})", alarm.name, alarm.state)).collect();
            if loud.is_empty() {
                break;
            }
            if began.elapsed() > longest {
                return Err(RunError::NotQuiet { alarms: loud.join(", "), waited: longest.as_secs() });
            }
            tokio::time::sleep(LOOK).await;
        }
        let past = self.lab.instruments.clock.now().as_millisecond().rem_euclid(60_000) as f64 / 1000.0;
        tokio::time::sleep(self.scale.machine(60.0 - past)).await;
        Ok(())
    }

    async fn play(&self) -> Result<Evidence, RunError> {
        let table = self.lab.table("RidesTable").ok_or(RunError::Missing("RidesTable"))?;
        let course = Course::beginning(self.lab, self.scale);
        (self.told)(Progress::Began);
        let (progress, seen) = watch::channel(load::Progress::default());
        let both = async { tokio::try_join!(self.ride(&course, &progress), self.break_and_mend(&course)) };
        let (rides, faults) = tokio::select! {
            never = self.watch(&course, &seen) => match never {},
            played = both => played?,
        };
        let seconds = course.now();
        let rows = self.lab.dynamodb.items(table).await.map_err(RunError::Rows)?;
        let mut alarms = alarms::seen(&self.lab.cloudwatch.snapshot(), &self.prefix, course.began_ms);
        let window = Window {
            began: course.began_at,
            load_ends_ms: self.scale.machine(self.scenario.load_seconds()).as_secs_f64() * 1000.0,
            compress: f64::from(self.order.compress.max(1)),
        };
        // Reading and passing by days takes the processor for a while.
        let (observation, future) = (self.lab.observation.clone(), Future::of(self));
        let (failures, traces, grave, alarms) = tokio::task::spawn_blocking(move || {
            let failures = witness::failures(&observation, window);
            let traces = witness::traces(&observation, &failures, window);
            let grave = witness::grave(&observation, window);
            future.pass(&mut alarms);
            (failures, traces, grave, alarms)
        })
        .await
        .map_err(|_| RunError::Died)?;
        Ok(Evidence {
            scenario: self.scenario.name.clone(),
            title: self.scenario.title.clone(),
            variant: self.order.variant,
            with: self.act.with.clone(),
            seed: self.order.seed,
            compress: self.order.compress.max(1),
            began: course.began_at.to_string(),
            seconds,
            phases: self.phases(seconds),
            faults,
            books: ledger::compare(&rides, &rows),
            rides,
            alarms,
            failures,
            grave,
            traces,
        })
    }

    /// The load, and after it riders at the settling rate until the alarms are off.
    async fn ride(&self, course: &Course, progress: &watch::Sender<load::Progress>) -> Result<Vec<Wanted>, RunError> {
        let options = load::Options {
            compress: self.order.compress,
            client: self.act.client.unwrap_or(self.scenario.load.client),
            tell_apart: true,
            ..self.options()
        };
        let ends = self.scenario.load_seconds();
        let (during, after) = (riders::load(self.scenario), riders::afterwards(self.scenario));
        let unseen = watch::Sender::default();
        let load = load::run(&during, &options, progress, std::future::pending());
        // They come whether or not the last of the load have their answers.
        let settling = async {
            tokio::time::sleep_until((course.began + self.scale.machine(ends)).into()).await;
            (self.told)(Progress::Settling { at: course.now() });
            load::run(&after, &options, &unseen, self.settled(course)).await
        };
        let (load, after) = tokio::try_join!(load, settling)?;
        let mut rides = riders::seen(&load.ledger, 1, 0.0, true, self.scale);
        let next = u32::try_from(rides.len()).unwrap_or(u32::MAX).saturating_add(1);
        rides.extend(riders::seen(&after.ledger, next, ends, false, self.scale));
        Ok(rides)
    }

    fn options(&self) -> load::Options {
        let target = format!("{}/{}", self.lab.origin, self.api_stage);
        load::Options { in_flight: IN_FLIGHT, ..load::Options::new(target, self.order.seed) }
    }

    /// Returns when every alarm that does not look back longer is off, and no earlier than the scenario says.
    async fn settled(&self, course: &Course) {
        let settle = self.scenario.settle;
        let ends = self.scenario.load_seconds();
        let stays = |name: &str| self.act.expect.alarms.is_lasting(&alarms::short(name, &self.prefix));
        loop {
            let past = course.now() - ends;
            let alarms = self.lab.cloudwatch.snapshot().alarms;
            let on = alarms.iter().any(|alarm| alarm.state == State::Alarm && !stays(&alarm.name));
            if past >= settle.most || (past >= settle.least && !on) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Turns every fault on and off at its time.
    async fn break_and_mend(&self, course: &Course) -> Result<Vec<Stretch>, RunError> {
        let faults = self.act.faults.iter().map(|fault| self.fault(fault, course));
        futures_util::future::try_join_all(faults).await
    }

    async fn fault(&self, fault: &Fault, course: &Course) -> Result<Stretch, RunError> {
        let wrong = |why| RunError::Switch { what: fault.what.clone(), why };
        let tell = |at, on| (self.told)(Progress::Fault { at, what: fault.what.clone(), on });
        let moment = |seconds| tokio::time::Instant::from(course.began + self.scale.machine(seconds));
        tokio::time::sleep_until(moment(fault.at)).await;
        fault.begin(self.lab, self.order.seed).map_err(wrong)?;
        let from = course.now();
        tell(from, true);
        tokio::select! {
            () = fault.go_on(self.lab, self.order.seed) => {}
            () = tokio::time::sleep_until(moment(fault.at + fault.lasts)) => {}
        }
        fault.end(self.lab).map_err(wrong)?;
        let to = course.now();
        tell(to, false);
        Ok(Stretch { what: fault.what.clone(), from, to })
    }

    /// Tells of alarms and answers, until dropped.
    async fn watch(&self, course: &Course, progress: &watch::Receiver<load::Progress>) -> std::convert::Infallible {
        let mut on = BTreeSet::new();
        let mut ticked = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            for alarm in self.lab.cloudwatch.snapshot().alarms {
                let is_on = alarm.state == State::Alarm;
                let name = alarms::short(&alarm.name, &self.prefix);
                let changed = if is_on { on.insert(name.clone()) } else { on.remove(&name) };
                if changed {
                    let at = (alarm.since_ms - course.began_ms) as f64 / 1000.0;
                    (self.told)(Progress::Alarm { at, name, on: is_on });
                }
            }
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                (self.told)(Progress::Tick { at: course.now(), statuses: riders::statuses(&progress.borrow()) });
            }
        }
    }

    fn phases(&self, seconds: f64) -> Vec<Stretch> {
        let mut from = 0.0;
        let mut all: Vec<Stretch> = Vec::new();
        for phase in &self.scenario.load.phases {
            let to = from + phase.length.as_secs_f64();
            all.push(Stretch { what: phase.name.clone().unwrap_or_default(), from, to });
            from = to;
        }
        all.push(Stretch { what: "afterwards".to_owned(), from, to: seconds });
        all
    }
}
