use super::{Breaker, Millis};
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use shared::payments::Item;

/// The key of the breaker in the table of counts.
pub(super) const ID: &str = "breaker";

const STATE: &str = "State";

/// The attribute that counts its changes.
pub(super) const VERSION: &str = "Version";

/// As a row of this version.
pub(super) fn to_item(breaker: &Breaker, version: u64) -> Item {
    let (state, numbers): (&str, Vec<(&str, i64)>) = match *breaker {
        Breaker::Closed { failures, first, last } => {
            ("Closed", vec![("Failures", failures.into()), ("First", first), ("Last", last)])
        }
        Breaker::Open { until, opened } => ("Open", vec![("OpenUntil", until), ("Opened", opened.into())]),
        Breaker::HalfOpen { until, opened } => ("HalfOpen", vec![("ProbeUntil", until), ("Opened", opened.into())]),
        Breaker::Draining { cap, used, ends, failures } => {
            let numbers = [("Cap", cap.into()), ("Used", used.into()), ("Ends", ends), ("Failures", failures.into())];
            ("Draining", numbers.to_vec())
        }
    };
    let texts = [("Id", S(ID.into())), (STATE, S(state.into())), (VERSION, N(version.to_string()))];
    let numbers = numbers.into_iter().map(|(name, number)| (name, N(number.to_string())));
    texts.into_iter().chain(numbers).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The breaker out of a row.
///
/// # Errors
/// This version cannot read it: the attribute that it fails at.
pub(super) fn breaker_of(item: &Item) -> Result<Breaker, &'static str> {
    let number = |name| number(item, name).ok_or(name);
    let count = |name| u32::try_from(number(name)?).map_err(|_| name);
    Ok(match item.get(STATE).and_then(|state| state.as_s().ok()).map_or("", String::as_str) {
        "Closed" => Breaker::Closed { failures: count("Failures")?, first: number("First")?, last: number("Last")? },
        "Open" => Breaker::Open { until: number("OpenUntil")?, opened: count("Opened")? },
        "HalfOpen" => Breaker::HalfOpen { until: number("ProbeUntil")?, opened: count("Opened")? },
        "Draining" => Breaker::Draining {
            cap: count("Cap")?,
            used: count("Used")?,
            ends: number("Ends")?,
            failures: count("Failures")?,
        },
        _ => return Err(STATE),
    })
}

/// The version of a row, if it has one that can be read.
pub(super) fn version_of(item: &Item) -> Option<u64> {
    u64::try_from(number(item, VERSION)?).ok()
}

fn number(item: &Item, name: &str) -> Option<Millis> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn breaker() -> impl Strategy<Value = Breaker> {
        let (n, ms) = (|| any::<u32>(), || 0..i64::MAX);
        prop_oneof![
            (n(), ms(), ms()).prop_map(|(failures, first, last)| Breaker::Closed { failures, first, last }),
            (n(), ms()).prop_map(|(opened, until)| Breaker::Open { until, opened }),
            (n(), ms()).prop_map(|(opened, until)| Breaker::HalfOpen { until, opened }),
            (n(), n(), ms(), n()).prop_map(|(cap, used, ends, failures)| Breaker::Draining {
                cap,
                used,
                ends,
                failures
            }),
        ]
    }

    #[test]
    fn of_a_row_of_somebody_else_the_attribute_is_told_and_the_version_is_read() {
        assert_eq!((breaker_of(&Item::new()), version_of(&Item::new())), (Err("State"), None));
        let with = |name: &str, value| {
            let mut item = to_item(&Breaker::default(), 7);
            item.insert(name.into(), value);
            (breaker_of(&item), version_of(&item))
        };
        assert_eq!(with("State", S("Ajar".into())), (Err("State"), Some(7)));
        assert_eq!(with("State", N("1".into())), (Err("State"), Some(7)));
        for odd in ["-1", "4294967296", "1.5"] {
            assert_eq!(with("Failures", N(odd.into())), (Err("Failures"), Some(7)), "{odd}");
        }
        for odd in [S("7".into()), N("-7".into()), N("7.5".into()), N("1E+30".into())] {
            assert_eq!(with("Version", odd), (Ok(Breaker::default()), None));
        }
    }

    proptest! {
        #[test]
        fn a_breaker_survives_the_table(breaker in breaker(), version in 0..u64::MAX / 2) {
            let item = to_item(&breaker, version);
            prop_assert_eq!((breaker_of(&item), version_of(&item)), (Ok(breaker), Some(version)));
        }
    }
}
