use serde_json::{Map, Value};
use std::fmt;

/// Something in a configuration that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Which key, such as `latency.max_latency` or `denylist.deny_list[0]`.
    pub key: String,
    /// What it must be.
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.key, self.message)
    }
}

/// The members of one object, read by key; what is wrong is collected under the key's whole path.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    path: String,
    members: &'a Map<String, Value>,
    complaints: &'a mut Vec<Complaint>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        path: impl Into<String>,
        members: &'a Map<String, Value>,
        complaints: &'a mut Vec<Complaint>,
    ) -> Self {
        Self { path: path.into(), members, complaints }
    }

    /// The member; JSON's `null` is a value like any other, and a wrong one.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.members.get(key)
    }

    pub(super) fn complain(&mut self, key: &str, message: impl Into<String>) {
        self.complaints.push(Complaint { key: format!("{}.{key}", self.path), message: message.into() });
    }

    /// Where a member is, for what it holds.
    pub(super) fn path_of(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// The list for what is wrong in there.
    pub(super) fn complaints(&mut self) -> &mut Vec<Complaint> {
        self.complaints
    }

    /// A member that `read` understands; `None` where there is none, and where it is wrong.
    pub(super) fn optional<T>(
        &mut self,
        key: &str,
        must: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(key)?;
        let read = read(value);
        if read.is_none() {
            self.complain(key, must);
        }
        read
    }

    /// A number of this range, whole or not.
    pub(super) fn number(&mut self, key: &str, must: &str, legal: impl Fn(f64) -> bool) -> Option<f64> {
        self.optional(key, must, |value| value.as_f64().filter(|number| legal(*number)))
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str) -> Option<&'a str> {
        self.optional(key, "must be a string", Value::as_str)
    }

    /// Names the members that are none of these.
    pub(super) fn only(&mut self, known: &[&str]) {
        let strangers = self.members.keys().filter(|key| !known.contains(&key.as_str()));
        for key in strangers.cloned().collect::<Vec<_>>() {
            self.complain(&key, "is no attribute of this flag");
        }
    }
}
