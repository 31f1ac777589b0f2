//! Members of a JSON object by name, with the way to them in every error.

use serde_json::{Map, Value};

/// What in a dashboard cannot be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct DashboardError {
    /// The way to it: `widgets[2].properties.view`.
    pub path: String,
    /// What is wrong with it.
    pub why: String,
}

/// An object and the way to it.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    path: String,
    members: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// An object that has these members and no others.
    pub(super) fn read(path: String, value: &'a Value, known: &[&str]) -> Result<Self, DashboardError> {
        let Some(members) = value.as_object() else { return Err(error(path, "is no object")) };
        let fields = Self { path, members };
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(fields.error(name, "is not known to the lab")),
            None => Ok(fields),
        }
    }

    /// The way to a member.
    pub(super) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(super) fn error(&self, name: &str, why: impl Into<String>) -> DashboardError {
        error(self.path(name), why)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    pub(super) fn needed(&self, name: &str) -> Result<&'a Value, DashboardError> {
        self.get(name).ok_or_else(|| self.error(name, "is missing"))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, DashboardError> {
        self.of(name, "is no text", Value::as_str)
    }

    pub(super) fn needed_text(&self, name: &str) -> Result<&'a str, DashboardError> {
        self.needed(name)?;
        Ok(self.text(name)?.unwrap_or_default())
    }

    /// A text that is one of these; the first where it is missing.
    pub(super) fn choice(&self, name: &str, choices: &[&'static str]) -> Result<&'static str, DashboardError> {
        let Some(text) = self.text(name)? else { return Ok(choices.first().copied().unwrap_or_default()) };
        let chosen = choices.iter().find(|choice| **choice == text).copied();
        chosen.ok_or_else(|| self.error(name, format!("{text:?} is not one of {}", choices.join(", "))))
    }

    pub(super) fn truth(&self, name: &str, default: bool) -> Result<bool, DashboardError> {
        Ok(self.of(name, "is neither true nor false", Value::as_bool)?.unwrap_or(default))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, DashboardError> {
        self.of(name, "is no number", Value::as_f64)
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, name: &str, least: u64, greatest: u64) -> Result<Option<u64>, DashboardError> {
        let within = |value: &Value| value.as_u64().filter(|number| (least..=greatest).contains(number));
        self.of(name, &format!("is no whole number from {least} to {greatest}"), within)
    }

    /// The members of an array with the way to each; none where it is missing.
    pub(super) fn array(&self, name: &str) -> Result<Vec<(String, &'a Value)>, DashboardError> {
        let values = self.of(name, "is no array", Value::as_array)?.map(Vec::as_slice).unwrap_or_default();
        let path = self.path(name);
        Ok(values.iter().enumerate().map(|(at, value)| (format!("{path}[{at}]"), value)).collect())
    }

    /// `#` and three or six hexadecimal digits.
    pub(super) fn color(&self) -> Result<Option<String>, DashboardError> {
        let Some(color) = self.text("color")? else { return Ok(None) };
        let digits = color.strip_prefix('#').unwrap_or_default();
        if matches!(digits.len(), 3 | 6) && digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(Some(color.to_owned()));
        }
        Err(self.error("color", "is no color such as #1f77b4"))
    }

    fn of<T>(&self, name: &str, why: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, DashboardError> {
        self.get(name).map(|value| read(value).ok_or_else(|| self.error(name, why))).transpose()
    }
}

pub(super) fn error(path: String, why: impl Into<String>) -> DashboardError {
    DashboardError { path, why: why.into() }
}
