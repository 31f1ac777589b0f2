use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::fmt;

/// The instant of a request, to the microsecond, written in RFC 3339 with six digits of fraction in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestTime(Timestamp);

/// The text is not an instant.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("must be an instant in RFC 3339, such as 2026-11-20T21:16:20.123456Z")]
pub struct NotAnInstant;

impl RequestTime {
    /// The instant itself.
    pub fn instant(&self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for RequestTime {
    /// Finer digits are cut off: equal in writing must mean equal.
    fn from(instant: Timestamp) -> Self {
        Self(Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant))
    }
}

impl TryFrom<String> for RequestTime {
    type Error = NotAnInstant;

    fn try_from(text: String) -> Result<Self, NotAnInstant> {
        // jiff reads more than RFC 3339; its longest form with an offset has 35 characters.
        let shape = text.len() <= 35 && text.as_bytes().get(10) == Some(&b'T');
        let instant: Option<Timestamp> = shape.then(|| text.parse().ok()).flatten();
        instant.map(Self::from).ok_or(NotAnInstant)
    }
}

impl fmt::Display for RequestTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:.6}", self.0)
    }
}

impl Serialize for RequestTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        RequestTime::try_from(text.to_owned()).ok().map(|time| time.to_string())
    }

    #[test]
    fn instants_are_written_in_one_way() {
        let expected = Some("2026-11-20T21:16:20.123456Z".to_owned());
        assert_eq!(written("2026-11-20T21:16:20.123456Z"), expected);
        assert_eq!(written("2026-11-20T21:16:20.123456789Z"), expected);
        assert_eq!(written("2026-11-20T22:16:20.123456+01:00"), expected);
        assert_eq!(written("2026-11-20T21:16:20Z"), Some("2026-11-20T21:16:20.000000Z".to_owned()));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in ["", "now", "2026-11-20", "2026-11-20T21:16:20", "2026-13-20T21:16:20Z", "20261120T211620Z"] {
            assert_eq!(written(text), None, "{text}");
        }
    }
}
