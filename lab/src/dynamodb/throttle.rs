//! A throttled request: what was exceeded, and how DynamoDB says so.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/throttling-diagnosing-workflow.html>

use serde_json::{Value, json};

use super::Side;

/// A table or a global index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// Physical name.
    pub(super) table: String,
    pub(super) index: Option<String>,
}

impl Place {
    /// `prefix` is `arn:aws:dynamodb:{region}:{account}`.
    pub(super) fn arn(&self, prefix: &str) -> String {
        let index = self.index.as_ref().map(|index| format!("/index/{index}")).unwrap_or_default();
        format!("{prefix}:table/{}{index}", self.table)
    }
}

/// What was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// The units that are provisioned.
    Provisioned,
    /// What a partition can do.
    KeyRange,
    /// What an account may have of one table.
    Account,
}

impl Limit {
    /// As the reasons and the metrics name it.
    fn named(self) -> &'static str {
        match self {
            Self::Provisioned => "ProvisionedThroughput",
            Self::KeyRange => "KeyRangeThroughput",
            Self::Account => "AccountLimit",
        }
    }
}

/// One thing that throttled a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Throttle {
    pub(super) place: Place,
    pub(super) side: Side,
    pub(super) limit: Limit,
    /// Whether the table is provisioned, rather than on demand.
    pub(super) provisioned: bool,
}

impl Throttle {
    /// `TableWriteProvisionedThroughputExceeded`.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html>
    fn reason(&self) -> String {
        let place = if self.place.index.is_some() { "Index" } else { "Table" };
        format!("{place}{}{}Exceeded", self.side.named(), self.limit.named())
    }

    /// The metric of its limit: `WriteProvisionedThroughputThrottleEvents`.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TroubleshootingThrottling-cloudwatch.html>
    pub(super) fn metric(&self) -> &'static str {
        match (self.side, self.limit) {
            (Side::Read, Limit::Provisioned) => "ReadProvisionedThroughputThrottleEvents",
            (Side::Read, Limit::KeyRange) => "ReadKeyRangeThroughputThrottleEvents",
            (Side::Read, Limit::Account) => "ReadAccountLimitThrottleEvents",
            (Side::Write, Limit::Provisioned) => "WriteProvisionedThroughputThrottleEvents",
            (Side::Write, Limit::KeyRange) => "WriteKeyRangeThroughputThrottleEvents",
            (Side::Write, Limit::Account) => "WriteAccountLimitThrottleEvents",
        }
    }

    /// The words of a transaction's cancellation reasons, the only ones that are documented in full.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors>
    fn message(&self) -> &'static str {
        match (self.limit, self.provisioned, self.place.index.is_some()) {
            (Limit::Account, _, _) => "Throughput exceeds the current throughput quota for your account.",
            (_, true, false) => {
                "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
                 provisioning level with the UpdateTable API."
            }
            (_, true, true) => {
                "The level of configured provisioned throughput for one or more global secondary indexes of the table was \
                 exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes \
                 with the UpdateTable API"
            }
            (_, false, false) => {
                "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your \
                 table or index so please try again shortly. If exceptions persist, check if you have a hot key: \
                 https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html."
            }
            (_, false, true) => {
                "Throughput exceeds the current capacity for one or more global secondary indexes. DynamoDB is automatically \
                 scaling your index so please try again shortly."
            }
        }
    }

    /// A transaction's cancellation reason.
    pub(super) fn cancellation(&self) -> Value {
        let code = if self.provisioned { "ProvisionedThroughputExceeded" } else { "ThrottlingError" };
        json!({"Code": code, "Message": self.message()})
    }
}

/// Kind and body of the error for a throttled request. Its first throttle decides the kind: which of the three exceptions
/// belongs to which limit is nowhere spelt out; tables with provisioned units have the one that is called so, those on demand
/// `ThrottlingException`, whose reasons, unlike the others', begin with a small letter in the service's model.
pub(super) fn exception(throttles: &[Throttle], arn_prefix: &str) -> (&'static str, Value) {
    let reasons: Vec<Value> = throttles
        .iter()
        .map(|throttle| json!({"reason": throttle.reason(), "resource": throttle.place.arn(arn_prefix)}))
        .collect();
    let message = throttles.first().map_or("Rate of requests exceeds the allowed throughput.", Throttle::message);
    let (kind, member) = match throttles.first() {
        Some(Throttle { limit: Limit::Account, .. }) => ("RequestLimitExceeded", "ThrottlingReasons"),
        Some(Throttle { provisioned: true, .. }) => ("ProvisionedThroughputExceededException", "ThrottlingReasons"),
        _ => ("ThrottlingException", "throttlingReasons"),
    };
    (kind, json!({"message": message, member: reasons}))
}
