//! SUM, MIN, MAX and AVG: of one series a number, of an array a series.

use super::error::MathError;
use super::value::{Points, Value};
use crate::template::MathFunction as Function;

/// What the function makes of its argument.
pub(super) fn apply(function: Function, argument: Value) -> Result<Value, MathError> {
    match argument {
        Value::Number(_) => Err(MathError::Arguments { function: function.name(), takes: function.takes() }),
        Value::Series(points) => {
            let values: Vec<f64> = points.into_values().collect();
            Ok(Value::Number(of(function, &values, values.len())))
        }
        Value::Array(members) => {
            let mut columns = std::collections::BTreeMap::<_, Vec<f64>>::new();
            for (at, value) in members.iter().flat_map(|member| &member.points) {
                columns.entry(*at).or_default().push(*value);
            }
            let size = members.len();
            let points = columns.into_iter().filter_map(|(at, values)| Some((at, of(function, &values, size)?)));
            Ok(Value::Series(points.collect::<Points>()))
        }
    }
}

/// AVG of an array divides by the number of series, because AWS counts a missing value as 0 there. For MIN and MAX it
/// documents nothing of the sort, so what is missing is not looked at. The greatest of nothing is no number.
fn of(function: Function, values: &[f64], size: usize) -> Option<f64> {
    let value = match function {
        Function::Sum => values.iter().sum(),
        Function::Avg => values.iter().sum::<f64>() / size as f64,
        Function::Min => values.iter().copied().reduce(f64::min)?,
        Function::Max => values.iter().copied().reduce(f64::max)?,
        _ => return None,
    };
    value.is_finite().then_some(value)
}
