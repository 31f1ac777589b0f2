//! The alarms over the time of a scenario.

use serde::{Deserialize, Serialize};

use crate::cloudwatch::alarms::{AlarmSnapshot, Snapshot, State, Urgency};

/// An alarm that was on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlarmSeen {
    /// Its name without stack and stage.
    pub name: String,
    /// `page`, `ticket` or `none`.
    pub urgency: String,
    /// When it was on, in seconds of the scenario since the load began. Without an end: it was still on at the end.
    pub on: Vec<(f64, Option<f64>)>,
    /// Why, in CloudWatch's words.
    pub reason: String,
    /// How long after the end it went off, in seconds, with nothing but good news; of one that was still on.
    pub clears_after: Option<f64>,
}

impl AlarmSeen {
    /// Whether it was off at the end.
    pub fn cleared(&self) -> bool {
        self.on.iter().all(|(_, off)| off.is_some())
    }
}

/// The alarms that were on since `began`, by CloudWatch's clock, in the order in which they first were.
pub(super) fn seen(snapshot: &Snapshot, prefix: &str, began_ms: i64) -> Vec<AlarmSeen> {
    let mut seen: Vec<AlarmSeen> = snapshot.alarms.iter().filter_map(|alarm| one(alarm, prefix, began_ms)).collect();
    seen.sort_by(|a, b| a.on[0].0.total_cmp(&b.on[0].0).then_with(|| a.name.cmp(&b.name)));
    seen
}

fn one(alarm: &AlarmSnapshot, prefix: &str, began_ms: i64) -> Option<AlarmSeen> {
    let seconds = |at_ms: i64| (at_ms - began_ms) as f64 / 1000.0;
    let mut on: Vec<(f64, Option<f64>)> = Vec::new();
    let mut reason = String::new();
    // The latest stands first.
    for change in alarm.history.iter().rev() {
        if change.to == State::Alarm {
            on.push((seconds(change.at_ms), None));
            if reason.is_empty() {
                reason.clone_from(&change.reason);
            }
        } else if let Some(last) = on.last_mut()
            && last.1.is_none()
        {
            last.1 = Some(seconds(change.at_ms));
        }
    }
    // What was over before the load began is none of the scenario's.
    on.retain(|(_, off)| off.is_none_or(|off| off >= 0.0));
    if on.is_empty() {
        return None;
    }
    let urgency = match alarm.urgency {
        Urgency::Page => "page",
        Urgency::Ticket => "ticket",
        Urgency::None => "none",
    };
    Some(AlarmSeen { name: short(&alarm.name, prefix), urgency: urgency.to_owned(), on, reason, clears_after: None })
}

/// A name without stack and stage.
pub(super) fn short(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::alarms::{AlarmKind, Transition};

    fn alarm(name: &str, changes: &[(i64, State)]) -> AlarmSnapshot {
        let history = changes.iter().rev().map(|(at_ms, to)| Transition {
            at_ms: *at_ms,
            from: State::Ok,
            to: *to,
            reason: format!("because of {at_ms}"),
        });
        AlarmSnapshot {
            name: format!("wild-rydes-dev-{name}"),
            kind: AlarmKind::Metric,
            urgency: Urgency::Page,
            state: State::Ok,
            reason: String::new(),
            since_ms: 0,
            description: String::new(),
            runbook: None,
            suppressed: false,
            watches: String::new(),
            threshold: None,
            history: history.collect(),
        }
    }

    #[test]
    fn an_alarm_is_seen_from_when_it_fires_until_it_clears() {
        let alarms = vec![
            alarm("late", &[(0, State::Ok), (90_000, State::Alarm)]),
            alarm("twice", &[(20_000, State::Alarm), (30_000, State::Ok), (70_000, State::Alarm), (80_000, State::Ok)]),
            alarm("calm", &[(0, State::Ok)]),
            alarm("before", &[(1_000, State::Alarm), (5_000, State::Ok)]),
        ];
        let seen = seen(&Snapshot { now_ms: 100_000, alarms, notices: Vec::new() }, "wild-rydes-dev-", 10_000);
        let names: Vec<&str> = seen.iter().map(|alarm| alarm.name.as_str()).collect();
        assert_eq!(names, ["twice", "late"]);
        assert_eq!(seen[0].on, [(10.0, Some(20.0)), (60.0, Some(70.0))]);
        assert_eq!(seen[0].reason, "because of 20000");
        assert!(seen[0].cleared() && !seen[1].cleared());
    }
}
