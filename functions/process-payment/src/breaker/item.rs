use super::{Breaker, Millis};
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use shared::payments::Item;

/// The key of the breaker in the table of counts.
pub(super) const ID: &str = "breaker";

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
    let texts = [("Id", S(ID.into())), ("State", S(state.into())), ("Version", N(version.to_string()))];
    let numbers = numbers.into_iter().map(|(name, number)| (name, N(number.to_string())));
    texts.into_iter().chain(numbers).map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Out of a row, with its version. `None` for what no version of this code wrote.
pub(super) fn from_item(item: &Item) -> Option<(Breaker, u64)> {
    let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<Millis>().ok();
    let count = |name: &str| u32::try_from(number(name)?).ok();
    let breaker = match item.get("State")?.as_s().ok()?.as_str() {
        "Closed" => Breaker::Closed { failures: count("Failures")?, first: number("First")?, last: number("Last")? },
        "Open" => Breaker::Open { until: number("OpenUntil")?, opened: count("Opened")? },
        "HalfOpen" => Breaker::HalfOpen { until: number("ProbeUntil")?, opened: count("Opened")? },
        "Draining" => Breaker::Draining {
            cap: count("Cap")?,
            used: count("Used")?,
            ends: number("Ends")?,
            failures: count("Failures")?,
        },
        _ => return None,
    };
    Some((breaker, u64::try_from(number("Version")?).ok()?))
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
    fn a_row_of_somebody_else_is_none() {
        assert_eq!(from_item(&Item::new()), None);
        let mut item = to_item(&Breaker::default(), 1);
        item.insert("State".into(), S("Ajar".into()));
        assert_eq!(from_item(&item), None);
    }

    proptest! {
        #[test]
        fn a_breaker_survives_the_table(breaker in breaker(), version in 0..u64::MAX / 2) {
            prop_assert_eq!(from_item(&to_item(&breaker, version)), Some((breaker, version)));
        }
    }
}
