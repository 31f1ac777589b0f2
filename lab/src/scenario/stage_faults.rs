//! The faults of a run, and what is told of it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::alarms;
use super::course::Course;
use super::error::RunError;
use super::evidence::Stretch;
use super::grave::GraveLines;
use super::mentions::Mentions;
use super::order::Progress;
use super::riders;
use super::stage::Stage;
use super::stage_rides::LOOK;
use super::trouble::Fault;
use crate::cloudwatch::alarms::State;
use crate::load;

/// How often progress is told.
const TICK: Duration = Duration::from_secs(2);

impl Stage<'_> {
    /// Turns every fault on and off at its time.
    pub(super) async fn break_and_mend(&self, course: &Course) -> Result<Vec<Stretch>, RunError> {
        let faults = self.act.faults.iter().map(|fault| self.fault(fault, course));
        futures_util::future::try_join_all(faults).await
    }

    async fn fault(&self, fault: &Fault, course: &Course) -> Result<Stretch, RunError> {
        let wrong = |why| RunError::Switch { what: fault.what.clone(), why };
        let tell = |at, on| (self.told)(Progress::Fault { at, what: fault.what.clone(), on });
        let moment = |seconds| tokio::time::Instant::from(course.began + self.scale.machine(seconds));
        tokio::time::sleep_until(moment(fault.at)).await;
        fault.begin(self.lab, self.order.seed).await.map_err(wrong)?;
        let from = course.now();
        tell(from, true);
        tokio::time::sleep_until(moment(fault.at + fault.lasts)).await;
        fault.end(self.lab).await.map_err(wrong)?;
        let to = course.now();
        tell(to, false);
        Ok(Stretch { what: fault.what.clone(), from, to })
    }

    /// Tells of alarms and answers and reads the log, until dropped.
    pub(super) async fn watch(
        &self,
        course: &Course,
        progress: &watch::Receiver<load::Progress>,
        (grave, mentions): &mut (GraveLines, Mentions),
    ) -> std::convert::Infallible {
        let mut on = BTreeSet::new();
        let mut ticked = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            for alarm in self.lab.cloudwatch.standings() {
                let is_on = alarm.state == State::Alarm;
                let name = alarms::short(&alarm.name, &self.prefix);
                let changed = if is_on { on.insert(name.clone()) } else { on.remove(&name) };
                if changed {
                    let at = (alarm.since_ms - course.began_ms) as f64 / 1000.0;
                    (self.told)(Progress::Alarm { at, name, on: is_on });
                }
            }
            grave.read(&self.lab.observation);
            mentions.read(&self.lab.observation);
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                (self.told)(Progress::Tick { at: course.now(), statuses: riders::statuses(&progress.borrow()) });
            }
        }
    }
}
