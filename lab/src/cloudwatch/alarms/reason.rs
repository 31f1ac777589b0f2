//! Why an alarm is in its state, in CloudWatch's words.
//!
//! AWS documents no grammar of `StateReason`; the sentences are those that its consoles and events show:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>

use jiff::{Timestamp, tz::TimeZone};

use super::judge::Verdict;
use super::state::State;
use super::words::{comparison, datapoint, was};
use crate::quantity::quantity;
use crate::template::{Alarm, MissingData};

/// Before the first evaluation.
pub(super) const UNCHECKED: &str = "Unchecked: Initial alarm creation";

/// One datapoint of an evaluation range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Datapoint {
    /// Start of its period.
    pub(super) at: Timestamp,
    /// Its value.
    pub(super) value: f64,
    /// Whether it breaches the threshold.
    pub(super) breaches: bool,
}

/// Why `verdict` on `range` is `state`.
pub(super) fn of_metric(
    alarm: &Alarm,
    missing: MissingData,
    range: &[Option<Datapoint>],
    verdict: &Verdict,
    state: State,
) -> String {
    if state == State::InsufficientData {
        let unknown = verdict.filled;
        return format!("Insufficient Data: {} {} unknown.", quantity(unknown, "datapoint"), was(unknown));
    }
    let judged: Vec<_> = verdict.judged.iter().filter_map(|place| range.get(*place).copied().flatten()).collect();
    let filled = verdict.filled;
    let treated = || {
        let kind = match missing {
            MissingData::Breaching => "Breaching",
            MissingData::NotBreaching => "NonBreaching",
            MissingData::Missing | MissingData::Ignore => return None,
        };
        (filled > 0).then(|| format!("{} {} treated as [{kind}]", quantity(filled, "missing datapoint"), was(filled)))
    };
    let telling: Vec<_> = judged.iter().filter(|point| point.breaches == (state == State::Alarm)).collect();
    if telling.is_empty() {
        let treated = treated().unwrap_or_default();
        let received = if judged.is_empty() {
            format!("no datapoints were received for {}", quantity(filled, "period"))
        } else {
            format!("only {} {} received", quantity(judged.len(), "datapoint"), was(judged.len()))
        };
        return format!("Threshold Crossed: {received} and {treated}.");
    }
    let not = if state == State::Alarm { "" } else { "not " };
    let listed: Vec<_> = telling.iter().map(|point| datapoint(point.at, point.value)).collect();
    let said = format!(
        "[{}] {} {not}{} the threshold ({:?})",
        listed.join(", "),
        was(telling.len()),
        comparison(alarm.comparison),
        alarm.threshold
    );
    if filled > 0 {
        let treated = treated().map(|treated| format!(" and {treated}")).unwrap_or_default();
        return format!("Threshold Crossed: {} {said}{treated}.", quantity(telling.len(), "datapoint"));
    }
    let (m, n) = (alarm.datapoints_to_alarm as usize, alarm.evaluation_periods as usize);
    let (least, change) = match state {
        State::Alarm => (m, "OK -> ALARM"),
        State::Ok | State::InsufficientData => ((n + 1).saturating_sub(m), "ALARM -> OK"),
    };
    format!(
        "Threshold Crossed: {} out of the last {n} datapoints {said} (minimum {} for {change} transition).",
        telling.len(),
        quantity(least, "datapoint")
    )
}

/// An alarm whose numbers cannot be worked out.
pub(super) fn not_evaluated(error: &impl std::fmt::Display) -> String {
    format!("Evaluation error: {error}")
}

/// A composite alarm follows the alarm that changed last.
pub(super) fn of_composite(arn: &str, state: State, at: Timestamp) -> String {
    format!("{arn} transitioned to {state} at {}", at.to_zoned(TimeZone::UTC).strftime("%A %d %B, %Y %H:%M:%S UTC"))
}

/// A composite alarm that was in no state before.
pub(super) fn created(arn: &str, state: State) -> String {
    format!("{arn} was created and its alarm rule evaluates to {state}")
}
