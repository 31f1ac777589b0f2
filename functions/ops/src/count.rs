//! `GET /count`, and what the page's cards and its chart are made of.

use crate::store::{Numbers, Tallies, written};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use shared::payments::counts::{Bin, Counts};
use shared::service::{Answer, Call, json};

/// The counts of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// How many wait or are being processed.
    pub in_queue: i64,
    /// How many were placed in this minute of the clock and the nine before it.
    pub placed_last_10_minutes: i64,
    /// How many were completed in that time. One that failed is done with, but not processed: it is owed still.
    pub processed_last_10_minutes: i64,
    /// How many there are.
    pub placed: i64,
    /// How many of those are Complete.
    pub complete: i64,
    /// How many of those are Failed.
    pub failed: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    #[serde(flatten)]
    count: Count,
    as_of: String,
}

pub(crate) async fn count(payments: &impl Tallies, call: &Call) -> Answer {
    let now = Timestamp::now();
    let bins = bins(now, 2);
    let numbers = payments.tally(&bins, &call.context.budget).await?;
    json(StatusCode::OK, &Counted { count: Count::of(&numbers, now), as_of: written(now) })
}

/// The bin of now and those before it, the newest first. None of them lies in the future, so nothing that is dated there
/// is read; what is dated into the rest of this minute is.
pub(crate) fn bins(now: Timestamp, how_many: i64) -> Vec<Bin> {
    let (newest, _) = Bin::of(now);
    (0..how_many).map(|back| newest.back(back)).collect()
}

impl Count {
    /// Out of the counts of at least the bin of `now` and the one before it.
    pub(crate) fn of(numbers: &Numbers, now: Timestamp) -> Self {
        let (_, minute) = Bin::of(now);
        let newest = numbers.bins.first().map(|(_, minutes)| &minutes[..=usize::from(minute)]).unwrap_or_default();
        let before = numbers.bins.get(1).map(|(_, minutes)| &minutes[usize::from(minute) + 1..]).unwrap_or_default();
        let mut recent = Counts::default();
        for counts in newest.iter().chain(before) {
            recent += *counts;
        }
        Self {
            in_queue: numbers.total.in_queue(),
            placed_last_10_minutes: recent.placed,
            processed_last_10_minutes: recent.complete,
            placed: numbers.total.placed,
            complete: numbers.total.complete,
            failed: numbers.total.failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_last_ten_minutes_are_this_one_and_nine_before_and_nothing_that_is_yet_to_come(
            now in 1_795_209_380_i64..1_795_219_380,
            placed in proptest::collection::vec(-1_500..1_500_i64, 0..50),
        ) {
            let instant = |second| Timestamp::from_second(second).expect("an instant");
            let bins = bins(instant(now), 2);
            let mut numbers = Numbers { total: Counts::default(), bins: vec![(Counts::default(), [Counts::default(); 10]); 2] };
            for offset in &placed {
                let (bin, minute) = Bin::of(instant(now + offset));
                numbers.total.placed += 1;
                if let Some(index) = bins.iter().position(|known| *known == bin) {
                    numbers.bins[index].1[usize::from(minute)].placed += 1;
                }
            }
            let minute = |second: i64| second.div_euclid(60);
            let expected = placed.iter().filter(|offset| {
                let age = minute(now) - minute(now + **offset);
                (0..10).contains(&age)
            });
            let count = Count::of(&numbers, instant(now));
            prop_assert_eq!(count.placed_last_10_minutes, expected.count() as i64);
            prop_assert_eq!(count.in_queue, placed.len() as i64);
        }
    }

    #[test]
    fn failed_payments_are_no_longer_in_the_queue_and_not_processed_either() {
        let total = Counts { placed: 10, complete: 6, failed: 1 };
        let mut minutes = [Counts::default(); 10];
        minutes[0] = total;
        let now: Timestamp = "2026-11-20T21:10:30Z".parse().expect("an instant");
        let count = Count::of(&Numbers { total, bins: vec![(total, minutes)] }, now);
        assert_eq!((count.in_queue, count.processed_last_10_minutes, count.failed), (3, 6, 1));
    }
}
