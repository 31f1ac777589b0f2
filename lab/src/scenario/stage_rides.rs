//! The riders of a run: before, during and after the load.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::alarms;
use super::course::Course;
use super::error::RunError;
use super::ledger::Wanted;
use super::order::Progress;
use super::riders;
use super::stage::Stage;
use crate::cloudwatch::alarms::State;
use crate::load;

/// How long the stack may take until all its alarms are OK, in minutes of CloudWatch's clock and in any case.
const QUIET_MINUTES: f64 = 20.0;
const QUIET_AT_LEAST: Duration = Duration::from_secs(60);

/// How often alarms are looked at while it goes on.
pub(super) const LOOK: Duration = Duration::from_millis(200);

/// Riders under way at most: as many as come while one of them waits as long as any can.
const IN_FLIGHT: usize = 10_000;

impl Stage<'_> {
    /// Waits until every alarm has been looked at and is off, and then for the next minute of CloudWatch's clock: where in a
    /// minute a fault begins decides how many minutes are bad.
    pub(super) async fn quiet(&self) -> Result<(), RunError> {
        let nobody = watch::Sender::default();
        load::run(&riders::first(), &self.options(), &nobody, std::future::pending()).await?;
        let began = Instant::now();
        let longest = self.scale.machine(QUIET_MINUTES * 60.0).max(QUIET_AT_LEAST);
        loop {
            // CloudWatch itself looks at new alarms seconds later; the first beat of the heart is all that they need.
            if self.lab.instruments.metrics.list().iter().any(|listed| listed.metric.name == "HeartbeatRides") {
                self.lab.cloudwatch.evaluate(self.lab.instruments.clock.now());
            }
            let alarms = self.lab.cloudwatch.standings();
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

    /// The load, and after it riders at the settling rate until the alarms are off.
    pub(super) async fn ride(
        &self,
        course: &Course,
        progress: &watch::Sender<load::Progress>,
    ) -> Result<Vec<Wanted>, RunError> {
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
            let settled = async {
                // What cannot be read is told at the end; the load is over in any case.
                let _ = self.settled(course).await;
            };
            load::run(&after, &options, &unseen, settled).await
        };
        let (load, after) = tokio::try_join!(load, settling)?;
        let mut rides = riders::seen(&load.ledger, 1, 0.0, true, self.scale);
        let next = u32::try_from(rides.len()).unwrap_or(u32::MAX).saturating_add(1);
        rides.extend(riders::seen(&after.ledger, next, ends, false, self.scale));
        Ok(rides)
    }

    pub(super) fn options(&self) -> load::Options {
        let target = format!("{}/{}", self.lab.origin, self.api_stage);
        load::Options { in_flight: IN_FLIGHT, ..load::Options::new(target, self.order.seed) }
    }

    /// Returns when every alarm that does not look back longer is off and the rides of the load are paid for, and no earlier
    /// than the scenario says.
    async fn settled(&self, course: &Course) -> Result<(), RunError> {
        let settle = self.scenario.settle;
        let ends = self.scenario.load_seconds();
        let stays = |name: &str| self.act.expect.alarms.is_lasting(&alarms::short(name, &self.prefix));
        loop {
            let past = course.now() - ends;
            let alarms = self.lab.cloudwatch.standings();
            let on = alarms.iter().any(|alarm| alarm.state == State::Alarm && !stays(&alarm.name));
            if past >= settle.most {
                return Ok(());
            }
            if past >= settle.least && !on && self.load_is_paid_for(course).await? {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
