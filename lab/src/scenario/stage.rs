//! A lab with a scenario on it: the course of a run, and what is collected in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;

use super::alarms;
use super::course::Course;
use super::error::RunError;
use super::evidence::{Evidence, Stretch};
use super::figures;
use super::file::{Act, Scenario};
use super::future::Future;
use super::grave::GraveLines;
use super::ledger;
use super::mentions::Mentions;
use super::order::{Order, Progress};
use super::plan::Scale;
use super::stage_payments::Stored;
use super::witness::{self, Window};
use crate::assembly::Lab;
use crate::load;

/// Longer than any function may still be at work when the last rider has gone: an init that fails after 10 s, another within the
/// function's 25 s, and as much for the work.
pub(super) const REST_LIMIT: Duration = Duration::from_secs(65);

/// A lab with a scenario on it.
pub(super) struct Stage<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) act: &'a Act,
    pub(super) order: &'a Order,
    pub(super) lab: &'a Lab,
    pub(super) told: &'a (dyn Fn(Progress) + Send + Sync),
    pub(super) scale: Scale,
    /// What stands before the alarms' names.
    pub(super) prefix: String,
    pub(super) api_stage: String,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        act: &'a Act,
        order: &'a Order,
        lab: &'a Lab,
        told: &'a (dyn Fn(Progress) + Send + Sync),
    ) -> Result<Self, RunError> {
        let api = lab.stack.apis.values().next().ok_or(RunError::Missing("API"))?;
        let prefix = format!("wild-rydes-{}-", api.stage);
        let names: BTreeSet<String> =
            lab.cloudwatch.standings().iter().map(|alarm| alarms::short(&alarm.name, &prefix)).collect();
        if let Some(unknown) = act.expect.alarms.known().find(|name| !names.contains(*name)) {
            return Err(RunError::NoAlarm(unknown.to_owned()));
        }
        let scale = Scale::new(order.compress);
        Ok(Self { scenario, act, order, lab, told, scale, prefix, api_stage: api.stage.clone() })
    }

    pub(super) async fn play(&self) -> Result<Evidence, RunError> {
        let course = Course::beginning(self.lab, self.scale);
        (self.told)(Progress::Began);
        let (progress, seen) = watch::channel(load::Progress::default());
        let mut lines = (GraveLines::since(course.began_at), Mentions::since(course.began_at, &self.act.expect.log));
        let both = async { tokio::try_join!(self.ride(&course, &progress), self.break_and_mend(&course)) };
        let (rides, faults) = tokio::select! {
            never = self.watch(&course, &seen, &mut lines) => match never {},
            played = both => played?,
        };
        let seconds = course.now();
        let alarms_at_the_end = self.lab.cloudwatch.snapshot();
        let Stored { rides: rows, payments } = self.at_the_end(&course).await?;
        let clock = self.lab.instruments.clock;
        let metrics = &self.lab.instruments.metrics;
        let metrics = figures::seen(&self.act.expect.metrics, metrics, clock.at(course.began_at), clock.now());
        let mut alarms = alarms::seen(&alarms_at_the_end, &self.prefix, course.began_ms);
        let window = Window {
            began: course.began_at,
            load_ends_ms: self.scale.machine(self.scenario.load_seconds()).as_secs_f64() * 1000.0,
            compress: f64::from(self.order.compress.max(1)),
        };
        // Reading and passing by days takes the processor for a while.
        let (observation, future) = (self.lab.observation.clone(), Future::of(self));
        let (failures, traces, grave, mentions, alarms) = tokio::task::spawn_blocking(move || {
            let (mut grave, mut mentions) = lines;
            let failures = witness::failures(&observation, window);
            let traces = witness::traces(&observation, &failures, window);
            grave.read(&observation);
            mentions.read(&observation);
            future.pass(&mut alarms);
            (failures, traces, grave.into_lines(), mentions.into_counts(), alarms)
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
            payments,
            alarms,
            failures,
            grave,
            mentions,
            metrics,
            traces,
        })
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
