//! Composite alarms with what they name resolved.

use std::collections::BTreeMap;

use super::error::AlarmError;
use super::rule::Rule;
use super::rule_parser::parse;
use super::suppression::Suppression;
use crate::template::CompositeAlarm;

/// The place of an alarm among all, metric alarms first.
pub(super) type Place = usize;

/// A composite alarm.
#[derive(Debug)]
pub(super) struct Composite {
    pub(super) alarm: CompositeAlarm,
    pub(super) rule: Rule<Place>,
    pub(super) suppressor: Option<Place>,
    pub(super) suppression: Suppression,
}

impl Composite {
    /// Resolves names and ARNs.
    ///
    /// # Errors
    /// A rule that cannot be read, or a name that nothing has.
    pub(super) fn new(alarm: CompositeAlarm, places: &BTreeMap<String, Place>) -> Result<Self, AlarmError> {
        let place = |child: &String| {
            let unknown = || AlarmError::Unknown { alarm: alarm.name.clone(), child: child.clone() };
            places.get(child).copied().ok_or_else(unknown)
        };
        let rule = parse(&alarm.rule).map_err(|reason| AlarmError::Rule { alarm: alarm.name.clone(), reason })?;
        let rule = rule.try_map(&mut |child| place(child))?;
        let suppressor = alarm.suppressor.as_ref().map(|suppressor| place(&suppressor.alarm)).transpose()?;
        Ok(Self { alarm, rule, suppressor, suppression: Suppression::default() })
    }

    /// The alarms that have to be evaluated before it.
    pub(super) fn needs(&self) -> impl Iterator<Item = Place> + '_ {
        self.rule.children().into_iter().copied().chain(self.suppressor)
    }
}
