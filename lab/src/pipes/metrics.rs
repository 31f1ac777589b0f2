//! What a pipe tells CloudWatch of an execution.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html>

use std::time::Duration;

use jiff::Timestamp;

use crate::instruments::{Instruments, Reading};

/// As CloudWatch lists it; not `AWS/Pipes`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html>
const NAMESPACE: &str = "AWS/EventBridge/Pipes";

/// How one stage went.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Stage {
    pub(super) took: Duration,
    pub(super) failed: bool,
}

/// How an execution went, as far as it came.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Execution {
    pub(super) events: usize,
    pub(super) bytes: usize,
    pub(super) took: Duration,
    /// It ran longer than an execution may.
    pub(super) timed_out: bool,
    pub(super) enrichment: Option<Stage>,
    pub(super) target: Option<Stage>,
    /// The queue took some and not all.
    pub(super) partly: bool,
    /// There was nothing to send.
    pub(super) skipped: bool,
}

impl Execution {
    pub(super) fn failed(&self) -> bool {
        self.timed_out || [self.enrichment, self.target].into_iter().flatten().any(|stage| stage.failed)
    }
}

/// Writes an execution down. A count that is 0 is written too: "this value will be 0 if no executions failed".
pub(super) fn executed(execution: &Execution, pipe: &str, account: &str, at: Timestamp, instruments: &Instruments) {
    let none = |name, value: f64| Reading { name, unit: "None", value };
    let flag = |name, value: bool| none(name, f64::from(u8::from(value)));
    let milliseconds = |name, took: Duration| Reading::milliseconds(name, took.as_secs_f64() * 1000.0);
    let mut of_pipe = vec![
        milliseconds("Duration", execution.took),
        none("EventCount", execution.events as f64),
        Reading { name: "EventSize", unit: "Bytes", value: execution.bytes as f64 },
        flag("ExecutionFailed", execution.failed()),
        flag("ExecutionPartiallyFailed", execution.partly),
        flag("ExecutionTimeout", execution.timed_out),
        flag("TargetStageFailed", execution.target.is_some_and(|stage| stage.failed)),
        flag("TargetStagePartiallyFailed", execution.partly),
        Reading::count("TargetStageSkipped", f64::from(u8::from(execution.skipped))),
    ];
    if let Some(stage) = execution.enrichment {
        of_pipe.push(milliseconds("EnrichmentStageDuration", stage.took));
        of_pipe.push(flag("EnrichmentStageFailed", stage.failed));
    }
    if let Some(stage) = execution.target {
        of_pipe.push(milliseconds("TargetStageDuration", stage.took));
    }
    // The lab does not limit how many executions there are at once: a pipe of one shard has one.
    let of_both = [none("Invocations", 1.0), none("ExecutionThrottled", 0.0)];
    let (pipe, account) = ([("PipeName", pipe)], [("AwsAccountId", account)]);
    instruments.read(NAMESPACE, &of_pipe, at, &[&pipe]);
    instruments.read(NAMESPACE, &of_both, at, &[&pipe, &account]);
    instruments.read(NAMESPACE, &[none("Concurrency", 1.0)], at, &[&account]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{MetricName, Statistic};

    fn sum(execution: &Execution, metric: &str, dimension: (&str, &str)) -> Option<f64> {
        let instruments = Instruments::default();
        let at = Timestamp::now();
        executed(execution, "payments", "123456789012", at, &instruments);
        let dimensions = [(dimension.0.to_owned(), dimension.1.to_owned())].into();
        let metric = MetricName { namespace: NAMESPACE.to_owned(), name: metric.to_owned(), dimensions };
        let hour = Duration::from_secs(3600);
        let points = instruments.metrics.series(&metric, Statistic::Sum, hour, at - hour, at + hour);
        points.first().map(|(_, value)| *value)
    }

    const PIPE: (&str, &str) = ("PipeName", "payments");

    #[test]
    fn an_execution_that_went_well_counts_no_failure() {
        let well = Execution { events: 3, bytes: 90, target: Some(Stage::default()), ..Execution::default() };
        for (metric, expected) in [
            ("Invocations", 1.0),
            ("EventCount", 3.0),
            ("EventSize", 90.0),
            ("ExecutionFailed", 0.0),
            ("TargetStageFailed", 0.0),
        ] {
            assert_eq!(sum(&well, metric, PIPE), Some(expected), "{metric}");
        }
        assert_eq!(sum(&well, "EnrichmentStageFailed", PIPE), None, "there is no enrichment");
        assert_eq!(sum(&well, "Invocations", ("AwsAccountId", "123456789012")), Some(1.0));
    }

    #[test]
    fn a_failed_stage_is_a_failed_execution() {
        let failed = Some(Stage { failed: true, ..Stage::default() });
        let enrichment = Execution { enrichment: failed, ..Execution::default() };
        assert_eq!(sum(&enrichment, "EnrichmentStageFailed", PIPE), Some(1.0));
        assert_eq!(sum(&enrichment, "ExecutionFailed", PIPE), Some(1.0));
        assert_eq!(sum(&enrichment, "TargetStageDuration", PIPE), None, "it never came there");
        let target = Execution { target: failed, ..Execution::default() };
        assert_eq!(sum(&target, "TargetStageFailed", PIPE), Some(1.0));
        let partly = Execution { partly: true, target: Some(Stage::default()), ..Execution::default() };
        assert_eq!(
            (sum(&partly, "ExecutionFailed", PIPE), sum(&partly, "ExecutionPartiallyFailed", PIPE)),
            (Some(0.0), Some(1.0))
        );
        let late = Execution { timed_out: true, ..Execution::default() };
        assert_eq!((sum(&late, "ExecutionFailed", PIPE), sum(&late, "ExecutionTimeout", PIPE)), (Some(1.0), Some(1.0)));
    }
}
