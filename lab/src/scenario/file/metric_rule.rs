//! What a metric must say of a run.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::scenario::range::Range;
use crate::template::MetricName;

/// A metric and its figures from the minute in which the load begins until the end, riders of the settling time included.
/// A metric without any value holds no range: a name that is spelt wrong must not pass.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricRule {
    /// `AWS/DynamoDB`, `WildRydes`.
    pub namespace: String,
    /// `Retries`.
    pub name: String,
    /// All its dimensions; with others it is another metric.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// The sum of its values. With compression there are fewer riders, so a range that holds at every length needs room.
    pub sum: Option<Range>,
    /// The greatest of its values: for what each request says of itself.
    pub most: Option<Range>,
}

impl MetricRule {
    pub(in crate::scenario) fn metric(&self) -> MetricName {
        let (namespace, name, dimensions) = (self.namespace.clone(), self.name.clone(), self.dimensions.clone());
        MetricName { namespace, name, dimensions }
    }

    /// Whether it asks for anything.
    pub(super) fn asks(&self) -> bool {
        self.sum.is_some() || self.most.is_some()
    }
}

impl fmt::Display for MetricRule {
    /// `WildRydes Retries (dependency dynamodb, service put-ride-record, stage dev)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.namespace, self.name)?;
        let dimensions: Vec<String> = self.dimensions.iter().map(|(name, value)| format!("{name} {value}")).collect();
        if dimensions.is_empty() { Ok(()) } else { write!(f, " ({})", dimensions.join(", ")) }
    }
}
