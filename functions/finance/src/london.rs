//! The time in London, by its law and not by a time zone database: this service judges what others reckon with one, and
//! a mistake that both make would be seen by nobody.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::Offset;

/// The first year of today's rule: from 01:00 UTC on the last Sunday of March to 01:00 UTC on the last Sunday of October
/// clocks are an hour ahead. Before 1996 summer time ended in another week.
/// <https://www.legislation.gov.uk/ukpga/1972/6> and <https://www.legislation.gov.uk/uksi/2002/262>
const FIRST_YEAR: i16 = 1996;

/// How far clocks in London are ahead of UTC at an instant, in seconds; unknown before 1996.
pub(crate) fn offset_s(at: Timestamp) -> Option<i32> {
    let utc = Offset::UTC.to_datetime(at);
    if utc.year() < FIRST_YEAR {
        return None;
    }
    let summer = turn(utc.year(), 3)? <= utc && utc < turn(utc.year(), 10)?;
    Some(if summer { 3_600 } else { 0 })
}

/// 01:00 on the last Sunday of a month.
fn turn(year: i16, month: i8) -> Option<DateTime> {
    let month = Date::new(year, month, 1).ok()?;
    Some(month.nth_weekday_of_month(-1, Weekday::Sunday).ok()?.at(1, 0, 0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_turn_at_one_in_the_morning_utc_on_the_last_sundays_of_march_and_october() {
        for (at, offset) in [
            ("2026-01-15T12:00:00Z", Some(0)),
            ("2026-03-29T00:59:59Z", Some(0)),
            ("2026-03-29T01:00:00Z", Some(3_600)),
            ("2026-07-01T12:00:00Z", Some(3_600)),
            ("2026-10-25T00:59:59.999Z", Some(3_600)),
            ("2026-10-25T01:00:00Z", Some(0)),
            ("2027-03-28T01:00:00Z", Some(3_600)),
            ("2027-10-31T00:59:59Z", Some(3_600)), // a month that ends on a Sunday
            ("3000-07-01T00:00:00Z", Some(3_600)),
            ("1996-01-01T00:00:00Z", Some(0)),
            ("1995-12-31T23:59:59Z", None),
        ] {
            assert_eq!(offset_s(at.parse().expect("an instant")), offset, "{at}");
        }
    }
}
