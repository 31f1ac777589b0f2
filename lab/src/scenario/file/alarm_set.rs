//! The alarms that a scenario expects.

use std::collections::BTreeSet;

use serde::Deserialize;

/// Alarms by their names without stack and stage.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmSet {
    /// These fire, and clear while riders go on booking.
    #[serde(default)]
    pub fire: Vec<String>,
    /// These look back longer than the scenario lasts: they fire, and clear when the failures have left their windows.
    #[serde(default)]
    pub lasting: Vec<String>,
    /// These may fire; then they must clear.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// More bookings fail than the error budget allows for days: all alarms of availability fire, and with them the warning
    /// light. Those of whole days may. They clear when the failures have left their windows.
    #[serde(default)]
    pub budget: bool,
    /// Perhaps more bookings fail than the error budget allows: all those alarms may fire.
    #[serde(default)]
    pub budget_perhaps: bool,
}

/// The alarms of the error budget that look back longer than a scenario lasts.
const BUDGET: [&str; 6] = [
    "availability-1h",
    "availability-30m",
    "availability-6h",
    "availability-6h-leak",
    "availability-slow-burn",
    "warning-light",
];

/// Those of them that look at whole days, and do so once an hour: whether they are on depends on when the hour ends.
const BUDGET_OF_DAYS: [&str; 4] =
    ["availability-3d-one-day", "availability-3d-two-days", "availability-3d-three-days", "availability-leak"];

/// Those that look at the last five minutes.
const BUDGET_NOW: [&str; 2] = ["availability-5m", "availability-fast-burn"];

impl AlarmSet {
    /// Every alarm that the file names.
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        self.fire.iter().chain(&self.lasting).chain(&self.allowed)
    }

    /// Those that must fire.
    pub(in crate::scenario) fn named(&self) -> BTreeSet<&str> {
        let budget = if self.budget { [&BUDGET[..], &BUDGET_NOW].concat() } else { Vec::new() };
        self.fire.iter().chain(&self.lasting).map(String::as_str).chain(budget).collect()
    }

    /// Those that may fire.
    pub(in crate::scenario) fn permitted(&self) -> BTreeSet<&str> {
        let mut permitted: BTreeSet<&str> = self.allowed.iter().map(String::as_str).collect();
        if self.budget || self.budget_perhaps {
            permitted.extend(BUDGET_OF_DAYS);
        }
        if self.budget_perhaps {
            permitted.extend(BUDGET.iter().chain(&BUDGET_NOW));
        }
        permitted
    }

    /// Whether an alarm looks back longer than the scenario lasts.
    pub(in crate::scenario) fn is_lasting(&self, name: &str) -> bool {
        self.lasting.iter().any(|lasting| lasting == name)
            || ((self.budget || self.budget_perhaps) && (BUDGET.contains(&name) || BUDGET_OF_DAYS.contains(&name)))
    }

    /// Every alarm that the scenario speaks of.
    pub(in crate::scenario) fn known(&self) -> impl Iterator<Item = &str> {
        self.named().into_iter().chain(self.permitted())
    }
}
