//! Filter patterns of CloudWatch Logs: which lines a metric filter counts.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>. Patterns of JSON and of terms are
//! known; patterns of space-delimited fields and regular expressions are refused by name.

mod comparison;
mod condition;
mod error;
mod parser;
mod selector;
mod terms;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use serde_json::Value;

use condition::Condition;
pub use error::PatternError;
pub(super) use selector::Selector;
use terms::Terms;

/// Longest pattern in characters: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html>
const MAX_LENGTH: usize = 1024;

/// A pattern that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterPattern(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// Nothing: every line matches.
    All,
    Terms(Terms),
    Json(Condition),
}

/// A line, parsed at most once, however many patterns look at it.
#[derive(Debug)]
pub(super) struct Event<'a> {
    text: &'a str,
    escapes: OnceCell<bool>,
    json: OnceCell<Option<Value>>,
}

impl FilterPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Its syntax, or a kind of pattern that the lab does not know.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.chars().count() > MAX_LENGTH {
            return Err(PatternError::TooLong);
        }
        let text = text.trim();
        Ok(Self(match text.chars().next() {
            None => Kind::All,
            Some('{') => Kind::Json(parser::parse(text)?),
            Some('[') => return Err(PatternError::Fields),
            Some(_) => Kind::Terms(Terms::parse(text)?),
        }))
    }

    /// Whether a line matches.
    pub fn matches(&self, text: &str) -> bool {
        self.matches_event(&Event::new(text))
    }

    pub(super) fn matches_event(&self, event: &Event<'_>) -> bool {
        match &self.0 {
            Kind::All => true,
            Kind::Terms(terms) => terms.matches(event.text),
            Kind::Json(condition) => {
                let may_hold = event.has_escapes() || condition.may_hold(event.text);
                may_hold && event.json().is_some_and(|json| condition.holds(json))
            }
        }
    }

    /// Whether it looks at JSON, so that fields can be taken out of what it matches.
    pub fn is_json(&self) -> bool {
        matches!(self.0, Kind::Json(_))
    }
}

impl<'a> Event<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, escapes: OnceCell::new(), json: OnceCell::new() }
    }

    /// Whether its words may be spelled otherwise in JSON than they read.
    fn has_escapes(&self) -> bool {
        *self.escapes.get_or_init(|| self.text.contains('\\'))
    }

    /// The line as JSON, if it is an object.
    pub(super) fn json(&self) -> Option<&Value> {
        let parse = || serde_json::from_str(self.text).ok().filter(Value::is_object);
        self.json.get_or_init(parse).as_ref()
    }
}
