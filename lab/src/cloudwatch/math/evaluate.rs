//! A tree to a value.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::error::MathError;
use super::tree::Node;
use super::value::{Member, Points, Value};
use super::{aggregate, condition, operators};
use crate::template::MathFunction as Function;
use crate::template::{MetricQuery, Source};

/// What an expression is evaluated in.
pub(super) struct Scope<'a> {
    /// The request.
    pub(super) queries: &'a [MetricQuery],
    /// What the ids that it uses have come to.
    pub(super) known: &'a BTreeMap<&'a str, Value>,
    /// Starts of all periods.
    pub(super) times: Vec<Timestamp>,
}

impl Scope<'_> {
    pub(super) fn value(&self, node: &Node) -> Result<Value, MathError> {
        Ok(match node {
            Node::Number(number) => Value::Number(Some(*number)),
            Node::Id(id) => self.known.get(id.as_str()).cloned().ok_or_else(|| MathError::Unknown(id.clone()))?,
            // Only METRICS has one, and does not ask for its value.
            Node::Text(_) => Value::Number(None),
            Node::Array(members) => self.array(members)?,
            Node::Minus(inner) => self.value(inner)?.map(|value| 0.0 - value),
            Node::Binary(operator, left, right) => operators::apply(*operator, self.value(left)?, self.value(right)?)?,
            Node::Call(function, arguments) => self.call(*function, arguments)?,
        })
    }

    /// Arrays in an array are laid out flat, as in `SUM([METRICS("4xx"), METRICS("5xx")])`.
    fn array(&self, nodes: &[Node]) -> Result<Value, MathError> {
        let mut members = Vec::new();
        for node in nodes {
            match self.value(node)? {
                Value::Series(points) => {
                    let id = if let Node::Id(id) = node { id.clone() } else { String::new() };
                    members.push(Member { id, points });
                }
                Value::Array(inner) => members.extend(inner),
                Value::Number(_) => return Err(MathError::Arguments { function: "an array", takes: "series" }),
            }
        }
        Ok(Value::Array(members))
    }

    fn call(&self, function: Function, arguments: &[Node]) -> Result<Value, MathError> {
        let refused = || MathError::Arguments { function: function.name(), takes: function.takes() };
        let argument = |at: usize| self.value(arguments.get(at).ok_or_else(refused)?);
        let series = |value: Value| if matches!(value, Value::Number(_)) { Err(refused()) } else { Ok(value) };
        Ok(match function {
            Function::Sum | Function::Min | Function::Max | Function::Avg => aggregate::apply(function, argument(0)?)?,
            Function::Abs => series(argument(0)?)?.map(f64::abs),
            Function::Ceil => series(argument(0)?)?.map(f64::ceil),
            Function::Floor => series(argument(0)?)?.map(f64::floor),
            Function::Diff => series(argument(0)?)?.each(differences, &|value| value),
            Function::RunningSum => series(argument(0)?)?.each(running_sum, &|value| value),
            Function::If => {
                let otherwise = arguments.get(2).map(|node| self.value(node)).transpose()?;
                condition::apply(argument(0)?, argument(1)?, otherwise)?
            }
            Function::TimeSeries => match argument(0)? {
                Value::Number(number) => {
                    Value::Series(self.times.iter().filter_map(|time| Some((*time, number?))).collect())
                }
                _ => return Err(refused()),
            },
            Function::Period => Value::Number(Some(self.period(arguments).ok_or_else(refused)?.as_secs_f64())),
            Function::Metrics => {
                let part = if let [Node::Text(part)] = arguments { part } else { "" };
                self.metrics(part)
            }
        })
    }

    /// "Valid input is metrics, not the results of other expressions."
    fn period(&self, arguments: &[Node]) -> Option<Duration> {
        let [Node::Id(id)] = arguments else { return None };
        let query = self.queries.iter().find(|query| query.id == *id)?;
        matches!(query.source, Source::Metric { .. }).then_some(query.period)
    }

    fn metrics(&self, part: &str) -> Value {
        let metrics = chosen(self.queries, part);
        let members = metrics.map(|id| match self.known.get(id) {
            Some(Value::Series(points)) => Member { id: id.to_owned(), points: points.clone() },
            _ => Member { id: id.to_owned(), points: Points::new() },
        });
        Value::Array(members.collect())
    }
}

/// The ids of all metrics that have this part in their id; expressions do not count.
pub(super) fn chosen<'a>(queries: &'a [MetricQuery], part: &'a str) -> impl Iterator<Item = &'a str> {
    let metrics = queries.iter().filter(|query| matches!(query.source, Source::Metric { .. }));
    metrics.map(|query| query.id.as_str()).filter(move |id| id.contains(part))
}

/// Each value less the one before it; the first has none before it.
fn differences(points: Points) -> Points {
    points.iter().zip(points.iter().skip(1)).map(|((_, before), (at, value))| (*at, value - before)).collect()
}

fn running_sum(points: Points) -> Points {
    let sums = points.into_iter().scan(0.0, |sum, (at, value)| {
        *sum += value;
        Some((at, *sum))
    });
    sums.collect()
}
