//! Metrics, periods and thresholds in words.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};

use crate::template::{Alarm, Comparison, MetricName, MetricQuery, Source, Statistic};

/// `5.0 (21/11/26 14:07:00)`, as in a reason.
pub(super) fn datapoint(at: Timestamp, value: f64) -> String {
    format!("{value:?} ({})", at.to_zoned(TimeZone::UTC).strftime("%d/%m/%y %H:%M:%S"))
}

/// The verb that goes with a number of things.
pub(super) fn was(number: usize) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

/// What breaches, as in a reason.
pub(super) fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::GreaterThan => "greater than",
        Comparison::GreaterThanOrEqual => "greater than or equal to",
        Comparison::LessThan => "less than",
        Comparison::LessThanOrEqual => "less than or equal to",
    }
}

/// What breaches, in short: `> 5`.
pub(super) fn threshold(alarm: &Alarm) -> String {
    let sign = match alarm.comparison {
        Comparison::GreaterThan => '>',
        Comparison::GreaterThanOrEqual => '≥',
        Comparison::LessThan => '<',
        Comparison::LessThanOrEqual => '≤',
    };
    format!("{sign} {}", alarm.threshold)
}

/// What an alarm watches: `100*e/n, e = Sum of AWS/ApiGateway 5XXError (..), n = ..; 3 of 5 periods of 1 min`.
pub(super) fn watches(alarm: &Alarm) -> String {
    let compared = alarm.queries.iter().find(|query| query.return_data);
    let mut parts: Vec<String> = compared.iter().map(|query| source(&query.source)).collect();
    let others = alarm.queries.iter().filter(|query| !query.return_data);
    parts.extend(others.map(|query| format!("{} = {}", query.id, source(&query.source))));
    let period = period(super::metric::period_of(alarm));
    let (m, n) = (alarm.datapoints_to_alarm, alarm.evaluation_periods);
    format!("{}; {m} of {n} periods of {period}", parts.join(", "))
}

fn source(from: &Source) -> String {
    match from {
        Source::Metric { metric, statistic, .. } => format!("{} of {}", name_of(*statistic), name(metric)),
        Source::Expression(text) => text.clone(),
    }
}

fn name(metric: &MetricName) -> String {
    let dimensions: Vec<_> = metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let dimensions = if dimensions.is_empty() { String::new() } else { format!(" ({})", dimensions.join(", ")) };
    format!("{} {}{dimensions}", metric.namespace, metric.name)
}

fn name_of(statistic: Statistic) -> String {
    match statistic {
        Statistic::SampleCount => "SampleCount".to_owned(),
        Statistic::Average => "Average".to_owned(),
        Statistic::Sum => "Sum".to_owned(),
        Statistic::Minimum => "Minimum".to_owned(),
        Statistic::Maximum => "Maximum".to_owned(),
        Statistic::Percentile(percent) => format!("p{percent}"),
    }
}

/// `30 min`, `6 h`, `3 d`.
fn period(period: Duration) -> String {
    let seconds = period.as_secs();
    match [(86_400, "d"), (3_600, "h"), (60, "min")]
        .into_iter()
        .find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit))
    {
        Some((unit, name)) => format!("{} {name}", seconds / unit),
        None => format!("{seconds} s"),
    }
}

/// The file that a description ends with: `Runbook: runbooks/lost-rides.md`.
pub(super) fn runbook(description: &str) -> Option<&str> {
    let from = &description[description.find("runbooks/")?..];
    Some(&from[..from.find(".md")? + ".md".len()])
}

/// The query that an alarm compares.
pub(super) fn compared(alarm: &Alarm) -> Option<&MetricQuery> {
    alarm.queries.iter().find(|query| query.return_data)
}
