//! What a console shows of alarms.

use jiff::Timestamp;
use serde::Serialize;

use super::engine::Alarms;
use super::notice::{Notice, Topics};
use super::state::State;
use super::status::{Status, Transition};
use super::suppression::Quiet;
use super::words::{runbook, threshold, watches};
use crate::template::Actions;

/// All alarms at one moment, as `GET /api/alarms` answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshot {
    /// When, in milliseconds since 1970.
    pub now_ms: i64,
    /// By name.
    pub alarms: Vec<AlarmSnapshot>,
    /// The latest first.
    pub notices: Vec<Notice>,
}

/// One alarm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlarmSnapshot {
    /// `AlarmName`.
    pub name: String,
    /// Of metrics or of other alarms.
    pub kind: AlarmKind,
    /// Who gets up for it.
    pub urgency: Urgency,
    /// Its state.
    pub state: State,
    /// Why it is in it.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// `AlarmDescription`.
    pub description: String,
    /// The runbook that the description names.
    pub runbook: Option<String>,
    /// Whether it is kept from acting.
    pub suppressed: bool,
    /// Metric, expression or rule.
    pub watches: String,
    /// `> 5`; none of a composite.
    pub threshold: Option<String>,
    /// Its changes, the latest first.
    pub history: Vec<Transition>,
}

/// The state of an alarm, for whoever asks so often that a [`Snapshot`] would cost too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `AlarmName`.
    pub name: String,
    /// Its state.
    pub state: State,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
}

/// What an alarm watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlarmKind {
    /// Metrics.
    Metric,
    /// Other alarms.
    Composite,
}

/// How soon somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Urgency {
    /// At once.
    Page,
    /// In working hours.
    Ticket,
    /// It is only there for other alarms.
    None,
}

impl Alarms {
    /// All alarms as they are after the last evaluation.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let metrics = self.metrics.iter().zip(&self.statuses).map(|(alarm, status)| AlarmSnapshot {
            kind: AlarmKind::Metric,
            watches: watches(alarm),
            threshold: Some(threshold(alarm)),
            ..of(&alarm.name, &alarm.description, &alarm.actions, status, &self.topics)
        });
        let composites = self.composites.iter().zip(self.statuses.iter().skip(self.metrics.len()));
        let composites = composites.map(|(composite, status)| AlarmSnapshot {
            suppressed: composite.suppression.quiet != Quiet::No,
            watches: composite.alarm.rule.clone(),
            ..of(&composite.alarm.name, &composite.alarm.description, &composite.alarm.actions, status, &self.topics)
        });
        let mut alarms: Vec<_> = metrics.chain(composites).collect();
        alarms.sort_by(|a, b| a.name.cmp(&b.name));
        Snapshot { now_ms: now.as_millisecond(), alarms, notices: self.notices.iter().cloned().collect() }
    }

    /// The states of all alarms after the last evaluation, in no order.
    pub fn standings(&self) -> Vec<Standing> {
        let metrics = self.metrics.iter().map(|alarm| &alarm.name);
        let names = metrics.chain(self.composites.iter().map(|composite| &composite.alarm.name));
        let standings = names.zip(&self.statuses).map(|(name, status)| Standing {
            name: name.clone(),
            state: status.state,
            since_ms: status.since.as_millisecond(),
        });
        standings.collect()
    }
}

fn of(name: &str, description: &str, actions: &Actions, status: &Status, topics: &Topics) -> AlarmSnapshot {
    AlarmSnapshot {
        name: name.to_owned(),
        kind: AlarmKind::Composite,
        urgency: urgency(description, actions, topics),
        state: status.state,
        reason: status.reason.clone(),
        since_ms: status.since.as_millisecond(),
        description: description.to_owned(),
        runbook: runbook(description).map(str::to_owned),
        suppressed: false,
        watches: String::new(),
        threshold: None,
        history: status.history.iter().cloned().collect(),
    }
}

/// That of the topic it tells. One that tells none, since a composite speaks for it, says so in the first word of its
/// description.
fn urgency(description: &str, actions: &Actions, topics: &Topics) -> Urgency {
    let names = actions.alarm.iter().map(|arn| topics.get(arn).map_or(arn.as_str(), |topic| &topic.name));
    let of_topic = |name: &str| match name {
        name if name.ends_with("-page") => Some(Urgency::Page),
        name if name.ends_with("-ticket") => Some(Urgency::Ticket),
        _ => None,
    };
    names.filter_map(of_topic).next().unwrap_or_else(|| match description.split('.').next() {
        Some("Page") => Urgency::Page,
        Some("Ticket") => Urgency::Ticket,
        _ => Urgency::None,
    })
}
