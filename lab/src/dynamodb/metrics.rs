//! What DynamoDB tells CloudWatch of its calls.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html>
//!
//! "DynamoDB only sends metrics to CloudWatch when they have a non-zero value", so none is 0 here.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::capacity::{self, Side};
use crate::instruments::{Instruments, Reading};

const NAMESPACE: &str = "AWS/DynamoDB";

/// What throttling is called. <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
const THROTTLES: [&str; 3] = ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"];

/// One answered call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) operation: &'a str,
    pub(super) request: &'a Value,
    pub(super) status: StatusCode,
    /// `Null` where it is no JSON.
    pub(super) answer: &'a Value,
    pub(super) at: Timestamp,
    pub(super) latency: Duration,
}

/// Writes down one call.
pub(super) fn answered(call: &Call<'_>, instruments: &Instruments) {
    let side = capacity::side(call.operation);
    let tables = capacity::tables(call.request);
    let read = |reading: Reading, dimensions: &[(&str, &str)]| {
        instruments.read(NAMESPACE, &[reading], call.at, &[dimensions]);
    };
    let by_operation = |reading: Reading| {
        for table in &tables {
            read(reading, &[("TableName", table), ("Operation", call.operation)]);
        }
    };
    let by_table = |name: &'static str, value: f64| {
        for table in &tables {
            read(Reading::count(name, value), &[("TableName", table)]);
        }
    };
    if call.status.is_success() {
        by_operation(Reading::milliseconds("SuccessfulRequestLatency", call.latency.as_secs_f64() * 1000.0));
        let Some(side) = side else { return };
        for (table, units) in capacity::consumed(call.answer) {
            read(Reading::count(consumed_metric(side), units), &[("TableName", &table)]);
        }
        return;
    }
    if call.status.is_server_error() {
        by_operation(Reading::count("SystemErrors", 1.0));
        return;
    }
    let kind = call.answer["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    if kind == "ConditionalCheckFailedException" {
        by_table("ConditionalCheckFailedRequests", 1.0);
        // It "still consumes write capacity": by the size of the item that was there, and at least one unit.
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.ConditionalUpdate
        by_table(consumed_metric(Side::Write), capacity::write_units(&call.answer["Item"]));
    } else if THROTTLES.contains(&kind) {
        by_operation(Reading::count("ThrottledRequests", 1.0));
        match side {
            Some(Side::Read) => by_table("ReadThrottleEvents", 1.0),
            Some(Side::Write) => by_table("WriteThrottleEvents", 1.0),
            None => {}
        }
    } else {
        // "The aggregate of HTTP 400 errors [...] for the current Region and the current account": no dimensions.
        read(Reading::count("UserErrors", 1.0), &[]);
    }
}

/// Writes down what tables are provisioned with: read and write units by name.
pub(super) fn provisioned(tables: &BTreeMap<String, (f64, f64)>, at: Timestamp, instruments: &Instruments) {
    for (table, (read, write)) in tables {
        let readings = [
            Reading::count("ProvisionedReadCapacityUnits", *read),
            Reading::count("ProvisionedWriteCapacityUnits", *write),
        ];
        instruments.read(NAMESPACE, &readings, at, &[&[("TableName", table)]]);
    }
}

fn consumed_metric(side: Side) -> &'static str {
    match side {
        Side::Read => "ConsumedReadCapacityUnits",
        Side::Write => "ConsumedWriteCapacityUnits",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{MetricName, Statistic};
    use serde_json::json;

    /// Sums of the metrics that a call leaves.
    fn sum(status: u16, answer: &Value, metric: &str, dimensions: &[(&str, &str)]) -> Option<f64> {
        let instruments = Instruments::default();
        let at = Timestamp::now();
        let request = json!({"TableName": "rides"});
        let status = StatusCode::from_u16(status).expect("a status");
        let latency = Duration::from_millis(3);
        answered(&Call { operation: "PutItem", request: &request, status, answer, at, latency }, &instruments);
        let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let metric = MetricName { namespace: NAMESPACE.to_owned(), name: metric.to_owned(), dimensions };
        let hour = Duration::from_secs(3600);
        let points = instruments.metrics.series(&metric, Statistic::Sum, hour, at - hour, at + hour);
        points.first().map(|(_, value)| *value)
    }

    const TABLE: (&str, &str) = ("TableName", "rides");
    const OPERATION: (&str, &str) = ("Operation", "PutItem");

    #[test]
    fn a_stored_item_has_its_units_and_its_latency() {
        let answer = json!({"ConsumedCapacity": {"TableName": "rides", "CapacityUnits": 2.0}});
        assert_eq!(sum(200, &answer, "ConsumedWriteCapacityUnits", &[TABLE]), Some(2.0));
        assert_eq!(sum(200, &answer, "SuccessfulRequestLatency", &[TABLE, OPERATION]), Some(3.0));
        assert_eq!(sum(200, &answer, "UserErrors", &[]), None);
    }

    #[test]
    fn each_kind_of_error_counts_under_its_own_name() {
        let kind = |kind: &str| json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}")});
        let (conditional, throttled) =
            (kind("ConditionalCheckFailedException"), kind("ProvisionedThroughputExceededException"));
        assert_eq!(sum(500, &Value::Null, "SystemErrors", &[TABLE, OPERATION]), Some(1.0));
        assert_eq!(sum(500, &Value::Null, "UserErrors", &[]), None);
        assert_eq!(sum(400, &kind("ValidationException"), "UserErrors", &[]), Some(1.0));
        assert_eq!(sum(400, &conditional, "ConditionalCheckFailedRequests", &[TABLE]), Some(1.0));
        assert_eq!(sum(400, &conditional, "ConsumedWriteCapacityUnits", &[TABLE]), Some(1.0));
        assert_eq!(sum(400, &throttled, "ThrottledRequests", &[TABLE, OPERATION]), Some(1.0));
        assert_eq!(sum(400, &throttled, "WriteThrottleEvents", &[TABLE]), Some(1.0));
        assert!([conditional, throttled].iter().all(|answer| sum(400, answer, "UserErrors", &[]).is_none()));
    }
}
