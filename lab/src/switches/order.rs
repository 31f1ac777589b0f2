//! What is asked for: in a scenario, by a test, or as JSON on the console's `POST /api/switches`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Refusal, bounds};
use crate::dynamodb::Throughput;
use crate::sqs::Disorder;

/// An order to break something, or to mend it.
///
/// In JSON: `{"resource":"RidesTable","trouble":"throttle","operation":"PutItem","share":0.3,"seed":7}`.
/// A second order for a resource takes the place of the first one of the same operation. Capacity, a parameter's value and the
/// troubles of a function stand beside each other.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Logical id of a table, a parameter, a queue, a function or a pipe. Without it, every one that is called over an API, and to mend all.
    pub resource: Option<String>,
    /// What shall be wrong; nothing any more without it.
    pub trouble: Option<Wrong>,
    /// The only operation that has the trouble, or is mended: `PutItem`, `GetParameter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The share of the calls that has the trouble: more than 0, at most 1, which it is without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Chooses which calls are that share, by the order in which they come, or by their place which environments are killed. 0 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Order {
    /// Whether its members go together and its numbers are in their ranges, whatever stack it is for.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), Refusal> {
        bounds::check(self)
    }

    /// Whether mending what one of two orders is about mends something of the other: the same resource, and not two
    /// different operations of it.
    pub fn meets(&self, other: &Self) -> bool {
        let may_be_one =
            |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        may_be_one(&self.resource, &other.resource) && may_be_one(&self.operation, &other.operation)
    }
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
    /// `{"late":{"ms":1000}}`: calls are carried out at once, and answered later.
    Late {
        /// Milliseconds, 1 to 600000.
        ms: u32,
    },
    /// `{"capacity":{"read":1,"write":1}}`: the table and its global indexes are provisioned with so much, until mended.
    Capacity(Throughput),
    /// `{"value":"http://example.com"}`: somebody has overwritten the parameter. Mending puts the old value back.
    Value(String),
    /// `{"disorder":{"duplicates":0.2,"reordering":0.5,"seed":7}}`: the queue delivers twice and out of order, until mended.
    Disorder(Disorder),
    /// `"stopped"`: the pipe stands still, as after StopPipe. It goes on where it was once mended.
    Stopped,
    /// `{"seats":2}`: only so many invocations of the function may be under way at once, 0 to 900.
    Seats(u32),
    /// `{"slow_init":{"ms":3000}}`: new environments of the function take so much longer to initialise.
    SlowInit {
        /// Milliseconds, 1 to 600000.
        ms: u32,
    },
    /// `"disk_full"`: no environment of the function may write to a file. Linux only.
    DiskFull,
    /// `{"memory":{"mb":16}}`: the function has so much. Linux only.
    Memory {
        /// Megabytes, 1 to 10240.
        mb: u32,
    },
    /// `{"timeout":{"seconds":1}}`: the function's time limit.
    Timeout {
        /// Seconds, 1 to 900.
        seconds: u32,
    },
    /// `{"environment":{"LOG_LEVEL":"debug","STAGE":null}}`: variables of the function are set over the template's, or gone.
    Environment(BTreeMap<String, Option<String>>),
    /// `{"kill_every":{"ms":250}}`: again and again one of the function's environments is killed, whatever it works on.
    KillEvery {
        /// Milliseconds from one to the next, 1 to 600000, of the machine's.
        ms: u32,
    },
}

impl Wrong {
    /// As it is called in an order.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Unavailable => "unavailable",
            Self::Throttle => "throttle",
            Self::Slow { .. } => "slow",
            Self::Late { .. } => "late",
            Self::Capacity(_) => "capacity",
            Self::Value(_) => "value",
            Self::Disorder(_) => "disorder",
            Self::Stopped => "stopped",
            Self::Seats(_) => "seats",
            Self::SlowInit { .. } => "slow_init",
            Self::DiskFull => "disk_full",
            Self::Memory { .. } => "memory",
            Self::Timeout { .. } => "timeout",
            Self::Environment(_) => "environment",
            Self::KillEvery { .. } => "kill_every",
        }
    }

    /// Whether it is of one resource as a whole: not of some of its calls, and not of all resources at once.
    pub(super) fn is_whole(&self) -> bool {
        !matches!(self, Self::Fail | Self::Unavailable | Self::Throttle | Self::Slow { .. } | Self::Late { .. })
    }

    /// Whether other systems have no means for it.
    pub(super) fn needs_linux(&self) -> bool {
        matches!(self, Self::DiskFull | Self::Memory { .. })
    }
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
        assert_eq!(read(json!({"trouble": {"late": {"ms": 5}}})).trouble, Some(Wrong::Late { ms: 5 }));
        let capacity = read(json!({"trouble": {"capacity": {"read": 1, "write": 2}}})).trouble;
        assert_eq!(capacity, Some(Wrong::Capacity(Throughput { read: 1, write: 2, burst: None })));
        assert_eq!(read(json!({"trouble": {"value": "x"}})).trouble, Some(Wrong::Value("x".to_owned())));
        assert_eq!(read(json!({"resource": null, "trouble": null})), Order::default());
        let variables = BTreeMap::from([("A".to_owned(), Some("b".to_owned())), ("C".to_owned(), None)]);
        for (trouble, wrong) in [
            (
                json!({"disorder": {"duplicates": 0.5}}),
                Wrong::Disorder(Disorder { duplicates: 0.5, ..Disorder::default() }),
            ),
            (json!("stopped"), Wrong::Stopped),
            (json!({"seats": 2}), Wrong::Seats(2)),
            (json!({"slow_init": {"ms": 3000}}), Wrong::SlowInit { ms: 3000 }),
            (json!("disk_full"), Wrong::DiskFull),
            (json!({"memory": {"mb": 16}}), Wrong::Memory { mb: 16 }),
            (json!({"timeout": {"seconds": 1}}), Wrong::Timeout { seconds: 1 }),
            (json!({"environment": {"A": "b", "C": null}}), Wrong::Environment(variables)),
            (json!({"kill_every": {"ms": 250}}), Wrong::KillEvery { ms: 250 }),
        ] {
            let name = trouble.as_str().or_else(|| trouble.as_object()?.keys().next().map(String::as_str));
            assert_eq!(name, Some(wrong.name()), "it is called as it is written");
            assert_eq!(read(json!({"trouble": trouble})).trouble, Some(wrong));
        }
    }

    #[test]
    fn what_an_order_does_not_have_is_refused_by_name() {
        for (order, named) in [
            (json!({"trouble": "fail", "sahre": 0.3}), "sahre"),
            (json!({"trouble": "explode"}), "explode"),
            (json!({"trouble": {"capacity": {"read": 1, "write": 1, "brust": 0}}}), "brust"),
            (json!({"trouble": {"slow": {"seconds": 1}}}), "seconds"),
            (json!({"trouble": {"timeout": {"ms": 1}}}), "ms"),
            (json!({"trouble": {"seats": -1}}), "-1"),
            (json!({"trouble": {"disorder": {"duplicate": 0.5}}}), "duplicate"),
        ] {
            let refused = serde_json::from_value::<Order>(order).expect_err("refused").to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
