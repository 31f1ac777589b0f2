//! The metrics that there are: AWS's own and the functions', with the dimensions that each is filed under.

/// Metrics that share their dimensions.
#[derive(Debug)]
pub(super) struct Family {
    pub(super) namespace: &'static str,
    /// All of them, and no other, in the order of the alphabet.
    pub(super) dimensions: &'static [&'static str],
    /// Name and unit.
    pub(super) metrics: &'static [(&'static str, &'static str)],
    /// Seconds between two values.
    pub(super) every: u64,
    pub(super) only: Only,
}

/// Where a family exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Only {
    Always,
    /// With `MetricsEnabled`.
    DetailedApis,
    /// With `BillingMode: PROVISIONED`.
    ProvisionedTables,
    /// Of a pipe with an enrichment.
    EnrichedPipes,
    /// From these functions, by their binaries, and of these dependencies.
    From(&'static [(&'static str, &'static [&'static str])]),
}

const MINUTE: u64 = 60;
const COUNT: &str = "Count";
const NONE: &str = "None";
const MILLISECONDS: &str = "Milliseconds";

const API: &[(&str, &str)] = &[
    ("4XXError", COUNT),
    ("5XXError", COUNT),
    ("Count", COUNT),
    ("IntegrationLatency", MILLISECONDS),
    ("Latency", MILLISECONDS),
];
const LAMBDA: &[(&str, &str)] = &[
    ("ConcurrentExecutions", COUNT),
    ("Duration", MILLISECONDS),
    ("Errors", COUNT),
    ("Invocations", COUNT),
    ("Throttles", COUNT),
];
const CAPACITY: &[(&str, &str)] = &[
    ("ConsumedReadCapacityUnits", COUNT),
    ("ConsumedWriteCapacityUnits", COUNT),
    ("ReadThrottleEvents", COUNT),
    ("WriteThrottleEvents", COUNT),
];
const PROVISIONED: &[(&str, &str)] =
    &[("ProvisionedReadCapacityUnits", COUNT), ("ProvisionedWriteCapacityUnits", COUNT)];
/// A pipe's counts have the unit None.
const PIPE: &[(&str, &str)] = &[
    ("Duration", MILLISECONDS),
    ("EventCount", NONE),
    ("EventSize", "Bytes"),
    ("ExecutionFailed", NONE),
    ("ExecutionPartiallyFailed", NONE),
    ("ExecutionTimeout", NONE),
    ("TargetStageDuration", MILLISECONDS),
    ("TargetStageFailed", NONE),
    ("TargetStagePartiallyFailed", NONE),
    ("TargetStageSkipped", COUNT),
];
const ENRICHMENT: &[(&str, &str)] = &[("EnrichmentStageDuration", MILLISECONDS), ("EnrichmentStageFailed", NONE)];
const EXECUTIONS: &[(&str, &str)] = &[("ExecutionThrottled", NONE), ("Invocations", NONE)];
const QUEUE: &[(&str, &str)] = &[
    ("ApproximateAgeOfOldestMessage", "Seconds"),
    ("ApproximateNumberOfMessagesDelayed", COUNT),
    ("ApproximateNumberOfMessagesNotVisible", COUNT),
    ("ApproximateNumberOfMessagesVisible", COUNT),
    ("NumberOfEmptyReceives", COUNT),
    ("NumberOfMessagesDeleted", COUNT),
    ("NumberOfMessagesReceived", COUNT),
    ("NumberOfMessagesSent", COUNT),
    ("SentMessageSize", "Bytes"),
];
const RIDES: &[(&str, &str)] = &[("RidesAccepted", COUNT), ("RidesRequested", COUNT)];
const RECORDED: &[(&str, &str)] = &[("RidesRecorded", COUNT)];
const OF_SERVICE: &[&str] = &["service", "stage"];

/// Not `AWS/Pipes`, though the service is called pipes in ARNs and policies.
const PIPES: &str = "AWS/EventBridge/Pipes";

const REQUEST_RIDE: &str = "request-ride";
const PUT_RIDE_RECORD: &str = "put-ride-record";
const REQUEST_UNICORN: &str = "request-unicorn";
const PLACE_PAYMENT: &str = "place-payment";
const PROCESS_PAYMENT: &str = "process-payment";
const OPS: &str = "ops";
const FINANCE: &str = "finance";

/// Faults on purpose, and the functions that they can be injected into.
const FAULTS: &[(&str, &str)] = &[("FaultsInjected", COUNT)];
const FAULTY: &[(&str, &[&str])] = &[
    (REQUEST_RIDE, &[]),
    (PUT_RIDE_RECORD, &[]),
    (REQUEST_UNICORN, &[]),
    (PLACE_PAYMENT, &[]),
    (PROCESS_PAYMENT, &[]),
];

const fn family(
    namespace: &'static str,
    dimensions: &'static [&'static str],
    metrics: &'static [(&'static str, &'static str)],
) -> Family {
    Family { namespace, dimensions, metrics, every: MINUTE, only: Only::Always }
}

const fn own(
    dimensions: &'static [&'static str],
    metrics: &'static [(&'static str, &'static str)],
    from: &'static [(&'static str, &'static [&'static str])],
) -> Family {
    Family { namespace: "WildRydes", dimensions, metrics, every: MINUTE, only: Only::From(from) }
}

/// What AWS emits of resources as this stack has them, and what the functions write in the embedded metric format: the
/// catalogue of `shared`, of which the lab knows the names as it knows the names of the functions' variables.
///
/// - API Gateway: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html>
/// - Lambda: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>
/// - DynamoDB: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html>
/// - EventBridge Pipes: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-monitoring.html>, and for the namespace
///   <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html>
/// - SQS: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
/// - CloudWatch Logs: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html>
pub(super) const FAMILIES: &[Family] = &[
    family("AWS/ApiGateway", &["ApiName"], API),
    family("AWS/ApiGateway", &["ApiName", "Stage"], API),
    Family { only: Only::DetailedApis, ..family("AWS/ApiGateway", &["ApiName", "Method", "Resource", "Stage"], API) },
    family("AWS/Lambda", &[], LAMBDA),
    family("AWS/Lambda", &[], &[("UnreservedConcurrentExecutions", COUNT)]),
    family("AWS/Lambda", &["FunctionName"], LAMBDA),
    family("AWS/Lambda", &["FunctionName", "Resource"], LAMBDA),
    family(
        "AWS/DynamoDB",
        &["Operation", "TableName"],
        &[("SuccessfulRequestLatency", MILLISECONDS), ("SystemErrors", COUNT), ("ThrottledRequests", COUNT)],
    ),
    family("AWS/DynamoDB", &[], &[("UserErrors", COUNT)]),
    family("AWS/DynamoDB", &["TableName"], CAPACITY),
    family("AWS/DynamoDB", &["GlobalSecondaryIndexName", "TableName"], CAPACITY),
    family(
        "AWS/DynamoDB",
        &["TableName"],
        &[("ConditionalCheckFailedRequests", COUNT), ("TransactionConflict", COUNT)],
    ),
    // "For all other DynamoDB metrics, the aggregation granularity is five minutes."
    Family { every: 5 * MINUTE, only: Only::ProvisionedTables, ..family("AWS/DynamoDB", &["TableName"], PROVISIONED) },
    Family {
        every: 5 * MINUTE,
        only: Only::ProvisionedTables,
        ..family("AWS/DynamoDB", &["GlobalSecondaryIndexName", "TableName"], PROVISIONED)
    },
    family("AWS/SQS", &["QueueName"], QUEUE),
    family("AWS/Logs", &["LogGroupName"], &[("EMFParsingErrors", COUNT), ("EMFValidationErrors", COUNT)]),
    family(PIPES, &["PipeName"], PIPE),
    Family { only: Only::EnrichedPipes, ..family(PIPES, &["PipeName"], ENRICHMENT) },
    family(PIPES, &["PipeName"], EXECUTIONS),
    family(PIPES, &["AwsAccountId"], EXECUTIONS),
    family(PIPES, &["AwsAccountId"], &[("Concurrency", NONE)]),
    own(
        OF_SERVICE,
        &[("ColdStart", COUNT), ("RequestLatency", MILLISECONDS)],
        &[(REQUEST_RIDE, &[]), (PUT_RIDE_RECORD, &[]), (REQUEST_UNICORN, &[]), (OPS, &[]), (FINANCE, &[])],
    ),
    own(OF_SERVICE, &[("CacheHits", COUNT), ("CacheMisses", COUNT)], &[(REQUEST_RIDE, &[]), (REQUEST_UNICORN, &[])]),
    own(
        &["dependency", "service", "stage"],
        &[("DependencyErrors", COUNT), ("DependencyLatency", MILLISECONDS), ("Retries", COUNT)],
        &[
            (REQUEST_RIDE, &[REQUEST_UNICORN, PUT_RIDE_RECORD, "dynamodb", "ssm"]),
            (PUT_RIDE_RECORD, &["dynamodb"]),
            (REQUEST_UNICORN, &["dynamodb"]),
            (PLACE_PAYMENT, &["dynamodb"]),
            (PROCESS_PAYMENT, &[FINANCE, "dynamodb", "sqs", "ssm"]),
            (OPS, &["dynamodb", "sqs", "cloudwatch"]),
            (FINANCE, &["dynamodb"]),
        ],
    ),
    own(OF_SERVICE, FAULTS, FAULTY),
    own(&["fault", "service", "stage"], FAULTS, FAULTY),
    own(OF_SERVICE, RIDES, &[(REQUEST_RIDE, &[])]),
    own(&["stage"], RIDES, &[(REQUEST_RIDE, &[])]),
    own(OF_SERVICE, RECORDED, &[(REQUEST_RIDE, &[]), (PUT_RIDE_RECORD, &[])]),
    own(&["stage"], RECORDED, &[(REQUEST_RIDE, &[]), (PUT_RIDE_RECORD, &[])]),
    own(OF_SERVICE, &[("Deployments", COUNT)], &[("seed-fleet", &[])]),
    own(OF_SERVICE, &[("HeartbeatRides", COUNT)], &[("probe", &[])]),
    // A job without a row is placed by whoever charges it.
    own(OF_SERVICE, &[("PaymentsPlaced", COUNT)], &[(PLACE_PAYMENT, &[]), (PROCESS_PAYMENT, &[])]),
    own(OF_SERVICE, &[("UnreadableEvents", COUNT)], &[(PLACE_PAYMENT, &[])]),
    own(
        OF_SERVICE,
        &[
            ("PaymentAttempts", COUNT),
            ("PaymentAttemptsFailed", COUNT),
            ("PaymentsFailed", COUNT),
            ("PaymentsHeld", COUNT),
            ("PaymentsProcessed", COUNT),
        ],
        &[(PROCESS_PAYMENT, &[])],
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CATALOGUE: &str = include_str!("../../../../../shared/src/telemetry/metrics/catalogue.rs");

    /// Names of the catalogue's metrics of one subject: `OfService`, `OfDependency`, `OfRide`.
    fn of(subject: &str) -> BTreeSet<&'static str> {
        let lines = CATALOGUE.lines().filter(|line| line.contains(&format!(", {subject}>")));
        lines.filter_map(|line| line.split('"').nth(1)).collect()
    }

    fn filed_under(dimensions: &[&str]) -> BTreeSet<&'static str> {
        let own = FAMILIES.iter().filter(|family| family.namespace == "WildRydes" && family.dimensions == dimensions);
        own.flat_map(|family| family.metrics.iter().map(|(name, _)| *name)).collect()
    }

    #[test]
    fn the_functions_metrics_are_those_of_their_catalogue() {
        let rides = of("OfRide");
        assert!(rides.len() >= 3, "the catalogue is read");
        assert_eq!(filed_under(&["stage"]), rides);
        assert_eq!(filed_under(OF_SERVICE), &(&of("OfService") | &rides) | &of("OfFault"));
        assert_eq!(filed_under(&["fault", "service", "stage"]), of("OfFault"));
        assert_eq!(filed_under(&["dependency", "service", "stage"]), of("OfDependency"));
    }

    #[test]
    fn dimensions_stand_in_order() {
        // They are compared with the keys of a map.
        assert!(FAMILIES.iter().all(|family| family.dimensions.is_sorted()));
    }
}
