//! What becomes of alarms after a scenario: some look back days.

use jiff::SignedDuration;

use super::alarms::{self, AlarmSeen};
use super::stage::Stage;
use crate::clock::Clock;
use crate::cloudwatch::alarms::State;
use crate::cloudwatch::{CloudWatch, Datum, Metrics};
use crate::template::MetricName;

/// After the end, the longest window of an alarm is passed by in these steps: the engine makes up for that many minutes.
const STEP: SignedDuration = SignedDuration::from_mins(15);

/// Steps of four days: alarms look back at most three.
const STEPS: i32 = 4 * 24 * 4;

/// What is needed of a lab to let time pass.
pub(super) struct Future {
    cloudwatch: CloudWatch,
    metrics: Metrics,
    clock: Clock,
    prefix: String,
    stage: String,
}

impl Future {
    pub(super) fn of(stage: &Stage<'_>) -> Self {
        Self {
            cloudwatch: stage.lab.cloudwatch.clone(),
            metrics: stage.lab.instruments.metrics.clone(),
            clock: stage.lab.instruments.clock,
            prefix: stage.prefix.clone(),
            stage: stage.api_stage.clone(),
        }
    }

    /// Lets the time pass that the longest windows look back, with a probe and a rider now and then and nothing wrong, and
    /// notes when the alarms that are still on go off.
    pub(super) fn pass(&self, alarms: &mut [AlarmSeen]) {
        let end = self.clock.now();
        // Without any data an alarm keeps what it knew last.
        let stage = self.stage.as_str();
        let api = format!("wild-rydes-{stage}");
        let goes_on = [
            metric("WildRydes", "HeartbeatRides", &[("service", "probe"), ("stage", stage)]),
            metric(
                "AWS/ApiGateway",
                "Count",
                &[("ApiName", &api), ("Stage", stage), ("Resource", "/ride"), ("Method", "POST")],
            ),
        ];
        let mut now = end;
        for _ in 0..STEPS {
            if alarms.iter().all(|alarm| alarm.cleared() || alarm.clears_after.is_some()) {
                return;
            }
            for minutes in [5, 10, 15] {
                let at = now + SignedDuration::from_mins(minutes);
                for metric in &goes_on {
                    self.metrics.put(Datum { metric: metric.clone(), unit: "Count", at, value: 1.0 });
                }
            }
            now += STEP;
            self.cloudwatch.evaluate(now);
            for state in self.cloudwatch.standings() {
                let name = alarms::short(&state.name, &self.prefix);
                let waiting = alarms.iter_mut().find(|alarm| alarm.name == name && !alarm.cleared());
                if let Some(alarm) = waiting.filter(|alarm| alarm.clears_after.is_none() && state.state == State::Ok) {
                    alarm.clears_after = Some((state.since_ms - end.as_millisecond()) as f64 / 1000.0);
                }
            }
        }
    }
}

fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> MetricName {
    let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    MetricName { namespace: namespace.to_owned(), name: name.to_owned(), dimensions: dimensions.collect() }
}
