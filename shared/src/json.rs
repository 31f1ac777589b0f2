//! Reading a JSON body field by field, so that every wrong field can be named at once.
//!
//! Two steps, because they have two statuses: [`object`] says whether the bytes are one JSON object at all (400), and
//! [`Fields`] judges what is in it (422). Values stay raw until they are asked for, so `1e400`, which is legal JSON but
//! no `f64`, is a wrong field and not a wrong document.

mod fields;

pub use fields::{FieldErrors, Fields};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// How deep a document may nest: what `serde_json` itself allows.
const DEEPEST: usize = 128;

/// Why the bytes are not a JSON object. None of it quotes the bytes.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotAnObject {
    /// There are none.
    #[error("The body is empty; a JSON object is expected.")]
    Empty,
    /// They are not UTF-8, the only encoding of JSON (RFC 8259, section 8.1).
    #[error("The body is not valid UTF-8.")]
    NotUtf8,
    /// They nest too deep to be meant well.
    #[error("The body nests deeper than {DEEPEST} levels.")]
    TooDeep,
    /// They are not JSON.
    #[error("The body is not valid JSON (line {line}, column {column}).")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// They are JSON, but an array or a scalar.
    #[error("The body is JSON, but not an object.")]
    OtherType,
}

/// The fields of one JSON object, in their order, twins included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// Reads the one object that a body must be.
///
/// # Errors
/// The bytes are not a JSON object.
pub fn object(bytes: &[u8]) -> Result<Fields<'_>, NotAnObject> {
    let text = std::str::from_utf8(bytes).map_err(|_| NotAnObject::NotUtf8)?;
    let trimmed = text.trim_matches([' ', '\t', '\r', '\n']);
    if trimmed.is_empty() {
        return Err(NotAnObject::Empty);
    }
    if nests_deeper_than(text, DEEPEST) {
        return Err(NotAnObject::TooDeep);
    }
    let syntax = |error: serde_json::Error| NotAnObject::Syntax { line: error.line(), column: error.column() };
    if !trimmed.starts_with('{') {
        // Which of the two it is matters to whoever sent it.
        serde_json::from_str::<&RawValue>(text).map_err(syntax)?;
        return Err(NotAnObject::OtherType);
    }
    serde_json::from_str(text).map(|members| Fields::new(String::new(), members)).map_err(syntax)
}

/// Whether brackets outside strings nest deeper than this. Works on any text, JSON or not.
fn nests_deeper_than(text: &str, limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
