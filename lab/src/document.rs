//! YAML files that people write for the lab, read into types: load profiles, scenarios.
//!
//! What a type does not know is an error that names its line; types say `deny_unknown_fields`.

use std::fmt;

use serde::Deserializer;
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;

use crate::template::TemplateError;
use crate::template::tree::{Entry, Node, Place, Value};
use crate::template::yaml;

/// A file that cannot be read. Printed as `low.yml:12:7: config.phases[0].rampTo: what is wrong`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    message: String,
    /// Not yet known where types and not nodes complain.
    placed: Option<TemplateError>,
}

impl DocumentError {
    /// An error of the file as a whole.
    pub fn whole(origin: &str, message: impl Into<String>) -> Self {
        let placed = TemplateError::whole(message).in_file(origin);
        Self { message: String::new(), placed: Some(placed) }
    }

    fn at(self, place: &Place) -> Self {
        let placed = self.placed.unwrap_or_else(|| place.error(&self.message));
        Self { message: String::new(), placed: Some(placed) }
    }

    fn in_file(self, origin: &str) -> Self {
        let placed = self.placed.unwrap_or_else(|| TemplateError::whole(self.message)).in_file(origin);
        Self { message: String::new(), placed: Some(placed) }
    }
}

impl From<TemplateError> for DocumentError {
    fn from(placed: TemplateError) -> Self {
        Self { message: String::new(), placed: Some(placed) }
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.placed {
            Some(placed) => placed.fmt(f),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for DocumentError {}

impl serde::de::Error for DocumentError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), placed: None }
    }
}

/// Reads YAML text; `origin` is the file's name in errors.
///
/// # Errors
/// When the text is no YAML, or does not fit the type: with file, line and path.
pub fn read<T: DeserializeOwned>(text: &str, origin: &str) -> Result<T, DocumentError> {
    let root = yaml::read_plain(text).map_err(|error| error.in_file(origin))?;
    T::deserialize(Reader(&root)).map_err(|error| error.at(&root.at).in_file(origin))
}

/// A step into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// The value of a key.
    Key(&'a str),
    /// An item of a list, counted from 0.
    Item(usize),
}

/// An error of what stands at a path of a text that has been read: what a type alone cannot know. Where there is less than the path
/// says, it is the last that there is.
pub fn wrong(text: &str, origin: &str, path: &[Step<'_>], message: impl Into<String>) -> DocumentError {
    let Ok(root) = yaml::read_plain(text) else { return DocumentError::whole(origin, message) };
    let mut node = &root;
    for step in path {
        let next = match (step, &node.value) {
            (Step::Key(key), _) => node.get(key),
            (Step::Item(index), Value::List(items)) => items.get(*index),
            (Step::Item(_), _) => None,
        };
        let Some(next) = next else { break };
        node = next;
    }
    DocumentError::from(node.error(message)).in_file(origin)
}

struct Reader<'a>(&'a Node);

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = DocumentError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        let read = match &self.0.value {
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(digits) => number(digits, visitor),
            Value::Text(text) => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(Items(items.iter())),
            Value::Map(entries) => visitor.visit_map(Entries { rest: entries.iter(), value: None }),
        };
        read.map_err(|error| error.at(&self.0.at))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DocumentError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        let at = &self.0.at;
        visitor.visit_newtype_struct(Reader(self.0)).map_err(|error| error.at(at))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        let read = match &self.0.value {
            Value::Text(name) => visitor.visit_enum(StrDeserializer::<DocumentError>::new(name)),
            Value::Map(entries) if entries.len() == 1 => visitor.visit_enum(Variant(&entries[0])),
            _ => Err(Self::Error::custom("must be a name, or a map of one key")),
        };
        read.map_err(|error| error.at(&self.0.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

fn number<'de, V: Visitor<'de>>(digits: &str, visitor: V) -> Result<V::Value, DocumentError> {
    if let Ok(value) = digits.parse::<u64>() {
        return visitor.visit_u64(value);
    }
    if let Ok(value) = digits.parse::<i64>() {
        return visitor.visit_i64(value);
    }
    match digits.parse::<f64>() {
        Ok(value) => visitor.visit_f64(value),
        Err(_) => visitor.visit_str(digits),
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = DocumentError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DocumentError> {
        let Some(node) = self.0.next() else { return Ok(None) };
        seed.deserialize(Reader(node)).map(Some).map_err(|error| error.at(&node.at))
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, Entry>,
    value: Option<&'a Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DocumentError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DocumentError> {
        let Some(entry) = self.rest.next() else { return Ok(None) };
        self.value = Some(&entry.value);
        let key: StrDeserializer<'_, DocumentError> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.at(&entry.at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DocumentError> {
        let node = self.value.take().ok_or_else(|| Self::Error::custom("a value before its key"))?;
        seed.deserialize(Reader(node)).map_err(|error| error.at(&node.at))
    }
}

struct Variant<'a>(&'a Entry);

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = DocumentError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), DocumentError> {
        let name: StrDeserializer<'_, DocumentError> = self.0.key.as_str().into_deserializer();
        let value = seed.deserialize(name).map_err(|error| error.at(&self.0.at))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = DocumentError;

    fn unit_variant(self) -> Result<(), DocumentError> {
        let message = format!("\"{}\" takes no value; write the name alone", self.0.key);
        Err(Self::Error::custom(message).at(&self.0.at))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DocumentError> {
        seed.deserialize(Reader(&self.0.value)).map_err(|error| error.at(&self.0.value.at))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, DocumentError> {
        Reader(&self.0.value).deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DocumentError> {
        Reader(&self.0.value).deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    struct Thing {
        name: String,
        #[serde(default)]
        parts: Vec<Part>,
        weight: Option<f64>,
        free: Option<serde_json::Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase")]
    enum Part {
        Wheel,
        Horn(u8),
        Slow { ms: u32 },
    }

    fn complaint(text: &str) -> String {
        read::<Thing>(text, "thing.yaml").expect_err("refused").to_string()
    }

    #[test]
    fn a_file_is_read_into_its_type() {
        let text =
            "name: cart\nweight: 2\nparts: [wheel, horn: 3, {slow: {ms: 5}}]\nfree: {a: [1, -2.5, yes, no way]}\n";
        let thing: Thing = read(text, "thing.yaml").expect("read");
        assert_eq!(thing.name, "cart");
        assert_eq!(thing.weight, Some(2.0));
        assert_eq!(thing.parts, [Part::Wheel, Part::Horn(3), Part::Slow { ms: 5 }]);
        assert_eq!(thing.free, Some(serde_json::json!({"a": [1, -2.5, true, "no way"]})));
    }

    #[test]
    fn what_is_unknown_or_wrong_is_an_error_that_names_file_line_and_path() {
        for (text, place, word) in [
            ("name: cart\nwheels: 4\n", "thing.yaml:2:1: wheels: ", "unknown field `wheels`"),
            ("weight: 4\n", "thing.yaml:1:1: ", "missing field `name`"),
            ("name: cart\nparts:\n  - horn: 300\n", "thing.yaml:3:11: parts[0].horn: ", "300"),
            ("name: cart\nparts:\n  - bell\n", "thing.yaml:3:5: parts[0]: ", "unknown variant `bell`"),
            ("name: cart\nparts:\n  - bell: 1\n", "thing.yaml:3:5: parts[0].bell: ", "unknown variant `bell`"),
            ("name: cart\nparts:\n  - slow: {s: 1}\n", "thing.yaml:3:12: parts[0].slow.s: ", "unknown field `s`"),
            ("name: cart\nname: bus\n", "thing.yaml:2:1: ", "twice"),
            ("name:\n", "thing.yaml:1:5: ", "there is no value"),
            ("name: !Ref cart\n", "thing.yaml:1:", "only templates"),
            ("name: [unclosed", "thing.yaml:", "not YAML"),
        ] {
            let said = complaint(text);
            assert!(said.starts_with(place) && said.contains(word), "{text:?}: {said}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_an_error_that_names_file_line_and_path() {
        let text = "name: cart\nparts:\n  - wheel\n  - {slow: {ms: 5}}\n";
        for (path, place) in [
            (&[][..], "thing.yaml:1:1: "),
            (&[Step::Key("parts"), Step::Item(1)], "thing.yaml:4:5: parts[1]: "),
            (&[Step::Key("parts"), Step::Item(7), Step::Key("x")], "thing.yaml:3:3: parts: "),
        ] {
            let said = wrong(text, "thing.yaml", path, "too slow").to_string();
            assert_eq!(said, format!("{place}too slow"));
        }
    }
}
