//! What one field of an event may be.
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns-content-based-filtering.html>

use serde_json::Value as Json;

/// One thing that a field may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Matcher {
    Equals(Json),
    AnythingBut(Vec<Json>),
    Prefix(String),
    Exists(bool),
    Numeric(Vec<(Comparison, f64)>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

impl Matcher {
    pub(super) fn read(value: &Json) -> Result<Self, String> {
        let Json::Object(members) = value else { return Ok(Self::Equals(literal(value)?)) };
        let mut members = members.iter();
        let (Some((name, operand)), None) = (members.next(), members.next()) else {
            return Err(format!("{value} must name one comparison"));
        };
        let unknown = |form: &str| Err(format!("the lab does not compare by \"{name}\"{form}"));
        match (name.as_str(), operand) {
            ("exists", Json::Bool(wanted)) => Ok(Self::Exists(*wanted)),
            ("prefix", Json::String(prefix)) => Ok(Self::Prefix(prefix.clone())),
            ("anything-but", Json::Array(others)) if !others.is_empty() => {
                Ok(Self::AnythingBut(others.iter().map(literal).collect::<Result<_, _>>()?))
            }
            ("anything-but", Json::String(_) | Json::Number(_)) => Ok(Self::AnythingBut(vec![operand.clone()])),
            ("numeric", Json::Array(parts)) => comparisons(parts).map(Self::Numeric),
            // In pipes, AWS takes anything-but of texts and numbers only.
            ("exists" | "prefix" | "anything-but" | "numeric", _) => unknown(&format!(" of {operand}")),
            _ => unknown(""),
        }
    }

    /// Of a list in an event, one element is enough.
    pub(super) fn matches(&self, value: Option<&Json>) -> bool {
        match (self, value) {
            // "Exists matching only works on leaf nodes": an object is none.
            (Self::Exists(wanted), value) => *wanted == value.is_some_and(|value| !value.is_object()),
            (_, Some(Json::Array(elements))) => elements.iter().any(|element| self.matches_leaf(element)),
            (_, Some(value)) => self.matches_leaf(value),
            // Also anything-but asks for a field that is there.
            (_, None) => false,
        }
    }

    fn matches_leaf(&self, value: &Json) -> bool {
        match self {
            Self::Equals(wanted) => equal(wanted, value),
            Self::AnythingBut(others) => {
                !matches!(value, Json::Object(_) | Json::Array(_)) && !others.iter().any(|other| equal(other, value))
            }
            Self::Prefix(prefix) => value.as_str().is_some_and(|text| text.starts_with(prefix)),
            Self::Numeric(comparisons) => {
                value.as_f64().is_some_and(|number| comparisons.iter().all(|(how, bound)| how.holds(number, *bound)))
            }
            Self::Exists(wanted) => *wanted,
        }
    }
}

/// Texts are compared letter by letter, numbers by their value.
fn equal(one: &Json, other: &Json) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn literal(value: &Json) -> Result<Json, String> {
    match value {
        Json::Object(_) | Json::Array(_) => Err(format!("{value} is no text, number, boolean or null")),
        _ => Ok(value.clone()),
    }
}

/// `[">", 0, "<=", 5]`.
fn comparisons(parts: &[Json]) -> Result<Vec<(Comparison, f64)>, String> {
    let wrong = || "\"numeric\" takes one or two comparisons, as in [\">\", 0, \"<=\", 5]".to_owned();
    if !matches!(parts.len(), 2 | 4) {
        return Err(wrong());
    }
    let read = |pair: &[Json]| {
        let comparison = match pair[0].as_str()? {
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            "=" => Comparison::Equal,
            ">=" => Comparison::GreaterOrEqual,
            ">" => Comparison::Greater,
            _ => return None,
        };
        Some((comparison, pair[1].as_f64()?))
    };
    parts.chunks_exact(2).map(|pair| read(pair).ok_or_else(wrong)).collect()
}

impl Comparison {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Self::Less => number < bound,
            Self::LessOrEqual => number <= bound,
            Self::Equal => number == bound,
            Self::GreaterOrEqual => number >= bound,
            Self::Greater => number > bound,
        }
    }
}
