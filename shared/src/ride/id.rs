use super::RequestTime;
use serde::{Serialize, Serializer};
use std::fmt;
use uuid::{NoContext, Timestamp, Uuid};

/// The id of a ride.
///
/// New ids are UUIDv7 and carry the instant of the request in milliseconds. An id from outside may be of any version:
/// riders of the original service hold ids of version 1, and the record service stores what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RideId(Uuid);

/// The text is not a UUID in its hyphenated form.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("must be a UUID of 36 characters, such as 019a9f3c-7a00-7000-8000-000000000001")]
pub struct NotARideId;

impl RideId {
    /// A new id for a ride that is asked for at this instant. Its random bits come from the operating system.
    pub fn new(now: jiff::Timestamp) -> Self {
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        Self(Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanoseconds)))
    }

    /// The instant in a UUIDv7, exact to the millisecond; other versions have none that counts.
    pub fn instant(&self) -> Option<RequestTime> {
        let (high, _) = self.0.as_u64_pair();
        let milliseconds = i64::try_from(high >> 16).ok()?;
        let instant = jiff::Timestamp::from_millisecond(milliseconds).ok()?;
        (self.0.get_version_num() == 7).then(|| RequestTime::from(instant))
    }
}

impl TryFrom<String> for RideId {
    type Error = NotARideId;

    fn try_from(text: String) -> Result<Self, NotARideId> {
        // The uuid crate also reads braces, URNs and bare hex; one ride must have one spelling.
        let uuid = (text.len() == 36).then(|| Uuid::try_parse(&text).ok()).flatten();
        uuid.filter(|uuid| !uuid.is_nil()).map(Self).ok_or(NotARideId)
    }
}

impl fmt::Display for RideId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(formatter)
    }
}

impl Serialize for RideId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<RideId, NotARideId> {
        RideId::try_from(text.to_owned())
    }

    #[test]
    fn upper_and_lower_case_are_the_same_ride() {
        let lower = parse("21fc3d3a-f26a-11e8-9109-8c859074f8c7");
        assert!(lower.is_ok());
        assert_eq!(lower, parse("21FC3D3A-F26A-11E8-9109-8C859074F8C7"));
    }

    #[test]
    fn other_spellings_are_refused() {
        let bare = "21fc3d3af26a11e891098c859074f8c7";
        let nil = "00000000-0000-0000-0000-000000000000";
        for text in
            ["", "x", bare, nil, "{21fc3d3a-f26a-11e8-9109-8c859074f8c7}", "21fc3d3a-f26a-11e8-9109-8c859074f8c\n"]
        {
            assert_eq!(parse(text), Err(NotARideId), "{text}");
        }
    }

    #[test]
    fn a_version_1_id_has_no_instant() {
        assert_eq!(parse("21fc3d3a-f26a-11e8-9109-8c859074f8c7").map(|id| id.instant()), Ok(None));
    }

    proptest! {
        #[test]
        fn a_new_id_carries_its_instant_and_survives_text(milliseconds in 0_i64..253_402_000_000_000) {
            let now = jiff::Timestamp::from_millisecond(milliseconds).expect("within jiff's years");
            let id = RideId::new(now);
            prop_assert_eq!(id.instant(), Some(RequestTime::from(now)));
            prop_assert_eq!(parse(&id.to_string()), Ok(id));
        }
    }
}
