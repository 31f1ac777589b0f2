//! From datapoints to a state: M out of N, and what a missing datapoint counts as.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>

use super::state::State;
use crate::template::MissingData;

/// "M out of N", and what missing datapoints count as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// M.
    pub(super) datapoints_to_alarm: usize,
    /// N.
    pub(super) evaluation_periods: usize,
    /// What a missing one counts as.
    pub(super) missing: MissingData,
}

/// What one evaluation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The new state; none keeps what there is.
    pub(super) state: Option<State>,
    /// Which datapoints were judged, by their place in the range, the latest first.
    pub(super) judged: Vec<usize>,
    /// How many were missing, so that the rule for missing ones filled in.
    pub(super) filled: usize,
}

/// How many datapoints CloudWatch retrieves for N evaluation periods. AWS says that it is more than N and depends on the
/// period, and gives one example, five for three, which is followed for all.
pub(super) fn evaluation_range(evaluation_periods: usize) -> usize {
    evaluation_periods + 2
}

/// Judges an evaluation range of datapoints, the oldest first: whether each breaches the threshold, none where it is missing.
pub(super) fn judge(range: &[Option<bool>], rules: Rules) -> Verdict {
    let real: Vec<(usize, bool)> = range
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(place, breaches)| breaches.map(|breaches| (place, breaches)))
        .collect();
    let judged = &real[..real.len().min(rules.evaluation_periods)];
    let breaching = judged.iter().filter(|(_, breaches)| *breaches).count();
    let filled = rules.evaluation_periods - judged.len();
    let by_count = |breaching| if breaching >= rules.datapoints_to_alarm { State::Alarm } else { State::Ok };
    let undecided = filled > 0 && breaching == judged.len() && breaching < rules.datapoints_to_alarm;
    let state = match rules.missing {
        MissingData::Breaching => Some(by_count(breaching + filled)),
        MissingData::Missing if undecided => Some(premature(range, rules)),
        MissingData::Ignore if undecided => None,
        MissingData::NotBreaching | MissingData::Missing | MissingData::Ignore => Some(by_count(breaching)),
    };
    Verdict { state, judged: judged.iter().map(|(place, _)| *place).collect(), filled }
}

/// All datapoints that exist breach, but they are fewer than M. The oldest decides: at least M periods old, it is an alarm,
/// since nothing better has come since; a younger one waits for the next.
/// "Avoiding premature transitions to alarm state":
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>
fn premature(range: &[Option<bool>], rules: Rules) -> State {
    let oldest = range.iter().position(Option::is_some);
    match oldest.map(|place| range.len() - place) {
        Some(age) if age >= rules.datapoints_to_alarm => State::Alarm,
        Some(_) | None => State::InsufficientData,
    }
}
