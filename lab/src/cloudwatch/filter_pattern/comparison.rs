//! A value in a line against a value in a pattern.

use serde_json::Value;

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    Number(f64),
    Text(Wildcard),
}

/// A text; a `*` at its beginning or end stands for any text. One within is an asterisk: "Ev*ent will only match the actual
/// string Ev*ent".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    any_before: bool,
    text: String,
    any_after: bool,
}

impl Wildcard {
    pub(super) fn new(text: &str) -> Self {
        let (any_before, text) = text.strip_prefix('*').map_or((false, text), |rest| (true, rest));
        let (any_after, text) = text.strip_suffix('*').map_or((false, text), |rest| (true, rest));
        Self { any_before, text: text.to_owned(), any_after }
    }

    /// Whether a line in which nothing is escaped may hold a value that matches. A number may stand there in digits other
    /// than those it is compared by, so that only a text that is no number's is looked for.
    pub(super) fn may_be_in(&self, line: &str) -> bool {
        let is_word = self.text.bytes().any(|byte| byte.is_ascii_alphabetic() && !byte.eq_ignore_ascii_case(&b'e'));
        !is_word || line.contains(&self.text)
    }

    fn matches(&self, text: &str) -> bool {
        match (self.any_before, self.any_after) {
            (false, false) => text == self.text,
            (true, false) => text.ends_with(&self.text),
            // One asterisk alone has been taken for the one before.
            (false, true) => text.starts_with(&self.text),
            (true, true) => text.contains(&self.text),
        }
    }
}

/// Whether two values are equal; none where the value is no text and no number, to which "the filter is not applied". That a
/// number is compared with a text by its digits follows from `{ $.latency = * }`.
pub(super) fn equal(value: &Value, operand: &Operand) -> Option<bool> {
    match (value, operand) {
        (Value::Number(value), Operand::Number(operand)) => Some(value.as_f64() == Some(*operand)),
        (Value::Number(value), Operand::Text(operand)) => Some(operand.matches(&value.to_string())),
        (Value::String(value), Operand::Text(operand)) => Some(operand.matches(value)),
        (Value::String(value), Operand::Number(operand)) => Some(value.parse() == Ok(*operand)),
        _ => None,
    }
}
