//! Operators between numbers, series and arrays.
//!
//! Where one of two series has no value, AWS takes 0; a point whose value would be a division by zero is left out:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#metric-math-syntax-arithmetic>

use super::error::MathError;
use super::tree::Operator;
use super::value::{Member, Points, Value};

/// What the operator makes of both sides.
pub(super) fn apply(operator: Operator, left: Value, right: Value) -> Result<Value, MathError> {
    let (left_kind, right_kind) = (left.kind(), right.kind());
    let of = |left, right| compute(operator, left, right);
    Ok(match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            Value::Number(left.zip(right).and_then(|(left, right)| of(left, right)))
        }
        (Value::Series(left), Value::Series(right)) => Value::Series(both(&left, &right, of)),
        (Value::Series(left), Value::Number(right)) => Value::Series(each(&left, |value| of(value, right?))),
        (Value::Number(left), Value::Series(right)) => Value::Series(each(&right, |value| of(left?, value))),
        (Value::Array(left), Value::Number(right)) if operator.is_arithmetic() => {
            members(left, |points| each(points, |value| of(value, right?)))
        }
        (Value::Number(left), Value::Array(right)) if operator.is_arithmetic() => {
            members(right, |points| each(points, |value| of(left?, value)))
        }
        (Value::Array(left), Value::Series(right)) if operator.is_arithmetic() => {
            members(left, |points| both(points, &right, of))
        }
        (Value::Series(left), Value::Array(right)) if operator.is_arithmetic() => {
            members(right, |points| both(&left, points, of))
        }
        // Two arrays, and comparing arrays: in none of AWS's tables.
        _ => return Err(MathError::Operands { operator: operator.sign(), left: left_kind, right: right_kind }),
    })
}

fn members(members: Vec<Member>, change: impl Fn(&Points) -> Points) -> Value {
    let changed = members.into_iter().map(|Member { id, points }| Member { id, points: change(&points) });
    Value::Array(changed.collect())
}

fn each(points: &Points, change: impl Fn(f64) -> Option<f64>) -> Points {
    points.iter().filter_map(|(at, value)| Some((*at, change(*value)?))).collect()
}

fn both(left: &Points, right: &Points, of: impl Fn(f64, f64) -> Option<f64>) -> Points {
    let at = |points: &Points, at| points.get(at).copied().unwrap_or(0.0);
    let times = left.keys().chain(right.keys().filter(|at| !left.contains_key(at)));
    times.filter_map(|time| Some((*time, of(at(left, time), at(right, time))?))).collect()
}

/// None where there is no such number: a division by zero, a root of a negative number.
fn compute(operator: Operator, left: f64, right: f64) -> Option<f64> {
    let truth = |truth: bool| if truth { 1.0 } else { 0.0 };
    let value = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Power => left.powf(right),
        Operator::Equal => truth(left == right),
        Operator::NotEqual => truth(left != right),
        Operator::Less => truth(left < right),
        Operator::LessOrEqual => truth(left <= right),
        Operator::Greater => truth(left > right),
        Operator::GreaterOrEqual => truth(left >= right),
        Operator::And => truth(left != 0.0 && right != 0.0),
        Operator::Or => truth(left != 0.0 || right != 0.0),
    };
    // Adding 0 makes 0 of -0, which no chart should show.
    value.is_finite().then_some(value + 0.0)
}
