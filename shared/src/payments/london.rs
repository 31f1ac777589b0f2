//! London's time, which finance asks for and the page shows: UTC in winter and an hour more in summer.
//!
//! The rules are of the IANA time zone database, for this one place and compiled in: what a function believes of the time
//! must not depend on the files of the machine it runs on.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The time zone.
pub const LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// The wall clock of London at an instant. There is always exactly one, also in the hour that comes twice in autumn:
/// its offset tells which.
pub fn at(instant: Timestamp) -> Zoned {
    instant.to_zoned(LONDON)
}

/// For machines: RFC 3339 with London's offset of that instant and six digits, such as
/// `2026-07-01T13:00:00.000000+01:00`.
pub fn rfc3339(instant: Timestamp) -> String {
    format!("{:.6}", instant.display_with_offset(at(instant).offset()))
}

/// For people: `dd/mm/YYYY HH:MM:SS`.
pub fn for_people(instant: Timestamp) -> String {
    let at = at(instant);
    let (day, month, year) = (at.day(), at.month(), at.year());
    format!("{day:02}/{month:02}/{year:04} {:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Instants and London's clock at them. The changes of 2026 are on 29 March and 25 October at 01:00 UTC
    /// (<https://www.gov.uk/when-do-the-clocks-change>).
    const KNOWN: [(&str, &str); 10] = [
        ("2026-01-15T12:00:00Z", "2026-01-15T12:00:00.000000+00:00"),
        ("2026-07-01T12:00:00Z", "2026-07-01T13:00:00.000000+01:00"),
        // The last moment before the gap, and the first after it: 01:00 to 02:00 is on no clock.
        ("2026-03-29T00:59:59.999999Z", "2026-03-29T00:59:59.999999+00:00"),
        ("2026-03-29T01:00:00Z", "2026-03-29T02:00:00.000000+01:00"),
        // The hour that comes twice: only the offset tells one from the other.
        ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00.000000+01:00"),
        ("2026-10-25T01:30:00Z", "2026-10-25T01:30:00.000000+00:00"),
        ("2026-10-25T00:59:59Z", "2026-10-25T01:59:59.000000+01:00"),
        ("2026-10-25T01:00:00Z", "2026-10-25T01:00:00.000000+00:00"),
        // The year in which London kept summer time all winter.
        ("1970-01-01T00:00:00Z", "1970-01-01T01:00:00.000000+01:00"),
        ("3000-01-01T12:00:00Z", "3000-01-01T12:00:00.000000+00:00"),
    ];

    /// The instant of a text that is RFC 3339 with the very offset that London had then.
    fn parse(text: &str) -> Option<Timestamp> {
        let shape = text.len() <= 35 && text.as_bytes().get(10) == Some(&b'T');
        let instant: Timestamp = shape.then(|| text.parse().ok()).flatten()?;
        let offset = if text.ends_with('Z') { 0 } else { offset_seconds(text.get(text.len().checked_sub(6)?..)?)? };
        (at(instant).offset().seconds() == offset).then_some(instant)
    }

    /// `+01:00` in seconds.
    fn offset_seconds(text: &str) -> Option<i32> {
        let (sign, clock) = match text.split_at_checked(1)? {
            ("+", clock) => (1, clock),
            ("-", clock) => (-1, clock),
            _ => return None,
        };
        let (hours, minutes) = clock.split_once(':')?;
        Some(sign * (hours.parse::<i32>().ok()? * 3_600 + minutes.parse::<i32>().ok()? * 60))
    }

    fn instant(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn londons_clock_is_right_in_winter_in_summer_and_at_each_change() {
        for (utc, london) in KNOWN {
            assert_eq!(rfc3339(instant(utc)), london, "{utc}");
            assert_eq!(parse(london), Some(instant(utc)), "{london}");
        }
    }

    #[test]
    fn another_offset_than_londons_is_refused_though_it_names_the_same_instant() {
        for wrong in [
            "2026-07-01T12:00:00Z",
            "2026-07-01T14:00:00+02:00",
            "2026-01-15T13:00:00+01:00",
            // On no clock of London: it would be an hour that was left out.
            "2026-03-29T01:30:00+00:00",
            "2026-03-29T01:30:00+01:00",
            "2026-10-25T02:30:00+01:00",
            "2026-07-01T13:00:00",
            "2026-07-01",
            "",
            "+01:00",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert!(parse("2026-01-15T12:00:00Z").is_some() && parse("2026-01-15T12:00:00-00:00").is_some());
    }

    #[test]
    fn people_read_day_month_year() {
        assert_eq!(for_people(instant("2026-07-01T22:59:59Z")), "01/07/2026 23:59:59");
        assert_eq!(for_people(instant("2026-07-01T23:00:00Z")), "02/07/2026 00:00:00");
        assert_eq!(for_people(instant("2026-10-25T01:30:00Z")), "25/10/2026 01:30:00");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_to_the_microsecond(us in -2_000_000_000_000_000_i64..32_503_680_000_000_000) {
            let instant = Timestamp::from_microsecond(us).expect("within jiff's years");
            prop_assert_eq!(parse(&rfc3339(instant)), Some(instant));
        }
    }
}
