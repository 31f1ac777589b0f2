//! What is asked for: in a scenario, by a test, or as JSON on the console's `POST /api/switches`.

use serde::{Deserialize, Serialize};

use crate::dynamodb::Throughput;
use crate::sqs::Disorder;

/// An order to break something, or to mend it.
///
/// In JSON: `{"resource":"RidesTable","trouble":"throttle","operation":"PutItem","share":0.3,"seed":7}`.
/// A second order for a resource takes the place of the first one of the same operation. Capacity and a parameter's value
/// stand beside other troubles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Logical id of a table, a parameter or a queue; every one of them without it.
    pub resource: Option<String>,
    /// What shall be wrong; nothing any more without it.
    pub trouble: Option<Wrong>,
    /// The only operation that has the trouble, or is mended: `PutItem`, `GetParameter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The share of the calls that has the trouble: more than 0, at most 1, which it is without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Chooses which calls are that share: the same seed, the same calls. 0 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Wrong {
    /// `"fail"`: calls are answered with `InternalServerError`, a 500.
    Fail,
    /// `"unavailable"`: calls are answered with `ServiceUnavailable`, a 503.
    Unavailable,
    /// `"throttle"`: calls are answered as if each were one too many.
    Throttle,
    /// `{"slow":{"ms":500}}`: calls wait first.
    Slow {
        /// Milliseconds, 1 to 600000.
        ms: u32,
    },
    /// `{"capacity":{"read":1,"write":1}}`: the table and its global indexes are provisioned with so much, until mended.
    Capacity(Throughput),
    /// `{"value":"http://example.com"}`: somebody has overwritten the parameter. Mending puts the old value back.
    Value(String),
    /// `{"disorder":{"duplicates":0.2,"reordering":0.5,"seed":7}}`: the queue delivers twice and out of order, until mended.
    Disorder(Disorder),
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_order_is_read_as_it_is_documented() {
        let read = |order| serde_json::from_value::<Order>(order).expect("an order");
        let order = read(json!({"resource": "RidesTable", "trouble": "fail"}));
        assert_eq!(
            order,
            Order { resource: Some("RidesTable".to_owned()), trouble: Some(Wrong::Fail), ..Order::default() }
        );
        assert_eq!(read(json!({"trouble": {"slow": {"ms": 5}}})).trouble, Some(Wrong::Slow { ms: 5 }));
        let capacity = read(json!({"trouble": {"capacity": {"read": 1, "write": 2}}})).trouble;
        assert_eq!(capacity, Some(Wrong::Capacity(Throughput { read: 1, write: 2, burst: None })));
        let disorder = read(json!({"trouble": {"disorder": {"duplicates": 0.5}}})).trouble;
        assert_eq!(disorder, Some(Wrong::Disorder(Disorder { duplicates: 0.5, ..Disorder::default() })));
        assert_eq!(read(json!({"trouble": {"value": "x"}})).trouble, Some(Wrong::Value("x".to_owned())));
        assert_eq!(read(json!({"resource": null, "trouble": null})), Order::default());
    }

    #[test]
    fn what_an_order_does_not_have_is_refused_by_name() {
        for (order, named) in [
            (json!({"trouble": "fail", "sahre": 0.3}), "sahre"),
            (json!({"trouble": "explode"}), "explode"),
            (json!({"trouble": {"capacity": {"read": 1, "write": 1, "brust": 0}}}), "brust"),
            (json!({"trouble": {"slow": {"seconds": 1}}}), "seconds"),
        ] {
            let refused = serde_json::from_value::<Order>(order).expect_err("refused").to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
