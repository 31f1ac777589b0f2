//! The room: log lines become metrics, and alarms are evaluated as the clock goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::alarms::{AlarmError, Alarms, Snapshot, Standing};
use super::dashboard::{self, DashboardError};
use super::filter_pattern::Event;
use super::metric_filter::{FilterError, LineFilter};
use super::{Metrics, emf};
use crate::clock::Clock;
use crate::instruments::Instruments;
use crate::logs::{Kind, Line, Logs};
use crate::template::{Dashboard, Stack};

/// How long the stack runs before its alarms are looked at first, at the least: the heartbeat needs its first beat, for which
/// nothing else waits. CloudWatch, too, is minutes behind when a stack is new.
const FIRST_LOOK: Duration = Duration::from_secs(10);

/// How long after the end of a minute alarms are evaluated: its last lines are still on their way.
const GRACE: Duration = Duration::from_millis(100);

/// Why CloudWatch does not take a stack.
#[derive(Debug, thiserror::Error)]
pub enum CloudWatchError {
    /// An alarm.
    #[error(transparent)]
    Alarm(#[from] AlarmError),
    /// A metric filter.
    #[error("metric filter {id}: {source}")]
    Filter {
        /// Logical id.
        id: String,
        #[source]
        /// Cause.
        source: FilterError,
    },
    /// A metric filter over lines that the lab does not have.
    #[error(
        "metric filter {id} is of the log group {group}, which is no function's; the lab filters functions' lines only"
    )]
    NoFunction {
        /// Logical id.
        id: String,
        /// The log group.
        group: String,
    },
    /// A dashboard.
    #[error("dashboard {name}: {source}")]
    Dashboard {
        /// Its name.
        name: String,
        #[source]
        /// Cause.
        source: DashboardError,
    },
}

/// CloudWatch, for one stack. Clones share it.
#[derive(Debug, Clone)]
pub struct CloudWatch {
    metrics: Metrics,
    clock: Clock,
    alarms: Arc<Mutex<Alarms>>,
    dashboards: Arc<BTreeMap<String, Dashboard>>,
}

impl CloudWatch {
    /// CloudWatch with what the stack declares, reading its log from now on.
    ///
    /// # Errors
    /// An alarm, a metric filter or a dashboard that the lab cannot evaluate.
    pub fn open(stack: &Stack, instruments: &Instruments, logs: &Logs) -> Result<Self, CloudWatchError> {
        let Instruments { metrics, clock, .. } = instruments.clone();
        let alarms = stack.alarms.values().cloned();
        let composites = stack.composite_alarms.values().cloned();
        let alarms = Alarms::new(alarms, composites, stack.topics.values().cloned(), clock.now())?;
        for dashboard in stack.dashboards.values() {
            let name = || dashboard.name.clone();
            dashboard::check(&dashboard.body).map_err(|source| CloudWatchError::Dashboard { name: name(), source })?;
        }
        let groups = stack.functions.values().map(|function| (function.name.clone(), function.log_group.clone()));
        let intake = Intake { metrics: metrics.clone(), clock, filters: filters(stack)?, groups: groups.collect() };
        logs.tap(move |line| intake.read(line));
        let dashboards = stack.dashboards.values().map(|dashboard| (dashboard.name.clone(), dashboard.clone()));
        Ok(Self { metrics, clock, alarms: Arc::new(Mutex::new(alarms)), dashboards: Arc::new(dashboards.collect()) })
    }

    /// Evaluates the alarms after every minute of the clock, until dropped.
    pub(crate) async fn watch(self) {
        let opened = Instant::now();
        let first = self.clock.now().checked_add(SignedDuration::from_mins(1)).unwrap_or(Timestamp::MAX);
        loop {
            tokio::time::sleep(until_next_minute(self.clock)).await;
            let now = self.clock.now();
            if now >= first && opened.elapsed() >= FIRST_LOOK {
                self.evaluate(now);
            }
        }
    }

    /// Evaluates what is due at a moment of the clock.
    pub fn evaluate(&self, now: Timestamp) {
        self.alarms().evaluate(now, &self.metrics);
    }

    /// Every alarm with its state and history, and the notices that went out.
    pub fn snapshot(&self) -> Snapshot {
        self.alarms().snapshot(self.clock.now())
    }

    /// The states of all alarms, in no order.
    pub fn standings(&self) -> Vec<Standing> {
        self.alarms().standings()
    }

    /// Names of the dashboards.
    pub fn dashboards(&self) -> impl Iterator<Item = &str> {
        self.dashboards.keys().map(String::as_str)
    }

    /// A dashboard with the figures of a time; none of that name, none.
    ///
    /// # Errors
    /// An expression that has several values where one is asked for.
    pub fn dashboard(&self, name: &str, from: Timestamp, to: Timestamp) -> Option<Result<Value, DashboardError>> {
        self.dashboards.get(name).map(|found| dashboard::render(found, &self.metrics, from, to))
    }

    fn alarms(&self) -> MutexGuard<'_, Alarms> {
        self.alarms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long the machine takes until the clock's minute has ended and its lines have come in.
fn until_next_minute(clock: Clock) -> Duration {
    let past = clock.now().as_millisecond().rem_euclid(60_000);
    let left = u64::try_from(60_000 - past).unwrap_or(60_000);
    Duration::from_millis(left) / u32::from(clock.factor()) + GRACE
}

/// The filters by log group.
fn filters(stack: &Stack) -> Result<BTreeMap<String, Vec<LineFilter>>, CloudWatchError> {
    let mut filters: BTreeMap<String, Vec<LineFilter>> = BTreeMap::new();
    for (id, filter) in &stack.metric_filters {
        if !stack.functions.values().any(|function| function.log_group == filter.log_group) {
            return Err(CloudWatchError::NoFunction { id: id.clone(), group: filter.log_group.clone() });
        }
        let read = LineFilter::new(filter).map_err(|source| CloudWatchError::Filter { id: id.clone(), source })?;
        filters.entry(filter.log_group.clone()).or_default().push(read);
    }
    Ok(filters)
}

/// Takes metrics out of log lines.
struct Intake {
    metrics: Metrics,
    clock: Clock,
    filters: BTreeMap<String, Vec<LineFilter>>,
    /// Log groups by function.
    groups: BTreeMap<String, String>,
}

impl Intake {
    fn read(&self, line: &Line) {
        let Some(group) = self.groups.get(&line.origin.function) else { return };
        let received = self.clock.at(line.time);
        if line.kind == Kind::Function {
            for datum in emf::extract(&line.text, group, received, &self.clock).data {
                self.metrics.put(datum);
            }
        }
        let event = Event::new(&line.text);
        for filter in self.filters.get(group).into_iter().flatten() {
            for datum in filter.data_of(&event, received) {
                self.metrics.put(datum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_look_is_at_the_end_of_a_minute_of_the_clock() {
        let real = until_next_minute(Clock::starting_now(1));
        let fast = until_next_minute(Clock::starting_now(60));
        assert!(real > GRACE && real <= Duration::from_secs(60) + GRACE, "{real:?}");
        assert!(fast > GRACE && fast <= Duration::from_secs(1) + GRACE, "{fast:?}");
    }
}
