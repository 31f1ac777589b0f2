//! What the platform emits. An alarm on anything else never fires, and nothing in AWS says so.

mod operations;
mod table;
mod values;

use std::time::Duration;

use crate::template::error::did_you_mean;
use crate::template::model::Stack;
use crate::template::watched::{MetricName, Transformation};
use table::{FAMILIES, Family, Only};

/// What is known of a metric that exists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Emitted<'s> {
    /// CloudWatch's spelling.
    pub(crate) unit: &'s str,
    /// Time between two values.
    pub(crate) every: Duration,
}

/// Why a metric does not exist.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) part: Part,
    pub(crate) message: String,
    /// Whether it would exist with other values of the template's parameters. A dashboard may show an empty line for that.
    pub(crate) by_choice: bool,
}

/// What of a metric's name is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Namespace,
    Name,
    Dimensions,
    /// The value of this dimension.
    Value(String),
}

impl Missing {
    fn new(part: Part, message: impl Into<String>) -> Self {
        Self { part, message: message.into(), by_choice: false }
    }

    fn value(key: &str, message: impl Into<String>) -> Self {
        Self::new(Part::Value(key.to_owned()), message)
    }
}

/// All that emits metrics: the stack's resources, its functions, and its metric filters.
#[derive(Debug)]
pub(crate) struct Platform<'s> {
    stack: &'s Stack,
}

impl<'s> Platform<'s> {
    pub(crate) fn of(stack: &'s Stack) -> Self {
        Self { stack }
    }

    pub(crate) fn stack(&self) -> &'s Stack {
        self.stack
    }

    /// The metric, or which part of its name is wrong.
    pub(crate) fn emitted(&self, metric: &MetricName) -> Result<Emitted<'s>, Missing> {
        let MetricName { namespace, name, dimensions } = metric;
        let families: Vec<&Family> = FAMILIES.iter().filter(|family| family.namespace == namespace).collect();
        let filters: Vec<&Transformation> = self.filters().filter(|one| one.namespace == *namespace).collect();
        if families.is_empty() && filters.is_empty() {
            let known = FAMILIES.iter().map(|family| family.namespace);
            let hint = did_you_mean(namespace, known.chain(self.filters().map(|one| one.namespace.as_str())));
            return Err(Missing::new(Part::Namespace, format!("nothing here emits to \"{namespace}\"{hint}")));
        }
        let families: Vec<(&Family, &str)> = families
            .iter()
            .flat_map(|family| family.metrics.iter().map(move |(known, unit)| (*family, *known, *unit)))
            .filter_map(|(family, known, unit)| (known == name).then_some((family, unit)))
            .collect();
        let named: Vec<&Transformation> = filters.iter().copied().filter(|one| one.name == *name).collect();
        if families.is_empty() && named.is_empty() {
            let own = FAMILIES.iter().filter(|family| family.namespace == namespace);
            let known = own.flat_map(|family| family.metrics.iter().map(|(known, _)| *known));
            let hint = did_you_mean(name, known.chain(filters.iter().map(|one| one.name.as_str())));
            return Err(Missing::new(Part::Name, format!("{namespace} has no metric \"{name}\"{hint}")));
        }
        if let Some(filter) = named.iter().find(|one| one.dimensions.keys().eq(dimensions.keys())) {
            let unit = filter.unit.as_deref().unwrap_or("None");
            return Ok(Emitted { unit, every: Duration::from_secs(60) });
        }
        let Some((family, unit)) = families.iter().find(|(family, _)| dimensions.keys().eq(family.dimensions)) else {
            let known = families.iter().map(|(family, _)| shown(family.dimensions.iter().copied()));
            let known = known.chain(named.iter().map(|one| shown(one.dimensions.keys().map(String::as_str))));
            return Err(Missing::new(
                Part::Dimensions,
                format!(
                    "{namespace} {name} is filed under {}, not under {}",
                    known.collect::<Vec<_>>().join(", or "),
                    shown(dimensions.keys().map(String::as_str))
                ),
            ));
        };
        self.check_values(family, metric)?;
        Ok(Emitted { unit, every: Duration::from_secs(family.every) })
    }

    fn filters(&self) -> impl Iterator<Item = &'s Transformation> {
        self.stack.metric_filters.values().flat_map(|filter| &filter.transformations)
    }
}

/// `TableName and Operation`.
fn shown<'a>(keys: impl Iterator<Item = &'a str>) -> String {
    let keys: Vec<&str> = keys.collect();
    if keys.is_empty() { "no dimension".to_owned() } else { keys.join(" and ") }
}
