use super::Members;
use crate::problem::FieldError;
use serde_json::value::RawValue;
use std::fmt;

/// Unknown fields named in one answer. The rest is counted: an answer must not be much longer than its question.
pub(super) const UNKNOWN_NAMED: usize = 16;

/// The fields of an object, taken out one by one. What nobody takes is unknown, and [`Fields::finish`] says so.
#[derive(Debug)]
pub struct Fields<'a> {
    pointer: String,
    members: Vec<(String, &'a RawValue)>,
}

/// The wrong fields found so far.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Notes one more.
    pub fn add(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(FieldError { pointer: pointer.into(), detail: detail.into() });
    }

    /// Everything noted, or nothing wrong.
    ///
    /// # Errors
    /// At least one field is wrong.
    pub fn into_result(self) -> Result<(), Vec<FieldError>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn new(pointer: String, members: Members<'a>) -> Self {
        Self { pointer, members: members.0 }
    }

    /// Where this field is in the body.
    pub fn pointer_to(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }

    /// Takes a field that must be there, once, and may not be null.
    fn required(&mut self, name: &str, errors: &mut FieldErrors) -> Option<&'a RawValue> {
        let value = self.optional(name, errors)?;
        if value.is_none() {
            errors.add(self.pointer_to(name), "is required");
        }
        value
    }

    /// Takes a field that may be absent. The outer `None` says that it is wrong and noted.
    fn optional(&mut self, name: &str, errors: &mut FieldErrors) -> Option<Option<&'a RawValue>> {
        let values: Vec<&RawValue> =
            self.members.extract_if(.., |(key, _)| key == name).map(|(_, value)| value).collect();
        match values[..] {
            [] => Some(None),
            [value] if value.get() != "null" => Some(Some(value)),
            [_] => {
                errors.add(self.pointer_to(name), "must not be null");
                None
            }
            // Parsers disagree on which twin counts (RFC 8259, section 4): neither does.
            _ => {
                errors.add(self.pointer_to(name), "is there more than once");
                None
            }
        }
    }

    /// Takes an object.
    pub fn object(&mut self, name: &str, errors: &mut FieldErrors) -> Option<Fields<'a>> {
        let value = self.required(name, errors)?;
        let members = value.get().starts_with('{').then(|| serde_json::from_str(value.get()).ok()).flatten();
        if members.is_none() {
            errors.add(self.pointer_to(name), "must be an object");
        }
        members.map(|members| Fields::new(self.pointer_to(name), members))
    }

    /// Takes a number and lets `parse` judge it.
    pub fn number<T, E: fmt::Display>(
        &mut self,
        name: &str,
        errors: &mut FieldErrors,
        parse: impl FnOnce(f64) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.required(name, errors)?;
        self.parsed_number(name, value, errors, parse)
    }

    /// Takes a number that may be absent, and lets `parse` judge it. The outer `None` says that it is wrong and noted.
    pub fn optional_number<T, E: fmt::Display>(
        &mut self,
        name: &str,
        errors: &mut FieldErrors,
        parse: impl FnOnce(f64) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self.optional(name, errors)? {
            Some(value) => self.parsed_number(name, value, errors, parse).map(Some),
            None => Some(None),
        }
    }

    fn parsed_number<T, E: fmt::Display>(
        &self,
        name: &str,
        value: &RawValue,
        errors: &mut FieldErrors,
        parse: impl FnOnce(f64) -> Result<T, E>,
    ) -> Option<T> {
        let text = value.get();
        if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            errors.add(self.pointer_to(name), "must be a number");
            return None;
        }
        // Rust's parser knows every JSON number, rounds correctly, and makes 1e400 infinite: out of any range.
        let number = text.parse().unwrap_or(f64::NAN);
        parse(number).map_err(|error| errors.add(self.pointer_to(name), error.to_string())).ok()
    }

    /// Takes a string and lets `parse` judge it.
    pub fn text<T, E: fmt::Display>(
        &mut self,
        name: &str,
        errors: &mut FieldErrors,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        let value = self.required(name, errors)?;
        self.string(name, value, errors, parse)
    }

    /// Takes a string that may be absent, and lets `parse` judge it. The outer `None` says that it is wrong and noted.
    pub fn optional_text<T, E: fmt::Display>(
        &mut self,
        name: &str,
        errors: &mut FieldErrors,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<Option<T>> {
        match self.optional(name, errors)? {
            Some(value) => self.string(name, value, errors, parse).map(Some),
            None => Some(None),
        }
    }

    fn string<T, E: fmt::Display>(
        &self,
        name: &str,
        value: &RawValue,
        errors: &mut FieldErrors,
        parse: impl FnOnce(String) -> Result<T, E>,
    ) -> Option<T> {
        let Ok(text) = serde_json::from_str::<String>(value.get()) else {
            errors.add(self.pointer_to(name), "must be a string");
            return None;
        };
        parse(text).map_err(|error| errors.add(self.pointer_to(name), error.to_string())).ok()
    }

    /// Notes every field that nobody took.
    pub fn finish(self, errors: &mut FieldErrors) {
        for (name, _) in self.members.iter().take(UNKNOWN_NAMED) {
            errors.add(self.pointer_to(name), "is unknown");
        }
        if let Some(more @ 1..) = self.members.len().checked_sub(UNKNOWN_NAMED) {
            errors.add(self.pointer.clone(), format!("has {more} more unknown fields"));
        }
    }
}
