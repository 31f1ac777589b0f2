//! Metric filters: numbers out of log lines that are no embedded metric format.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html>

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::filter_pattern::{Event, FilterPattern, PatternError, Selector};
use super::{Datum, unit};
use crate::template::{MetricFilter, MetricName, Transformation};

/// Dimensions of a metric that a filter makes.
const DIMENSIONS: usize = 3;

/// A metric filter of the template, ready to look at lines.
#[derive(Debug, Clone)]
pub struct LineFilter {
    log_group: String,
    pattern: FilterPattern,
    metrics: Vec<Made>,
}

/// What a match is worth in one metric.
#[derive(Debug, Clone)]
struct Made {
    namespace: String,
    name: String,
    unit: &'static str,
    value: Worth,
    default_value: Option<f64>,
    dimensions: Vec<(String, Selector)>,
}

#[derive(Debug, Clone)]
enum Worth {
    Number(f64),
    Field(Selector),
}

/// Why a metric filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Its pattern, or a field that it takes a value from.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// A value that is neither a number nor a field.
    #[error("MetricValue {0:?} is neither a number nor a field such as $.duration")]
    Value(String),
    /// A unit that CloudWatch does not know.
    #[error("{0:?} is not a unit")]
    Unit(String),
    /// Fields of lines that are no JSON.
    #[error("only a JSON filter pattern gives {0} a field")]
    NoFields(String),
    /// What AWS refuses: with dimensions there can be no default.
    #[error("{0} cannot have both Dimensions and DefaultValue")]
    DefaultWithDimensions(String),
    /// More dimensions than AWS takes.
    #[error("{0} has more than {max} dimensions", max = DIMENSIONS)]
    Dimensions(String),
}

impl LineFilter {
    /// Makes a filter ready.
    ///
    /// # Errors
    /// What is said about it in the template is not valid, or not known to the lab.
    pub fn new(filter: &MetricFilter) -> Result<Self, FilterError> {
        let pattern = FilterPattern::parse(&filter.pattern)?;
        let metrics = filter.transformations.iter().map(|made| Made::new(made, pattern.is_json()));
        let metrics = metrics.collect::<Result<_, _>>()?;
        Ok(Self { log_group: filter.log_group.clone(), pattern, metrics })
    }

    /// The log group whose lines it looks at.
    pub fn log_group(&self) -> &str {
        &self.log_group
    }

    /// What a line received at `at` is worth. A line that does not match is worth the default value, where there is one.
    pub fn data(&self, text: &str, at: Timestamp) -> Vec<Datum> {
        self.data_of(&Event::new(text), at)
    }

    /// The same of a line that other filters look at too.
    pub(super) fn data_of(&self, event: &Event<'_>, at: Timestamp) -> Vec<Datum> {
        let matches = self.pattern.matches_event(event);
        self.metrics.iter().filter_map(|made| made.datum(event, matches, at)).collect()
    }
}

impl Made {
    fn new(from: &Transformation, has_fields: bool) -> Result<Self, FilterError> {
        let value = match (from.value.parse::<f64>(), from.value.starts_with('$')) {
            (Ok(number), _) if number.is_finite() => Worth::Number(number),
            (_, true) => Worth::Field(Selector::parse(&from.value)?),
            _ => return Err(FilterError::Value(from.value.clone())),
        };
        let unit = match &from.unit {
            None => unit::NONE,
            Some(name) => unit::unit(name).ok_or_else(|| FilterError::Unit(name.clone()))?,
        };
        if !has_fields && (!from.dimensions.is_empty() || matches!(value, Worth::Field(_))) {
            return Err(FilterError::NoFields(from.name.clone()));
        }
        if from.default_value.is_some() && !from.dimensions.is_empty() {
            return Err(FilterError::DefaultWithDimensions(from.name.clone()));
        }
        if from.dimensions.len() > DIMENSIONS {
            return Err(FilterError::Dimensions(from.name.clone()));
        }
        let dimension = |(name, field): (&String, &String)| Ok((name.clone(), Selector::parse(field)?));
        Ok(Self {
            namespace: from.namespace.clone(),
            name: from.name.clone(),
            unit,
            value,
            default_value: from.default_value,
            dimensions: from.dimensions.iter().map(dimension).collect::<Result<_, PatternError>>()?,
        })
    }

    fn datum(&self, event: &Event<'_>, matches: bool, at: Timestamp) -> Option<Datum> {
        let (value, dimensions) = if matches {
            (self.worth(event)?, self.dimensions(event)?)
        } else {
            (self.default_value?, BTreeMap::new())
        };
        let metric = MetricName { namespace: self.namespace.clone(), name: self.name.clone(), dimensions };
        Some(Datum { metric, unit: self.unit, at, value })
    }

    /// None where the field is no number: there is nothing to count.
    fn worth(&self, event: &Event<'_>) -> Option<f64> {
        match &self.value {
            Worth::Number(number) => Some(*number),
            Worth::Field(field) => match field.of(event.json()?)? {
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
                _ => None,
            },
        }
    }

    /// None where a field is missing or no single value: AWS does not make a metric without one of its dimensions.
    fn dimensions(&self, event: &Event<'_>) -> Option<BTreeMap<String, String>> {
        let dimension = |(name, field): &(String, Selector)| {
            let value = match field.of(event.json()?)? {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Bool(truth) => truth.to_string(),
                _ => return None,
            };
            Some((name.clone(), value))
        };
        self.dimensions.iter().map(dimension).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transformation(value: &str) -> Transformation {
        Transformation {
            namespace: "WildRydes".into(),
            name: "FunctionTimeouts".into(),
            value: value.into(),
            default_value: None,
            unit: None,
            dimensions: BTreeMap::new(),
        }
    }

    fn filter(pattern: &str, transformation: Transformation) -> Result<LineFilter, FilterError> {
        LineFilter::new(&MetricFilter {
            logical_id: "Filter".into(),
            log_group: "/aws/lambda/f".into(),
            pattern: pattern.into(),
            transformations: vec![transformation],
        })
    }

    fn values(filter: &LineFilter, line: &str) -> Vec<f64> {
        filter.data(line, Timestamp::UNIX_EPOCH).iter().map(|datum| datum.value).collect()
    }

    const REPORT: &str = r#"{"type":"platform.report","record":{"status":"timeout","metrics":{"durationMs":3000.5}}}"#;

    #[test]
    fn a_match_is_worth_its_number_and_another_line_the_default() {
        let counted = Transformation { default_value: Some(0.0), ..transformation("1") };
        let with_default = filter(r#"{ $.record.status = "timeout" }"#, counted).expect("valid");
        assert_eq!([values(&with_default, REPORT), values(&with_default, "START")], [[1.0], [0.0]]);
        let without = filter(r#"{ $.record.status = "timeout" }"#, transformation("1")).expect("valid");
        assert_eq!([values(&without, REPORT), values(&without, "START")], [vec![1.0], vec![]]);
        assert_eq!(values(&filter("ERROR", transformation("2.5")).expect("valid"), "an ERROR"), [2.5]);
    }

    #[test]
    fn a_field_gives_the_value_and_others_the_dimensions() {
        let dimensions = BTreeMap::from([("status".to_owned(), "$.record.status".to_owned())]);
        let unit = Some("Milliseconds".to_owned());
        let from = Transformation { dimensions, unit, ..transformation("$.record.metrics.durationMs") };
        let filter = filter("{ $.type = platform.report }", from).expect("valid");
        let data = filter.data(REPORT, Timestamp::UNIX_EPOCH);
        let dimensions = BTreeMap::from([("status".to_owned(), "timeout".to_owned())]);
        let metric = MetricName { namespace: "WildRydes".into(), name: "FunctionTimeouts".into(), dimensions };
        assert_eq!(data, [Datum { metric, unit: "Milliseconds", at: Timestamp::UNIX_EPOCH, value: 3000.5 }]);
        let incomplete = r#"{"type":"platform.report","record":{"metrics":{"durationMs":1}}}"#;
        assert!(values(&filter, incomplete).is_empty());
        let no_number = r#"{"type":"platform.report","record":{"status":"a","metrics":{"durationMs":[]}}}"#;
        assert!(values(&filter, no_number).is_empty());
    }

    #[test]
    fn what_aws_or_the_lab_would_not_take_is_refused() {
        let dimensions = BTreeMap::from([("a".to_owned(), "$.a".to_owned())]);
        let four = ["a", "b", "c", "d"].map(|name| (name.to_owned(), "$.a".to_owned())).into();
        let cases = [
            ("[a]", transformation("1"), "space-delimited"),
            ("{ $.a = 1 }", transformation("one"), "neither a number nor a field"),
            ("{ $.a = 1 }", transformation("$."), "the name of a member is expected"),
            ("{ $.a = 1 }", Transformation { unit: Some("ms".into()), ..transformation("1") }, "not a unit"),
            ("ERROR", transformation("$.a"), "only a JSON filter pattern"),
            ("ERROR", Transformation { dimensions: dimensions.clone(), ..transformation("1") }, "only a JSON filter"),
            (
                "{ $.a = 1 }",
                Transformation { dimensions, default_value: Some(0.0), ..transformation("1") },
                "both Dimensions and DefaultValue",
            ),
            ("{ $.a = 1 }", Transformation { dimensions: four, ..transformation("1") }, "more than 3 dimensions"),
        ];
        for (pattern, transformation, why) in cases {
            let error = filter(pattern, transformation).expect_err(why).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
