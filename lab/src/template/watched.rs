//! What a template says about how its stack is watched: alarms, dashboards, topics, metric filters, traces and schedules.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// A metric: what CloudWatch files a value under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricName {
    /// `AWS/Lambda`, `WildRydes`.
    pub namespace: String,
    /// `Errors`.
    pub name: String,
    /// Dimensions; a metric with other dimensions is another metric.
    pub dimensions: BTreeMap<String, String>,
}

/// What one number is made of the values of a period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// How many values.
    SampleCount,
    /// Their mean.
    Average,
    /// Their sum.
    Sum,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
    /// `p99.9`: 0 to 100.
    Percentile(f64),
}

/// One line of `Metrics`, or the one metric of a plain alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricQuery {
    /// Name within the alarm: `e1`.
    pub id: String,
    /// What charts call it.
    pub label: Option<String>,
    /// Whether this is what the alarm compares. Exactly one of an alarm's is.
    pub return_data: bool,
    /// Length of a period; whole minutes in the lab.
    pub period: Duration,
    /// Where its numbers come from.
    pub source: Source,
}

/// Where a query's numbers come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A metric.
    Metric {
        /// Which.
        metric: MetricName,
        /// What is made of its values.
        statistic: Statistic,
        /// Only values of this unit.
        unit: Option<String>,
    },
    /// Metric math over the other queries.
    Expression(String),
}

/// How the number is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>`
    GreaterThan,
    /// `>=`
    GreaterThanOrEqual,
    /// `<`
    LessThan,
    /// `<=`
    LessThanOrEqual,
}

/// `TreatMissingData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingData {
    /// `missing`, the default.
    Missing,
    /// `ignore`
    Ignore,
    /// `breaching`
    Breaching,
    /// `notBreaching`
    NotBreaching,
}

/// Whom a change of state is told: ARNs of topics.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actions {
    /// `ActionsEnabled`.
    pub enabled: bool,
    /// `AlarmActions`.
    pub alarm: Vec<String>,
    /// `OKActions`.
    pub ok: Vec<String>,
    /// `InsufficientDataActions`.
    pub insufficient_data: Vec<String>,
}

/// How soon somebody must act on an alarm: its tag `urgency`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Urgency {
    /// `none`, or no such tag: a part of another alarm, or its suppressor.
    #[default]
    None,
    /// `page`: now.
    Page,
    /// `ticket`: in the morning.
    Ticket,
}

/// `AWS::CloudWatch::Alarm`.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    /// Logical id.
    pub logical_id: String,
    /// `AlarmName`.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// `AlarmDescription`.
    pub description: String,
    /// Who is told.
    pub actions: Actions,
    /// What is compared; a plain alarm has one query.
    pub queries: Vec<MetricQuery>,
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub threshold: f64,
    /// N of "M of N".
    pub evaluation_periods: u32,
    /// M.
    pub datapoints_to_alarm: u32,
    /// What a period without data counts as.
    pub missing_data: MissingData,
    /// `EvaluateLowSampleCountPercentile`: false is `ignore`.
    pub evaluate_low_samples: bool,
}

/// `AWS::CloudWatch::CompositeAlarm`.
#[derive(Debug, Clone, PartialEq)]
pub struct CompositeAlarm {
    /// Logical id.
    pub logical_id: String,
    /// `AlarmName`.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// `AlarmDescription`.
    pub description: String,
    /// Who is told.
    pub actions: Actions,
    /// `AlarmRule`: `ALARM("a") AND NOT ALARM("b")`.
    pub rule: String,
    /// What keeps it quiet.
    pub suppressor: Option<Suppressor>,
}

/// `ActionsSuppressor` and its periods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressor {
    /// Name or ARN of an alarm.
    pub alarm: String,
    /// `ActionsSuppressorWaitPeriod`.
    pub wait: Duration,
    /// `ActionsSuppressorExtensionPeriod`.
    pub extension: Duration,
}

/// `AWS::CloudWatch::Dashboard`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    /// Logical id.
    pub logical_id: String,
    /// `DashboardName`.
    pub name: String,
    /// `DashboardBody`, parsed.
    pub body: Value,
}

/// `AWS::SNS::Topic`, with what decides whether CloudWatch can publish to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Logical id.
    pub logical_id: String,
    /// `TopicName`.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Who is subscribed: protocol and endpoint.
    pub subscriptions: Vec<(String, String)>,
    /// Why CloudWatch cannot publish, if so: no topic policy lets it, or the key's policy does not let it use the key.
    pub mute: Option<String>,
}

/// `AWS::Logs::MetricFilter`.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricFilter {
    /// Logical id.
    pub logical_id: String,
    /// Physical name of the log group.
    pub log_group: String,
    /// `FilterPattern`.
    pub pattern: String,
    /// What a match is worth.
    pub transformations: Vec<Transformation>,
}

/// One of `MetricTransformations`.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformation {
    /// `MetricNamespace`.
    pub namespace: String,
    /// `MetricName`.
    pub name: String,
    /// `MetricValue`: a number, or a field such as `$.record.metrics.durationMs`.
    pub value: String,
    /// `DefaultValue`: counted for lines that do not match.
    pub default_value: Option<f64>,
    /// `Unit`.
    pub unit: Option<String>,
    /// `Dimensions`: name to field.
    pub dimensions: BTreeMap<String, String>,
}

/// `AWS::Logs::QueryDefinition`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryDefinition {
    /// `Name`.
    pub name: String,
    /// Physical names of log groups.
    pub log_groups: Vec<String>,
    /// `QueryString`.
    pub query: String,
}

/// `AWS::XRay::SamplingRule`.
#[derive(Debug, Clone, PartialEq)]
pub struct SamplingRule {
    /// `RuleName`.
    pub name: String,
    /// Lower comes first: 1 to 9999.
    pub priority: u32,
    /// Requests a second that are traced in any case.
    pub reservoir: u32,
    /// Share of the others: 0 to 1.
    pub fixed_rate: f64,
    /// Patterns with `*` and `?`: service name, service type, host, method, path, ARN.
    pub service_name: String,
    /// `ServiceType`.
    pub service_type: String,
    /// `Host`.
    pub host: String,
    /// `HTTPMethod`.
    pub http_method: String,
    /// `URLPath`.
    pub url_path: String,
    /// `ResourceARN`.
    pub resource_arn: String,
}

/// `AWS::XRay::Group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceGroup {
    /// `GroupName`.
    pub name: String,
    /// `FilterExpression`.
    pub filter: String,
}

/// `AWS::Scheduler::Schedule` of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Logical id.
    pub logical_id: String,
    /// `Name`.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// Time between two runs (`rate(...)`).
    pub every: Duration,
    /// Whether it runs at all.
    pub enabled: bool,
    /// Logical id of the function.
    pub function: String,
    /// `Input`: the event.
    pub input: String,
    /// `MaximumRetryAttempts` of the schedule: for an event that Lambda does not take, which the lab's always does.
    pub retries: u32,
    /// `MaximumRetryAttempts` of the function's `EventInvokeConfig`: for an event that the function fails on. 0 to 2.
    pub function_retries: u32,
    /// Its `MaximumEventAgeInSeconds`.
    pub function_event_age: Duration,
}
