//! IF: a point of one series or another, by the point of a condition.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#using-IF-expressions>

use super::error::MathError;
use super::value::{Points, Value};
use crate::template::MathFunction as Function;

/// Any value but 0 is true. Forms that AWS does not list are refused.
pub(super) fn apply(condition: Value, when_true: Value, when_false: Option<Value>) -> Result<Value, MathError> {
    let is_array = |value: &Value| matches!(value, Value::Array(_));
    if is_array(&when_true) || when_false.as_ref().is_some_and(is_array) {
        return Err(refused());
    }
    match (condition, when_true, when_false) {
        (Value::Series(condition), when_true, when_false) => {
            Ok(Value::Series(by_point(&condition, &when_true, when_false.as_ref())))
        }
        (Value::Number(condition), Value::Series(when_true), None) => {
            Ok(Value::Series(if is_true(condition) { when_true } else { Points::new() }))
        }
        (Value::Number(condition), Value::Series(when_true), Some(Value::Series(when_false))) => {
            let chosen = if is_true(condition) { when_true } else { when_false };
            // Without a number to decide by there is no answer either.
            Ok(Value::Series(if condition.is_some() { chosen } else { Points::new() }))
        }
        _ => Err(refused()),
    }
}

fn refused() -> MathError {
    MathError::Arguments { function: Function::If.name(), takes: Function::If.takes() }
}

fn is_true(condition: Option<f64>) -> bool {
    condition.is_some_and(|value| value != 0.0)
}

/// A true point without a value in the first result is 0; a false one without a value in the second is left out.
fn by_point(condition: &Points, when_true: &Value, when_false: Option<&Value>) -> Points {
    let points = condition.iter().filter_map(|(at, value)| {
        let chosen = if *value == 0.0 {
            match when_false? {
                Value::Number(number) => *number,
                Value::Series(points) => points.get(at).copied(),
                Value::Array(_) => None,
            }
        } else {
            match when_true {
                Value::Number(number) => *number,
                Value::Series(points) => Some(points.get(at).copied().unwrap_or(0.0)),
                Value::Array(_) => None,
            }
        };
        Some((*at, chosen?))
    });
    points.collect()
}
