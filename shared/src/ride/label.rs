use serde::{Serialize, Serializer};

/// A name that people read: 1 to 128 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Label(String);

/// The text is empty, too long, or not for reading.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("must be a text of 1 to 128 characters, without control characters")]
pub struct NotALabel;

impl Label {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Label {
    type Error = NotALabel;

    fn try_from(text: String) -> Result<Self, NotALabel> {
        let length = (1..=128).contains(&text.chars().count());
        (length && !text.chars().any(char::is_control)).then_some(Self(text)).ok_or(NotALabel)
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_short_and_readable() {
        for right in ["R", "Rocinante", "Bucéphale", &"é".repeat(128)] {
            assert!(Label::try_from(right.to_owned()).is_ok(), "{right}");
        }
        for wrong in ["", "a\nb", "\u{0}", &"é".repeat(129)] {
            assert_eq!(Label::try_from(wrong.to_owned()), Err(NotALabel), "{wrong:?}");
        }
    }
}
