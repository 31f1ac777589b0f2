//! Metric math: what an expression over metrics comes to, period by period.
//!
//! Syntax and functions as in
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>. What the lab does not evaluate
//! is refused by name when it is read, so that no alarm is silent for a reason that nobody sees.

mod aggregate;
mod condition;
mod error;
mod evaluate;
mod lexer;
mod operators;
mod parser;
mod request;
#[cfg(test)]
mod tests;
mod tree;
mod value;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

pub use error::MathError;
use tree::Node;
use value::{Points, Value};

use crate::template::{MetricName, MetricQuery, Statistic};

/// Longest expression in bytes: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html>.
const MAX_LENGTH: usize = 2048;

/// Deepest nesting; the lab's own limit, so that no template can exhaust its stack.
const MAX_DEPTH: usize = 64;

/// Where the numbers of metrics come from: [`super::Metrics`], or literal series in a test.
pub trait Data {
    /// The statistic of every period that has data and is touched by `from..to`, by its start, in order.
    fn series(
        &self,
        metric: &MetricName,
        statistic: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)>;

    /// The same of the values of one unit. Literal series have no units, so that all count.
    fn series_of_unit(
        &self,
        metric: &MetricName,
        _unit: &str,
        statistic: Statistic,
        period: Duration,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, f64)> {
        self.series(metric, statistic, period, from, to)
    }
}

/// An expression that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    root: Node,
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// Its syntax, or a function that the lab does not evaluate.
    pub fn parse(text: &str) -> Result<Self, MathError> {
        if text.len() > MAX_LENGTH {
            return Err(MathError::TooLong(text.len()));
        }
        Ok(Self { root: parser::parse(text)? })
    }

    /// The ids that it names. What METRICS stands for is not among them.
    pub fn ids(&self) -> BTreeSet<&str> {
        let mut ids = BTreeSet::new();
        tree::walk(&self.root, &mut |node| {
            if let Node::Id(id) = node {
                ids.insert(id.as_str());
            }
        });
        ids
    }
}

/// The points of the query `id`, by the start of their period, in order. A period without a value has none.
///
/// # Errors
/// An expression that cannot be read or evaluated, an id that is missing, several series instead of one.
pub fn values(
    queries: &[MetricQuery],
    id: &str,
    data: &impl Data,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(Timestamp, f64)>, MathError> {
    series(id, request::value(queries, id, data, from, to)?)
}

/// A query of which everything is known but the numbers, for whoever asks every minute.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    queries: Vec<MetricQuery>,
    id: String,
    steps: Vec<request::Step>,
}

impl Prepared {
    /// Reads the query `id` and all that it needs.
    ///
    /// # Errors
    /// What [`check`] would say.
    pub fn new(queries: &[MetricQuery], id: &str) -> Result<Self, MathError> {
        check(queries, id)?;
        Ok(Self { queries: queries.to_vec(), id: id.to_owned(), steps: request::order(queries, id)? })
    }

    /// As [`values`].
    ///
    /// # Errors
    /// As those of [`values`].
    pub fn values(&self, data: &impl Data, from: Timestamp, to: Timestamp) -> Result<Vec<(Timestamp, f64)>, MathError> {
        series(&self.id, request::value_of(&self.steps, &self.queries, &self.id, data, from, to)?)
    }
}

fn series(id: &str, value: Value) -> Result<Vec<(Timestamp, f64)>, MathError> {
    match value {
        Value::Series(points) => Ok(points.into_iter().collect()),
        Value::Array(_) => Err(MathError::Several(id.to_owned())),
        Value::Number(_) => Err(MathError::Scalar(id.to_owned())),
    }
}

/// One line of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The metric that it began as, where an expression makes several lines.
    pub member: Option<String>,
    /// Its points by the start of their period, in order.
    pub points: Vec<(Timestamp, f64)>,
}

/// Like [`values`], but an expression may come to several series, as on a chart.
///
/// # Errors
/// As those of [`values`].
pub fn lines(
    queries: &[MetricQuery],
    id: &str,
    data: &impl Data,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Line>, MathError> {
    let line = |member, points: Points| Line { member, points: points.into_iter().collect() };
    match request::value(queries, id, data, from, to)? {
        Value::Series(points) => Ok(vec![line(None, points)]),
        Value::Array(members) => Ok(members.into_iter().map(|member| line(Some(member.id), member.points)).collect()),
        Value::Number(_) => Err(MathError::Scalar(id.to_owned())),
    }
}

/// Whether the query `id` can be evaluated to one series; needs no data.
///
/// # Errors
/// What [`values`] would say.
pub fn check(queries: &[MetricQuery], id: &str) -> Result<(), MathError> {
    values(queries, id, &Nothing, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH).map(drop)
}

/// Whether the query `id` can be evaluated to lines of a chart; needs no data.
///
/// # Errors
/// What [`lines`] would say.
pub fn check_lines(queries: &[MetricQuery], id: &str) -> Result<(), MathError> {
    lines(queries, id, &Nothing, Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH).map(drop)
}

/// Metrics without any value.
struct Nothing;

impl Data for Nothing {
    fn series(&self, _: &MetricName, _: Statistic, _: Duration, _: Timestamp, _: Timestamp) -> Vec<(Timestamp, f64)> {
        Vec::new()
    }
}
