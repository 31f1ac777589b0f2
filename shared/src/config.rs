//! The environment, parsed once at start. It fails closed, and an error names the key but never the value.

use std::collections::HashMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// A variable that is missing or wrong. The value is left out: it may be a secret.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("environment variable {key} {fault}; expected {expected}")]
pub struct ConfigError {
    /// The variable.
    pub key: String,
    /// Whether it is missing or wrong.
    pub fault: Fault,
    /// What would be right.
    pub expected: String,
}

/// What is wrong with a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Not set, or set to nothing.
    Missing,
    /// Set to something that cannot be used.
    Invalid,
}

impl Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Missing => "is not set",
            Self::Invalid => "has a value that cannot be used",
        })
    }
}

/// The variables of the process, or a test's own.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<String, String>,
}

impl Environment {
    /// The variables of this process. One that is not UTF-8 counts as missing.
    pub fn of_process() -> Self {
        let text = |value: std::ffi::OsString| value.into_string().ok();
        std::env::vars_os().filter_map(|(key, value)| Some((text(key)?, text(value)?))).collect()
    }

    /// The value as it stands, if it is set and not empty.
    pub fn optional(&self, key: &str) -> Option<&str> {
        self.variables.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value as it stands.
    ///
    /// # Errors
    /// The variable is not set or empty.
    pub fn text(&self, key: &str) -> Result<String, ConfigError> {
        self.optional(key).map(str::to_owned).ok_or_else(|| error(key, Fault::Missing, "a text"))
    }

    /// A plain integer in a range.
    ///
    /// # Errors
    /// The variable is not set, not a plain integer, or out of the range.
    pub fn number<N>(&self, key: &str, range: RangeInclusive<N>) -> Result<N, ConfigError>
    where
        N: FromStr + PartialOrd + Display,
    {
        let expected = format!("a plain integer from {} to {}", range.start(), range.end());
        let Some(text) = self.optional(key) else { return Err(error(key, Fault::Missing, expected)) };
        let plain = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| plain && range.contains(number));
        number.ok_or_else(|| error(key, Fault::Invalid, expected))
    }

    /// A duration in milliseconds, at least one and at most Lambda's longest timeout.
    ///
    /// # Errors
    /// As [`Environment::number`].
    pub fn milliseconds(&self, key: &str) -> Result<Duration, ConfigError> {
        self.number(key, 1..=900_000).map(Duration::from_millis)
    }

    /// A duration in whole seconds, from one second to one day.
    ///
    /// # Errors
    /// As [`Environment::number`].
    pub fn seconds(&self, key: &str) -> Result<Duration, ConfigError> {
        self.number(key, 1..=86_400).map(Duration::from_secs)
    }

    /// A value that a parser judges.
    ///
    /// # Errors
    /// The variable is not set, or `parse` finds nothing in it.
    pub fn parsed<T>(
        &self,
        key: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let text = self.optional(key).ok_or_else(|| error(key, Fault::Missing, expected))?;
        parse(text).ok_or_else(|| error(key, Fault::Invalid, expected))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Self { variables: pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect() }
    }
}

fn error(key: &str, fault: Fault, expected: impl Into<String>) -> ConfigError {
    ConfigError { key: key.to_owned(), fault, expected: expected.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> Environment {
        [("ATTEMPTS", value)].into_iter().collect()
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = Environment::default().text("RIDES_TABLE").expect_err("nothing is set");
        assert_eq!(error.to_string(), "environment variable RIDES_TABLE is not set; expected a text");
    }

    #[test]
    fn an_empty_variable_counts_as_missing() {
        let error = with("").number("ATTEMPTS", 1..=5_u32).expect_err("it is empty");
        assert_eq!(error.fault, Fault::Missing);
    }

    #[test]
    fn a_wrong_variable_is_named_with_what_was_expected_and_without_its_value() {
        for value in ["hunter2", "+3", "-1", "0", "6", " 3", "3.0", "99999999999999999999"] {
            let message = with(value).number("ATTEMPTS", 1..=5_u32).expect_err(value).to_string();
            assert!(message.contains("ATTEMPTS") && message.contains("from 1 to 5"), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn a_plain_integer_is_taken() {
        assert_eq!(with("3").number("ATTEMPTS", 1..=5_u32), Ok(3));
        assert_eq!(with("250").milliseconds("ATTEMPTS"), Ok(Duration::from_millis(250)));
        assert_eq!(with("60").seconds("ATTEMPTS"), Ok(Duration::from_secs(60)));
    }
}
