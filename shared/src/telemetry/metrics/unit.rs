use serde_json::Number;
use std::time::Duration;

/// How the values of a metric are measured, and which Rust values those are: a duration cannot be counted by mistake.
pub trait Unit {
    /// CloudWatch's name of it.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
    const NAME: &'static str;

    /// What is recorded.
    type Value;

    /// The value in this unit; never infinite, never negative.
    fn number(value: Self::Value) -> Number;
}

/// Thousandths of a second, with microseconds behind the point.
#[derive(Debug, Clone, Copy)]
pub struct Milliseconds;

impl Unit for Milliseconds {
    const NAME: &'static str = "Milliseconds";
    type Value = Duration;

    fn number(value: Duration) -> Number {
        // The longest duration is finite as a float, so there always is a number.
        Number::from_f64(value.as_micros() as f64 / 1_000.0).unwrap_or(Number::from(0))
    }
}

/// How many.
#[derive(Debug, Clone, Copy)]
pub struct Count;

impl Unit for Count {
    const NAME: &'static str = "Count";
    type Value = u32;

    fn number(value: u32) -> Number {
        Number::from(value)
    }
}
