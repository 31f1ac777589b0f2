//! All alarms of a stack.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::composite::{Composite, Place};
use super::data::Data;
use super::error::AlarmError;
use super::metric::{self, period_of};
use super::notice::{Notice, Topics, notices};
use super::order::order;
use super::reason;
use super::state::State;
use super::status::Status;
use super::valid::prepare;
use super::windows;
use crate::cloudwatch::math;
use crate::template::{Alarm, CompositeAlarm, Topic};

/// Notices that are kept.
const NOTICES: usize = 500;

/// Minutes that are made up for when the clock has moved further than one, as a fast one does on a busy machine. A machine
/// that has slept for hours does not replay them.
const CATCH_UP: i32 = 15;

/// All alarms of a stack, with their states.
#[derive(Debug)]
pub struct Alarms {
    pub(super) metrics: Vec<Alarm>,
    pub(super) composites: Vec<Composite>,
    /// Of the metric alarms, then of the composites.
    pub(super) statuses: Vec<Status>,
    pub(super) topics: Topics,
    /// The latest first.
    pub(super) notices: VecDeque<Notice>,
    /// Indices of composites.
    order: Vec<usize>,
    /// What each metric alarm compares, read once.
    prepared: Vec<math::Prepared>,
    /// Where the windows of each metric alarm ended when it was last evaluated.
    ends: Vec<Option<Timestamp>>,
    /// The minute that was evaluated last.
    minute: Option<Timestamp>,
}

impl Alarms {
    /// Alarms that nobody has evaluated: all are in `INSUFFICIENT_DATA`.
    ///
    /// # Errors
    /// An alarm that CloudWatch or the lab would not take.
    pub fn new(
        metrics: impl IntoIterator<Item = Alarm>,
        composites: impl IntoIterator<Item = CompositeAlarm>,
        topics: impl IntoIterator<Item = Topic>,
        created: Timestamp,
    ) -> Result<Self, AlarmError> {
        let metrics: Vec<_> = metrics.into_iter().collect();
        let composites: Vec<_> = composites.into_iter().collect();
        let prepared = metrics.iter().map(prepare).collect::<Result<_, _>>()?;
        let names = metrics.iter().map(|alarm| (&alarm.name, &alarm.arn));
        let names = names.chain(composites.iter().map(|alarm| (&alarm.name, &alarm.arn)));
        let mut places = BTreeMap::new();
        for (place, (name, arn)) in names.enumerate() {
            if places.insert(name.clone(), place).is_some() {
                return Err(AlarmError::Twice(name.clone()));
            }
            places.insert(arn.clone(), place);
        }
        let composites = composites.into_iter().map(|alarm| Composite::new(alarm, &places));
        let composites = composites.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            order: order(&composites, metrics.len())?,
            statuses: vec![Status::new(created); metrics.len() + composites.len()],
            ends: vec![None; metrics.len()],
            topics: topics.into_iter().map(|topic| (topic.arn.clone(), topic)).collect(),
            notices: VecDeque::new(),
            minute: None,
            prepared,
            metrics,
            composites,
        })
    }

    /// Evaluates what is due: metric alarms once for every minute that has ended, as CloudWatch does, and composites at once.
    /// To be called about once a minute of the clock, or more often; a clock that stands or goes back changes nothing.
    pub fn evaluate(&mut self, now: Timestamp, data: &impl Data) {
        let minute = windows::floor(now, 60);
        let missed = self.minute.filter(|last| *last < minute).map_or(0, |last| {
            let minutes = (minute.as_second() - last.as_second()) / 60 - 1;
            i32::try_from(minutes).unwrap_or(CATCH_UP).min(CATCH_UP)
        });
        for back in (1..=missed).rev() {
            let at = minute.checked_sub(SignedDuration::from_mins(i64::from(back))).unwrap_or(minute);
            self.evaluate_metrics(at, at, data);
            self.evaluate_composites(at);
        }
        match self.minute {
            Some(last) if minute < last => return,
            Some(last) if minute == last => {}
            _ => self.evaluate_metrics(minute, now, data),
        }
        self.minute = Some(minute);
        self.evaluate_composites(now);
    }

    fn evaluate_metrics(&mut self, minute: Timestamp, at: Timestamp, data: &impl Data) {
        for (place, alarm) in self.metrics.iter().enumerate() {
            let end = windows::end(minute, period_of(alarm), alarm.evaluation_periods);
            if self.ends[place].replace(end) == Some(end) {
                continue;
            }
            let outcome = metric::evaluate(alarm, &self.prepared[place], end, data);
            let Some(state) = outcome.state() else { continue };
            if self.statuses[place].change(at, state, || outcome.reason(state)) {
                tell(&mut self.notices, notices(&alarm.name, &alarm.actions, state, at, &self.topics));
            }
        }
    }

    fn evaluate_composites(&mut self, at: Timestamp) {
        for index in &self.order {
            let place = self.metrics.len() + index;
            let state = |place: &usize| self.statuses[*place].state;
            let composite = &self.composites[*index];
            let holds = composite.rule.holds(&state);
            let state_now = if holds { State::Alarm } else { State::Ok };
            let suppressing = composite.suppressor.as_ref().map(state);
            let reason = (state(&place) != state_now).then(|| self.why(place, composite, state_now));
            let changed = reason.is_some_and(|reason| self.statuses[place].change(at, state_now, || reason));
            let Composite { alarm, suppression, .. } = &mut self.composites[*index];
            if suppression.acts(at, changed, alarm.suppressor.as_ref().zip(suppressing)) {
                tell(&mut self.notices, notices(&alarm.name, &alarm.actions, state_now, at, &self.topics));
            }
        }
    }

    /// The alarm of the rule that changed last is the reason of a change.
    fn why(&self, place: Place, composite: &Composite, state: State) -> String {
        let cause = composite.rule.children().into_iter().copied().max_by_key(|child| self.statuses[*child].since);
        match cause {
            Some(child) if self.statuses[place].state != State::InsufficientData => {
                let status = &self.statuses[child];
                reason::of_composite(self.arn(child), status.state, status.since)
            }
            _ => reason::created(&composite.alarm.arn, state),
        }
    }

    fn arn(&self, place: Place) -> &str {
        match place.checked_sub(self.metrics.len()) {
            None => &self.metrics[place].arn,
            Some(index) => &self.composites[index].alarm.arn,
        }
    }
}

fn tell(kept: &mut VecDeque<Notice>, new: impl Iterator<Item = Notice>) {
    new.for_each(|notice| kept.push_front(notice));
    kept.truncate(NOTICES);
}
