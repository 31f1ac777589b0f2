//! What DynamoDB tells CloudWatch of its calls.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html>
//!
//! "DynamoDB only sends metrics to CloudWatch when they have a non-zero value", so none is 0 here.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use super::Throughput;
use super::front::{Call, Outcome};
use super::request::Side;
use super::throttle::Place;
use crate::instruments::{Instruments, Reading};

const NAMESPACE: &str = "AWS/DynamoDB";

/// Writes down one call.
pub(super) fn answered(call: &Call, outcome: &Outcome, at: Timestamp, latency: Duration, instruments: &Instruments) {
    let read = |reading: Reading, dimensions: &[(&str, &str)]| {
        instruments.read(NAMESPACE, &[reading], at, &[dimensions]);
    };
    let at_place = |place: &Place, reading: Reading| read(reading, &dimensions(place));
    let of_operation = |table: &str, reading: Reading| {
        read(reading, &[("TableName", table), ("Operation", &call.operation)]);
    };
    if let Some(side) = call.side {
        for (place, units) in &outcome.consumed {
            at_place(place, Reading::count(consumed_metric(side), *units));
        }
    }
    // An event each: a batch has many, and a write that its index throttles has that of the index, under both dimensions.
    for throttle in &outcome.throttles {
        let events = match throttle.side {
            Side::Read => "ReadThrottleEvents",
            Side::Write => "WriteThrottleEvents",
        };
        at_place(&throttle.place, Reading::count(events, 1.0));
        at_place(&throttle.place, Reading::count(throttle.metric(), 1.0));
    }
    let status = outcome.answer.status();
    if status.is_success() {
        for table in &call.tables {
            let milliseconds = latency.as_secs_f64() * 1000.0;
            of_operation(table, Reading::milliseconds("SuccessfulRequestLatency", milliseconds));
        }
    } else if status.is_server_error() {
        for table in &call.tables {
            of_operation(table, Reading::count("SystemErrors", 1.0));
        }
    } else if !outcome.throttles.is_empty() {
        // "Incremented by one if any event within a request exceeds a provisioned throughput limit"; of a batch, only if
        // every item of it was throttled.
        let tables: BTreeSet<&String> = outcome.throttles.iter().map(|throttle| &throttle.place.table).collect();
        for table in tables {
            of_operation(table, Reading::count("ThrottledRequests", 1.0));
        }
    } else if outcome.kind == "ConditionalCheckFailedException" {
        for table in &call.tables {
            read(Reading::count("ConditionalCheckFailedRequests", 1.0), &[("TableName", table)]);
        }
    } else {
        // "The aggregate of HTTP 400 errors [...] for the current Region and the current account": no dimensions.
        read(Reading::count("UserErrors", 1.0), &[]);
    }
}

/// Writes down what tables and indexes are provisioned with.
pub(super) fn provisioned(places: &[(Place, Throughput)], at: Timestamp, instruments: &Instruments) {
    for (place, throughput) in places {
        let readings = [
            Reading::count("ProvisionedReadCapacityUnits", throughput.read.into()),
            Reading::count("ProvisionedWriteCapacityUnits", throughput.write.into()),
        ];
        instruments.read(NAMESPACE, &readings, at, &[&dimensions(place)]);
    }
}

fn dimensions(place: &Place) -> Vec<(&str, &str)> {
    let table = std::iter::once(("TableName", place.table.as_str()));
    table.chain(place.index.as_ref().map(|index| ("GlobalSecondaryIndexName", index.as_str()))).collect()
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
    use crate::dynamodb::answer;
    use crate::dynamodb::throttle::{Limit, Throttle};
    use crate::template::{MetricName, Statistic};
    use http::StatusCode;
    use serde_json::{Value, json};

    fn place(index: Option<&str>) -> Place {
        Place { table: "rides".to_owned(), index: index.map(str::to_owned) }
    }

    fn ended(status: u16, kind: &str) -> Outcome {
        let status = StatusCode::from_u16(status).expect("a status");
        Outcome::refused(answer::answer(status, &json!({})), kind)
    }

    /// Sum of a metric that a call leaves.
    fn sum(outcome: &Outcome, metric: &str, dimensions: &[(&str, &str)]) -> Option<f64> {
        let instruments = Instruments::default();
        let at = Timestamp::now();
        let (operation, tables) = ("PutItem".to_owned(), vec!["rides".to_owned()]);
        let call = Call { operation, tables, side: Some(Side::Write), request: Value::Null };
        answered(&call, outcome, at, Duration::from_millis(3), &instruments);
        let dimensions = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let metric = MetricName { namespace: NAMESPACE.to_owned(), name: metric.to_owned(), dimensions };
        let hour = Duration::from_secs(3600);
        let points = instruments.metrics.series(&metric, Statistic::Sum, hour, at - hour, at + hour);
        points.first().map(|(_, value)| *value)
    }

    const TABLE: (&str, &str) = ("TableName", "rides");
    const INDEX: (&str, &str) = ("GlobalSecondaryIndexName", "ByStatus");
    const OPERATION: (&str, &str) = ("Operation", "PutItem");

    #[test]
    fn a_stored_item_has_its_units_and_its_latency() {
        let consumed = vec![(place(None), 2.0), (place(Some("ByStatus")), 1.0)];
        let stored = Outcome { consumed, ..ended(200, "") };
        assert_eq!(sum(&stored, "ConsumedWriteCapacityUnits", &[TABLE]), Some(2.0));
        assert_eq!(sum(&stored, "ConsumedWriteCapacityUnits", &[TABLE, INDEX]), Some(1.0));
        assert_eq!(sum(&stored, "SuccessfulRequestLatency", &[TABLE, OPERATION]), Some(3.0));
        assert_eq!(sum(&stored, "UserErrors", &[]), None);
    }

    #[test]
    fn each_kind_of_error_counts_under_its_own_name() {
        assert_eq!(sum(&ended(500, "InternalServerError"), "SystemErrors", &[TABLE, OPERATION]), Some(1.0));
        assert_eq!(sum(&ended(500, "InternalServerError"), "UserErrors", &[]), None);
        assert_eq!(sum(&ended(400, "ValidationException"), "UserErrors", &[]), Some(1.0));
        let conditional =
            Outcome { consumed: vec![(place(None), 1.0)], ..ended(400, "ConditionalCheckFailedException") };
        assert_eq!(sum(&conditional, "ConditionalCheckFailedRequests", &[TABLE]), Some(1.0));
        assert_eq!(sum(&conditional, "ConsumedWriteCapacityUnits", &[TABLE]), Some(1.0));
        assert_eq!(sum(&conditional, "UserErrors", &[]), None);
    }

    fn throttled(status: u16) -> Outcome {
        let throttle = |index, limit| Throttle { place: place(index), side: Side::Write, limit, provisioned: true };
        let throttles = vec![throttle(None, Limit::Provisioned), throttle(Some("ByStatus"), Limit::KeyRange)];
        Outcome { throttles, ..ended(status, "") }
    }

    #[test]
    fn a_throttle_is_an_event_where_it_happened_and_one_request() {
        let throttled = throttled(400);
        assert_eq!(sum(&throttled, "ThrottledRequests", &[TABLE, OPERATION]), Some(1.0));
        for at in [vec![TABLE], vec![TABLE, INDEX]] {
            assert_eq!(sum(&throttled, "WriteThrottleEvents", &at), Some(1.0));
        }
        assert_eq!(sum(&throttled, "WriteProvisionedThroughputThrottleEvents", &[TABLE]), Some(1.0));
        assert_eq!(sum(&throttled, "WriteKeyRangeThroughputThrottleEvents", &[TABLE, INDEX]), Some(1.0));
        assert_eq!(sum(&throttled, "ReadThrottleEvents", &[TABLE]), None);
        assert_eq!(sum(&throttled, "UserErrors", &[]), None);
    }

    #[test]
    fn a_batch_that_goes_on_in_part_is_no_throttled_request() {
        assert_eq!(sum(&throttled(200), "ThrottledRequests", &[TABLE, OPERATION]), None);
        assert_eq!(sum(&throttled(200), "WriteThrottleEvents", &[TABLE]), Some(1.0));
    }
}
