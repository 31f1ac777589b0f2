//! What a JSON pattern asks of a line.

use std::cmp::Ordering;

use serde_json::Value;

use super::comparison::{Operand, equal};
use super::selector::Selector;

/// A condition, or several.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// `||`
    Any(Vec<Condition>),
    /// `&&`
    All(Vec<Condition>),
    /// About one value.
    One(Selector, Test),
}

/// What is asked of a value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    Equal(Operand),
    NotEqual(Operand),
    /// The number compares as one of these.
    Number(f64, &'static [Ordering]),
    IsNull,
    Is(bool),
    NotExists,
}

impl Condition {
    /// Whether a line in which nothing is escaped may fulfil it, by its words alone: most lines need not be parsed.
    pub(super) fn may_hold(&self, line: &str) -> bool {
        match self {
            Self::Any(conditions) => conditions.iter().any(|condition| condition.may_hold(line)),
            Self::All(conditions) => conditions.iter().all(|condition| condition.may_hold(line)),
            Self::One(_, Test::NotExists) => true,
            Self::One(selector, Test::Equal(Operand::Text(text))) => text.may_be_in(line) && selector.may_be_in(line),
            Self::One(selector, _) => selector.may_be_in(line),
        }
    }

    /// Whether a line fulfils it. Of a value that is not there only NOT EXISTS holds; whether AWS lets `!=` hold of it is not
    /// documented.
    pub(super) fn holds(&self, root: &Value) -> bool {
        match self {
            Self::Any(conditions) => conditions.iter().any(|condition| condition.holds(root)),
            Self::All(conditions) => conditions.iter().all(|condition| condition.holds(root)),
            Self::One(selector, test) => match selector.of(root) {
                None => *test == Test::NotExists,
                Some(value) => test.holds(value),
            },
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Equal(operand) => equal(value, operand) == Some(true),
            Self::NotEqual(operand) => equal(value, operand) == Some(false),
            Self::Number(number, orders) => {
                let order = value.as_f64().and_then(|value| value.partial_cmp(number));
                order.is_some_and(|order| orders.contains(&order))
            }
            Self::IsNull => value.is_null(),
            Self::Is(truth) => *value == Value::Bool(*truth),
            Self::NotExists => false,
        }
    }
}
