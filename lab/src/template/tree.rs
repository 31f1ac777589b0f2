//! The template as a tree in which every node knows its line and its path, before and after resolution alike.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::sync::Arc;

use super::error::TemplateError;

/// A way from the root, shared between siblings so that a deep template costs no more than its text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Path(Option<Arc<Part>>);

#[derive(Debug)]
struct Part {
    parent: Path,
    segment: String,
}

impl Path {
    pub(crate) fn key(&self, key: &str) -> Self {
        let dot = if self.0.is_some() { "." } else { "" };
        Self(Some(Arc::new(Part { parent: self.clone(), segment: format!("{dot}{key}") })))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        Self(Some(Arc::new(Part { parent: self.clone(), segment: format!("[{index}]") })))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut segments = Vec::new();
        let mut path = self;
        while let Some(part) = &path.0 {
            segments.push(part.segment.as_str());
            path = &part.parent;
        }
        segments.iter().rev().try_for_each(|segment| f.write_str(segment))
    }
}

/// Where a node stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) line: u32,
    /// From 1.
    pub(crate) column: u32,
    pub(crate) path: Path,
}

impl Place {
    pub(crate) fn error(&self, message: impl Into<String>) -> TemplateError {
        TemplateError::at(self.line, self.column, self.path.to_string(), message)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) at: Place,
    pub(crate) value: Value,
}

/// There is no null: CloudFormation refuses it anywhere in a template, and so does the reader.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Bool(bool),
    /// As it prints; most properties become strings anyhow.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// Of the key, so that an unknown one is shown where it stands.
    pub(crate) at: Place,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn text_at(at: &Place, text: impl Into<String>) -> Self {
        Self { at: at.clone(), value: Value::Text(text.into()) }
    }

    pub(crate) fn list_at(at: &Place, items: Vec<Self>) -> Self {
        Self { at: at.clone(), value: Value::List(items) }
    }

    pub(crate) fn map_at(at: &Place, entries: Vec<Entry>) -> Self {
        Self { at: at.clone(), value: Value::Map(entries) }
    }

    pub(crate) fn error(&self, message: impl Into<String>) -> TemplateError {
        self.at.error(message)
    }

    /// The value of `key`; nothing where this is no map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value),
            _ => None,
        }
    }

    pub(crate) fn require(&self, key: &str) -> Result<&Self, TemplateError> {
        self.map()?;
        self.get(key).ok_or_else(|| self.error(format!("\"{key}\" is missing")))
    }

    pub(crate) fn map(&self) -> Result<&[Entry], TemplateError> {
        match &self.value {
            Value::Map(entries) => Ok(entries),
            _ => Err(self.error(format!("must be a map, not {}", self.kind()))),
        }
    }

    pub(crate) fn list(&self) -> Result<&[Self], TemplateError> {
        match &self.value {
            Value::List(items) => Ok(items),
            _ => Err(self.error(format!("must be a list, not {}", self.kind()))),
        }
    }

    /// A scalar as the string CloudFormation makes of it.
    pub(crate) fn text(&self) -> Result<String, TemplateError> {
        self.scalar().ok_or_else(|| self.error(format!("must be a string, not {}", self.kind())))
    }

    pub(crate) fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    /// An integer within `range`, written as a number or as a string: what comes out of a parameter is a string.
    pub(crate) fn integer<T>(&self, range: RangeInclusive<T>) -> Result<T, TemplateError>
    where
        T: FromStr + PartialOrd + fmt::Display,
    {
        self.text()?.parse().ok().filter(|value| range.contains(value)).ok_or_else(|| {
            let shown = self.scalar().unwrap_or_default();
            self.error(format!("must be an integer from {} to {}, not \"{shown}\"", range.start(), range.end()))
        })
    }

    pub(crate) fn boolean(&self) -> Result<bool, TemplateError> {
        match self.text()?.as_str() {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(self.error(format!("must be true or false, not \"{other}\""))),
        }
    }

    /// One of `allowed`, as it stands there.
    pub(crate) fn one_of(&self, allowed: &[&str]) -> Result<String, TemplateError> {
        let text = self.text()?;
        if allowed.contains(&text.as_str()) {
            return Ok(text);
        }
        Err(self.error(format!("must be one of {}, not \"{text}\"", allowed.join(", "))))
    }

    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// Every scalar as a string: how CloudFormation sends a custom resource's properties.
    pub(crate) fn to_json_of_strings(&self) -> serde_json::Value {
        match &self.value {
            Value::List(items) => items.iter().map(Self::to_json_of_strings).collect(),
            Value::Map(entries) => {
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json_of_strings())).collect()
            }
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => self.scalar().unwrap_or_default().into(),
        }
    }

    /// Sets the paths of this node and of everything below it.
    pub(crate) fn set_paths(&mut self, path: &Path) {
        self.at.path = path.clone();
        match &mut self.value {
            Value::List(items) => {
                items.iter_mut().enumerate().for_each(|(index, item)| item.set_paths(&path.index(index)));
            }
            Value::Map(entries) => {
                for entry in entries {
                    entry.at.path = path.key(&entry.key);
                    entry.value.set_paths(&entry.at.path);
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
        }
    }
}
