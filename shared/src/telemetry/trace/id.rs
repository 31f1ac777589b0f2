use serde::{Serialize, Serializer};
use std::fmt;

/// The id of a segment, a subsegment or an exception: 64 bits, written as 16 hexadecimal digits. Unique in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentId(u64);

impl SegmentId {
    /// A new id. Never 0, which other tracing systems take for none.
    pub fn random() -> Self {
        Self(fastrand::u64(1..))
    }

    /// An id out of its 16 digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        number(text, 16).and_then(|number| u64::try_from(number).ok()).map(Self)
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl Serialize for SegmentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The id of a trace: the version 1, the second in which the trace began, and 96 bits.
///
/// See "Trace ID format" in <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId {
    second: u32,
    unique: u128,
}

impl TraceId {
    /// An id out of its text, such as `1-5759e988-bd862e3fe1be46a994272793`.
    pub fn parse(text: &str) -> Option<Self> {
        let (second, unique) = text.strip_prefix("1-")?.split_once('-')?;
        let second = number(second, 8).and_then(|number| u32::try_from(number).ok())?;
        Some(Self { second, unique: number(unique, 24)? })
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "1-{:08x}-{:024x}", self.second, self.unique)
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A number of just so many hexadecimal digits in lower case.
fn number(text: &str, digits: usize) -> Option<u128> {
    let legal = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    u128::from_str_radix(text, 16).ok().filter(|_| legal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_one_shape_is_an_id() {
        for wrong in
            ["", "53995c3f42cd8ad", "53995c3f42cd8ad80", "53995C3F42CD8AD8", "+3995c3f42cd8ad8", "é3995c3f42cd8ad"]
        {
            assert_eq!(SegmentId::parse(wrong), None, "{wrong}");
        }
        for wrong in
            ["", "1-", "1-5759e988", "2-5759e988-bd862e3fe1be46a994272793", "1-5759e98-bd862e3fe1be46a994272793"]
        {
            assert_eq!(TraceId::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn ids_come_back_from_their_text(segment in "[0-9a-f]{16}", trace in "1-[0-9a-f]{8}-[0-9a-f]{24}") {
            prop_assert_eq!(SegmentId::parse(&segment).map(|id| id.to_string()), Some(segment));
            prop_assert_eq!(TraceId::parse(&trace).map(|id| id.to_string()), Some(trace));
        }
    }
}
