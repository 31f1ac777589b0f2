use super::*;
use proptest::prelude::*;

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

#[test]
fn an_instant_falls_into_its_ten_minutes_and_its_minute() {
    let (bin, minute) = Bin::of(at("2026-11-20T21:16:20Z"));
    assert_eq!((bin.begins(), minute), (at("2026-11-20T21:10:00Z").as_second(), 6));
    assert_eq!(Bin::of(at("2026-11-20T21:20:00Z")), (bin.back(-1), 0));
    assert_eq!(Bin::of(at("2026-11-20T21:09:59.999999Z")), (bin.back(1), 9));
    assert_eq!(Bin::of(at("1969-12-31T23:59:59.9Z")), (Bin(-1), 9));
    assert_eq!((bin.key(3), total_key(3)), ("ten#2992015#3".to_owned(), "total#3".to_owned()));
}

#[test]
fn counts_are_read_from_an_item_and_what_is_missing_is_nothing() {
    let number = |number: &str| AttributeValue::N(number.to_owned());
    let item = Item::from([
        ("Placed".to_owned(), number("9")),
        ("Failed".to_owned(), number("2")),
        ("Placed7".to_owned(), number("4")),
    ]);
    let counts = Counts::of(&item);
    assert_eq!((counts, counts.in_queue()), (Counts { placed: 9, complete: 0, failed: 2 }, 7));
    assert_eq!(Counts::of_minute(&item, 7).placed, 4);
    let mut sum = counts;
    sum += counts;
    assert_eq!(sum, Counts { placed: 18, complete: 0, failed: 4 });
}

#[test]
fn rides_of_one_moment_spread_over_all_shards() {
    let mut shards = [0_u32; SHARDS as usize];
    for _ in 0..6_000 {
        shards[usize::from(shard(RideId::new(Timestamp::UNIX_EPOCH)))] += 1;
    }
    assert!(shards.iter().all(|rides| (800..=1_200).contains(rides)), "{shards:?}");
}

#[test]
fn the_shard_of_a_ride_never_changes() {
    let ride = |last: u8| RideId::try_from(format!("019a9f3c-7a00-7000-8000-00000000000{last}")).expect("a UUID");
    let shards: Vec<u8> = (0..10).map(|last| shard(ride(last))).collect();
    // What the first deployed version wrote: another answer would look for counts where they are not.
    assert_eq!(shards, [2, 3, 0, 1, 4, 5, 2, 3, 4, 5]);
}

proptest! {
    #[test]
    fn a_bin_begins_at_or_before_its_instants_and_ends_after_them(ms in -9_000_000_000_000_i64..32_000_000_000_000) {
        let instant = Timestamp::from_millisecond(ms).expect("within jiff's years");
        let (bin, minute) = Bin::of(instant);
        let from = (bin.begins() + i64::from(minute) * 60) * 1_000;
        prop_assert!(from <= ms && ms < from + 60_000 && minute < 10);
        prop_assert!(bin.expires() * 1_000 > ms);
    }
}
