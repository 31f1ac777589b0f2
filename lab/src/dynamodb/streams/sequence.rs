//! Sequence numbers: which record of a stream comes before which.

use std::fmt;

use jiff::Timestamp;

/// The engine's numbers begin here, so that they have the 21 digits that DynamoDB's have at least.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_StreamRecord.html>
const BASE: u128 = 100_000_000_000_000_000_000;

/// The place of a record in its stream. They grow with every record, and go on growing when a data directory is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sequence(u128);

impl Sequence {
    /// Reads a number as it prints; `None` where it is no sequence number of an engine.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number| *number > BASE).map(Self)
    }

    /// The number of the first record of that moment.
    #[cfg(test)]
    pub(crate) fn at(moment: Timestamp) -> Self {
        Self(BASE + u128::try_from(moment.as_microsecond()).unwrap_or_default())
    }

    /// The place just before it; `None` where nothing can be.
    pub(super) fn before(self) -> Option<Self> {
        Some(self.0 - 1).filter(|number| *number > BASE).map(Self)
    }

    /// When the record was written, by the machine's clock: the engine counts on from the microseconds of the epoch. Records
    /// themselves tell only the second, which a compressed clock makes a minute of.
    pub(crate) fn written(self) -> Timestamp {
        let microseconds = i64::try_from(self.0.saturating_sub(BASE)).unwrap_or(i64::MAX);
        Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_prints_as_it_was_read_and_knows_its_moment() {
        let text = "101761000000123456789";
        let sequence = Sequence::parse(text).expect("a number");
        assert_eq!((sequence.to_string().as_str(), sequence.to_string().len()), (text, 21));
        let now = Timestamp::from_microsecond(1_761_000_000_123_456).expect("in range");
        assert_eq!(Sequence::at(now).written(), now);
        assert!(Sequence::at(now) < Sequence::parse(text).expect("a number"));
        for other in ["", "7", "x", "100000000000000000000"] {
            assert_eq!(Sequence::parse(other), None, "{other}");
        }
    }
}
