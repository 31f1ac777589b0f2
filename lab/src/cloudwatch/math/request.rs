//! Queries in the order in which they need each other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::error::MathError;
use super::evaluate::{Scope, chosen};
use super::tree::{Node, walk};
use super::value::Value;
use super::{Data, Expression};
use crate::cloudwatch::period;
use crate::template::MathFunction as Function;
use crate::template::{MetricQuery, Source};

/// What the query of this id comes to.
pub(super) fn value(
    queries: &[MetricQuery],
    id: &str,
    data: &impl Data,
    from: Timestamp,
    to: Timestamp,
) -> Result<Value, MathError> {
    value_of(&order(queries, id)?, queries, id, data, from, to)
}

/// What the query of this id comes to, whose order is known. Nested expressions are evaluated one after another, not inside
/// each other, so that the stack does not grow with them.
pub(super) fn value_of(
    steps: &[Step],
    queries: &[MetricQuery],
    id: &str,
    data: &impl Data,
    from: Timestamp,
    to: Timestamp,
) -> Result<Value, MathError> {
    let mut known = BTreeMap::new();
    for step in steps {
        let Some(query) = queries.get(step.query) else { return Err(MathError::Unknown(id.to_owned())) };
        let value = match &query.source {
            Source::Metric { metric, statistic, unit } => {
                let points = match unit {
                    Some(unit) => data.series_of_unit(metric, unit, *statistic, query.period, from, to),
                    None => data.series(metric, *statistic, query.period, from, to),
                };
                Value::Series(points.into_iter().filter(|(_, value)| value.is_finite()).collect())
            }
            Source::Expression(_) => {
                let times = period::starts(step.period, from, to).collect();
                let scope = Scope { queries, known: &known, times };
                let value = step.root.as_ref().map_or(Ok(Value::Number(None)), |root| scope.value(root))?;
                if matches!(value, Value::Number(_)) {
                    return Err(MathError::Scalar(query.id.clone()));
                }
                value
            }
        };
        known.insert(query.id.as_str(), value);
    }
    known.remove(id).ok_or_else(|| MathError::Unknown(id.to_owned()))
}

/// One query, after those that it needs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// Its place among the queries.
    query: usize,
    /// Of an expression.
    root: Option<Node>,
    /// Of the metrics under it, or its own where there are none.
    period: Duration,
}

/// What `id` needs, before it.
pub(super) fn order(queries: &[MetricQuery], id: &str) -> Result<Vec<Step>, MathError> {
    let mut steps: Vec<Step> = Vec::new();
    let mut periods: BTreeMap<&str, Option<Duration>> = BTreeMap::new();
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let mut stack: Vec<(String, bool)> = vec![(id.to_owned(), false)];
    while let Some((id, needs_are_known)) = stack.pop() {
        let place = queries.iter().position(|query| query.id == id).ok_or_else(|| MathError::Unknown(id.clone()))?;
        let query = &queries[place];
        if periods.contains_key(query.id.as_str()) {
            continue;
        }
        let Source::Expression(text) = &query.source else {
            periods.insert(&query.id, Some(query.period));
            steps.push(Step { query: place, root: None, period: query.period });
            continue;
        };
        let root = Expression::parse(text)?.root;
        let needs = needs(&root, queries);
        if needs_are_known {
            open.remove(query.id.as_str());
            let mut under = needs.iter().filter_map(|need| periods.get(need.as_str()).copied().flatten());
            let first = under.next();
            // AWS does not say how points of different periods meet.
            if under.any(|other| Some(other) != first) {
                return Err(MathError::Periods(id));
            }
            periods.insert(&query.id, first);
            steps.push(Step { query: place, root: Some(root), period: first.unwrap_or(query.period) });
            continue;
        }
        if !open.insert(&query.id) {
            return Err(MathError::Circle(id));
        }
        stack.push((id, true));
        stack.extend(needs.into_iter().map(|need| (need, false)));
    }
    Ok(steps)
}

/// The ids that a tree uses.
fn needs(root: &Node, queries: &[MetricQuery]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    walk(root, &mut |node| match node {
        Node::Id(id) => drop(ids.insert(id.clone())),
        Node::Call(Function::Metrics, arguments) => {
            let part = if let [Node::Text(part)] = arguments.as_slice() { part } else { "" };
            ids.extend(chosen(queries, part).map(str::to_owned));
        }
        _ => {}
    });
    ids
}
