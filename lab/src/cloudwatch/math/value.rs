//! What an expression and its parts come to.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The points of a series by the start of their period; a period without data has none.
pub(super) type Points = BTreeMap<Timestamp, f64>;

/// The type is known without data, so that an expression can be checked before there is any.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// One number; none where it would be the greatest of nothing or a division by zero.
    Number(Option<f64>),
    /// One series.
    Series(Points),
    /// Several.
    Array(Vec<Member>),
}

/// One series of an array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Member {
    /// The query that it began as.
    pub(super) id: String,
    /// Its points.
    pub(super) points: Points,
}

impl Value {
    /// What it is, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Series(_) => "a series",
            Self::Array(_) => "an array of series",
        }
    }

    /// Every number by `change`.
    pub(super) fn map(self, change: impl Fn(f64) -> f64) -> Self {
        self.each(|points| points.into_iter().map(|(at, value)| (at, change(value))).collect(), &change)
    }

    /// Every series by `change`, and a number by `number`.
    pub(super) fn each(self, change: impl Fn(Points) -> Points, number: &impl Fn(f64) -> f64) -> Self {
        match self {
            Self::Number(value) => Self::Number(value.map(number)),
            Self::Series(points) => Self::Series(change(points)),
            Self::Array(members) => {
                let changed = members.into_iter().map(|Member { id, points }| Member { id, points: change(points) });
                Self::Array(changed.collect())
            }
        }
    }
}
