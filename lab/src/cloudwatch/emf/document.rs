//! The form of a document: the member `_aws`. Members that the format does not know are ignored, as it says.

use serde_json::{Map, Value};

/// `_aws`.
#[derive(Debug)]
pub(super) struct Document {
    /// Milliseconds since 1970.
    pub(super) timestamp_ms: i64,
    pub(super) directives: Vec<Directive>,
}

/// One of `CloudWatchMetrics`.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) namespace: String,
    /// Sets of keys.
    pub(super) dimensions: Vec<Vec<String>>,
    pub(super) metrics: Vec<Definition>,
}

/// One of `Metrics`.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) unit: Option<String>,
    /// As it stands there.
    pub(super) resolution: Option<Value>,
}

impl Document {
    /// Reads `_aws`.
    pub(super) fn read(metadata: &Value) -> Result<Self, String> {
        let metadata = object(Some(metadata), "_aws")?;
        let timestamp = metadata.get("Timestamp").and_then(Value::as_i64);
        let timestamp_ms = timestamp.ok_or("Timestamp is no whole number of milliseconds")?;
        let directives = array(metadata.get("CloudWatchMetrics"), "CloudWatchMetrics")?;
        Ok(Self { timestamp_ms, directives: directives.iter().map(Directive::read).collect::<Result<_, _>>()? })
    }
}

impl Directive {
    fn read(value: &Value) -> Result<Self, String> {
        let directive = object(Some(value), "a member of CloudWatchMetrics")?;
        let sets = array(directive.get("Dimensions"), "Dimensions")?;
        let keys = |set| {
            array(Some(set), "a member of Dimensions")?.iter().map(|key| text(Some(key), "a dimension")).collect()
        };
        Ok(Self {
            namespace: text(directive.get("Namespace"), "Namespace")?,
            dimensions: sets.iter().map(keys).collect::<Result<_, _>>()?,
            metrics: array(directive.get("Metrics"), "Metrics")?
                .iter()
                .map(Definition::read)
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Definition {
    fn read(value: &Value) -> Result<Self, String> {
        let definition = object(Some(value), "a member of Metrics")?;
        Ok(Self {
            name: text(definition.get("Name"), "Name")?,
            unit: definition.get("Unit").map(|unit| text(Some(unit), "Unit")).transpose()?,
            resolution: definition.get("StorageResolution").cloned(),
        })
    }
}

fn object<'a>(value: Option<&'a Value>, what: &str) -> Result<&'a Map<String, Value>, String> {
    value.and_then(Value::as_object).ok_or_else(|| format!("{what} is no object"))
}

fn array<'a>(value: Option<&'a Value>, what: &str) -> Result<&'a [Value], String> {
    value.and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| format!("{what} is no array"))
}

fn text(value: Option<&Value>, what: &str) -> Result<String, String> {
    value.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| format!("{what} is no text"))
}
