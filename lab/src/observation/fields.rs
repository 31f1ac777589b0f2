//! What the index reads of a JSON line. Every line of every function passes here, so that only what is asked for is taken out
//! of it, and nothing is copied that the line itself holds.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The members that are read, of the line and of its `record`.
const NAMES: [&str; 19] = [
    "_aws",
    "detail",
    "error",
    "errorMessage",
    "errorType",
    "error_type",
    "function_request_id",
    "level",
    "message",
    "method",
    "record",
    "requestId",
    "request_id",
    "route",
    "service",
    "status",
    "timestamp",
    "type",
    "xray_trace_id",
];

/// The members of an object that are read; of one that occurs twice, the last.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>([Option<Member<'a>>; NAMES.len()]);

#[derive(Debug)]
enum Member<'a> {
    Text(Cow<'a, str>),
    Number(u64),
    Object(Box<Fields<'a>>),
    /// Something that nobody asks for.
    Other,
}

impl<'a> Fields<'a> {
    /// Reads a line; `None` where it is no JSON object.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        // Most lines that are no JSON are known by their first character.
        line.trim_start().starts_with('{').then(|| serde_json::from_str(line).ok()).flatten()
    }

    /// Whether there is a member of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// A text that is neither empty nor the access log's `-`.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.member(name)? {
            Member::Text(text) if !text.is_empty() && text != "-" => Some(text.as_ref().to_owned()),
            _ => None,
        }
    }

    /// A number, or a text that is one.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self.member(name)? {
            Member::Text(text) => text.parse().ok(),
            Member::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The members of `record`, where that is an object.
    pub(super) fn record(&self) -> Option<&Self> {
        match self.member("record")? {
            Member::Object(fields) => Some(fields),
            _ => None,
        }
    }

    fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.0[NAMES.iter().position(|known| *known == name)?].as_ref()
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Whole)
    }
}

/// Reads an object.
struct Whole;

impl<'de> Visitor<'de> for Whole {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(place) = map.next_key_seed(Name)? {
            match place {
                Some(place) => fields.0[place] = Some(map.next_value_seed(Read { deep: NAMES[place] == "record" })?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// Reads a name: its place in [`NAMES`].
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(NAMES.iter().position(|known| *known == name))
    }
}

/// Reads a value, an object's members only where `deep`.
struct Read {
    deep: bool,
}

impl<'de> DeserializeSeed<'de> for Read {
    type Value = Member<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Read {
    type Value = Member<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Member::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Member::Number(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Member::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if self.deep {
            return Ok(Member::Object(Box::new(Whole.visit_map(map)?)));
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}

#[cfg(test)]
mod tests;
