//! `$.users[0].id`: where in a JSON line to look.

use serde_json::Value;

use super::error::PatternError;

/// The way from the root to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selector(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

impl Selector {
    /// Reads a selector that is the whole text.
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        match Self::read(text)? {
            (selector, "") => Ok(selector),
            (_, rest) => Err(PatternError::Expected { wanted: "the end of the selector", at: text.len() - rest.len() }),
        }
    }

    /// Reads a selector at the front of a text; also gives the rest. Names are letters, digits, `-` and `_`.
    pub(super) fn read(text: &str) -> Result<(Self, &str), PatternError> {
        let expected = |wanted, rest: &str| PatternError::Expected { wanted, at: text.len() - rest.len() };
        let mut rest = text.strip_prefix('$').ok_or_else(|| expected("$", text))?;
        let mut steps = Vec::new();
        loop {
            if let Some(member) = rest.strip_prefix('.') {
                let length =
                    member.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').unwrap_or(member.len());
                match (length, member.starts_with('*')) {
                    (0, true) => return Err(PatternError::WildcardSelector),
                    (0, false) => return Err(expected("the name of a member", member)),
                    _ => steps.push(Step::Member(member[..length].to_owned())),
                }
                rest = &member[length..];
            } else if let Some(element) = rest.strip_prefix('[').filter(|_| !steps.is_empty()) {
                if element.starts_with('*') {
                    return Err(PatternError::WildcardSelector);
                }
                let (index, after) = element.split_once(']').ok_or_else(|| expected("]", ""))?;
                steps.push(Step::Element(index.parse().map_err(|_| expected("a number", element))?));
                rest = after;
            } else if steps.is_empty() {
                return Err(expected("a member, as in $.name,", rest));
            } else {
                return Ok((Self(steps), rest));
            }
        }
    }

    /// Whether a line in which nothing is escaped may have a value there: all the names are in it.
    pub(super) fn may_be_in(&self, line: &str) -> bool {
        self.0.iter().all(|step| match step {
            Step::Member(name) => line.contains(name.as_str()),
            Step::Element(_) => true,
        })
    }

    /// The value there, if there is one.
    pub(crate) fn of<'a>(&self, root: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(root, |value, step| match step {
            Step::Member(name) => value.as_object()?.get(name),
            Step::Element(index) => value.as_array()?.get(*index),
        })
    }
}
