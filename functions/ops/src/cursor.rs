//! Where a list goes on: opaque to callers, so that what it is made of may change.

use crate::store::Position;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::payments::Status;
use shared::ride::{RequestTime, RideId};

/// A place in the list of all payments, or in that of one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Among the payments of this status.
    pub status: Status,
    /// After this one; from the first one without it.
    pub after: Option<Position>,
}

/// The text is no cursor of ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("must be a cursor that an answer gave")]
pub struct NotACursor;

/// The longest text that is looked at.
const LONGEST: usize = 200;

impl Cursor {
    /// The cursor as text, for a query string.
    pub fn to_text(self) -> String {
        let status = self.status;
        URL_SAFE_NO_PAD.encode(match self.after {
            Some(Position { placed_at, ride_id }) => format!("{status} {placed_at} {ride_id}"),
            None => status.to_string(),
        })
    }

    /// The cursor in a text.
    ///
    /// # Errors
    /// There is none in it.
    pub fn parse(text: &str) -> Result<Self, NotACursor> {
        let bytes = if text.len() <= LONGEST { URL_SAFE_NO_PAD.decode(text).ok() } else { None };
        let inner = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(NotACursor)?;
        let parts: Vec<&str> = inner.split(' ').collect();
        let status = |text: &str| Status::try_from(text).map_err(|_| NotACursor);
        match parts[..] {
            [only] => Ok(Self { status: status(only)?, after: None }),
            [first, placed_at, ride_id] => {
                let placed_at = RequestTime::try_from(placed_at.to_owned()).map_err(|_| NotACursor)?;
                let ride_id = RideId::try_from(ride_id.to_owned()).map_err(|_| NotACursor)?;
                Ok(Self { status: status(first)?, after: Some(Position { placed_at, ride_id }) })
            }
            _ => Err(NotACursor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was_given(status in 0..4_usize, seconds in 0..32_503_680_000_i64, there: bool) {
            let instant = jiff::Timestamp::from_second(seconds).expect("within jiff's years");
            let after = there.then(|| Position { placed_at: instant.into(), ride_id: RideId::new(instant) });
            let cursor = Cursor { status: Status::ALL[status], after };
            let text = cursor.to_text();
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{}", text);
            prop_assert_eq!(Cursor::parse(&text), Ok(cursor));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,250}") {
            let _ = Cursor::parse(&text);
        }

        #[test]
        fn nor_does_anything_encoded(inner in "(Failed|Queued|x)?[ ]?[0-9TZ:.-]{0,30}[ ]?[0-9a-f-]{0,40}") {
            let _ = Cursor::parse(&URL_SAFE_NO_PAD.encode(inner));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for wrong in ["", "x", "RmFpbGVk=", &URL_SAFE_NO_PAD.encode("failed"), &URL_SAFE_NO_PAD.encode("Failed 1 2")] {
            assert_eq!(Cursor::parse(wrong), Err(NotACursor), "{wrong}");
        }
    }
}
