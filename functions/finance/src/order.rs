//! What is to be charged, and the rule of its date.

use crate::london;
use jiff::{SignedDuration, Timestamp};
use shared::json::{self, FieldErrors};
use shared::problem::Problem;
use shared::ride::Label;

/// How far a caller's clock may be ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_secs(5);

/// The body of `POST /finance/ProcessPayment`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What was sold.
    pub product: Label,
    /// To whom.
    pub customer: Label,
    /// When, as it was written.
    pub date: String,
}

/// Why a date is not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum BadDate {
    #[error("The date must be London local time in RFC 3339 with its offset, such as 2026-07-01T13:00:00+01:00.")]
    Shape,
    #[error("The date has the offset {written}, but clocks in London were {right} then.")]
    Offset { written: String, right: &'static str },
    #[error("The date is in the future.")]
    Future,
}

impl Order {
    /// Reads a body. The date is not judged here.
    ///
    /// # Errors
    /// It is no object, or a field is missing, wrong or unknown.
    pub fn parse(body: &[u8]) -> Result<Self, Problem> {
        let mut fields = json::object(body).map_err(|error| Problem::NotAnObject(error.to_string()))?;
        let mut errors = FieldErrors::default();
        let product = fields.text("product", &mut errors, Label::try_from);
        let customer = fields.text("customer", &mut errors, Label::try_from);
        let date = fields.text("date", &mut errors, Label::try_from);
        fields.finish(&mut errors);
        errors.into_result().map_err(Problem::InvalidFields)?;
        match (product, customer, date) {
            (Some(product), Some(customer), Some(date)) => {
                Ok(Self { product, customer, date: date.as_str().to_owned() })
            }
            // Whoever takes nothing has noted why.
            _ => Err(Problem::Internal),
        }
    }

    /// Whether the date is one that can be charged at this moment.
    pub(crate) fn judge(&self, now: Timestamp) -> Result<(), BadDate> {
        let (instant, written) = instant_and_offset(&self.date).ok_or(BadDate::Shape)?;
        let right = london::offset_s(instant).ok_or(BadDate::Shape)?;
        if written.1 != right {
            let right = if right == 0 { "at +00:00" } else { "at +01:00" };
            return Err(BadDate::Offset { written: written.0.to_owned(), right });
        }
        // Beyond the last instant that jiff knows there is no future to be refused.
        if now.checked_add(SKEW).is_ok_and(|latest| instant > latest) { Err(BadDate::Future) } else { Ok(()) }
    }
}

/// The instant, and the offset as it is written and in seconds.
fn instant_and_offset(text: &str) -> Option<(Timestamp, (&str, i32))> {
    // jiff reads more than RFC 3339: other separators, time zones in brackets, offsets with seconds.
    let shape = text.is_ascii() && text.len() <= 35 && text.as_bytes().get(10) == Some(&b'T');
    let instant = shape.then(|| text.parse().ok()).flatten()?;
    if text.ends_with('Z') {
        return Some((instant, ("Z", 0)));
    }
    let offset = text.get(text.len().checked_sub(6)?..)?;
    let (sign, digits) = match offset.split_at(1) {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = digits.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<i32>().ok()).flatten();
    Some((instant, (offset, sign * (number(hours)? * 3_600 + number(minutes)? * 60))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judged(date: &str, now: &str) -> Result<(), BadDate> {
        let label = |text: &str| Label::try_from(text.to_owned()).expect("a label");
        let order = Order { product: label("Unicorn ride"), customer: label("ada"), date: date.to_owned() };
        order.judge(now.parse().expect("an instant"))
    }

    #[test]
    fn the_offset_is_the_one_that_london_had_and_the_date_is_past() {
        let now = "2026-11-20T21:16:20Z";
        for right in [
            "2026-11-20T21:16:20+00:00",
            "2026-11-20T21:16:25Z", // five seconds ahead
            "2026-07-01T13:00:00.123456+01:00",
            "1999-12-31T23:59:59+00:00",
        ] {
            assert_eq!(judged(right, now), Ok(()), "{right}");
        }
        let offset = |written: &str, right| Err(BadDate::Offset { written: written.to_owned(), right });
        // The planted mistake of the workshop: UTC is right all winter.
        assert_eq!(judged("2026-07-01T12:00:00Z", now), offset("Z", "at +01:00"));
        assert_eq!(judged("2026-07-01T12:00:00+00:00", now), offset("+00:00", "at +01:00"));
        assert_eq!(judged("2026-11-20T22:00:00+01:00", now), offset("+01:00", "at +00:00"));
        assert_eq!(judged("2026-07-01T07:00:00-05:00", now), offset("-05:00", "at +01:00"));
        assert_eq!(judged("2026-11-20T21:16:26+00:00", now), Err(BadDate::Future));
        assert_eq!(judged("3000-01-01T12:00:00+00:00", now), Err(BadDate::Future));
    }

    #[test]
    fn what_is_no_rfc_3339_has_no_offset() {
        for wrong in [
            "",
            "yesterday",
            "2026-07-01",
            "2026-07-01T13:00:00",
            "2026-07-01 13:00:00+01:00",
            "2026-07-01T13:00:00+01",
            "2026-07-01T13:00:00+0100",
            "2026-07-01T13:00:00+01:00[Europe/London]",
            "2026-02-30T13:00:00+00:00",
            "1995-07-01T13:00:00+01:00",
        ] {
            assert_eq!(judged(wrong, "2026-11-20T21:16:20Z"), Err(BadDate::Shape), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange_to_be_judged(date in ".{0,40}") {
            let _ = judged(&date, "2026-11-20T21:16:20Z");
        }
    }
}
