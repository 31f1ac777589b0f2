use super::*;
use proptest::option;
use proptest::prelude::*;

fn instant() -> impl Strategy<Value = RequestTime> {
    (0_i64..4_000_000_000_000_000).prop_map(|us| Timestamp::from_microsecond(us).expect("within jiff's years").into())
}

fn payment() -> impl Strategy<Value = Payment> {
    let texts = (option::of("[a-z]{1,9}"), option::of("[a-z]{1,9}"), option::of(".{1,99}"), option::of(".{1,99}"));
    let moment = || option::of(instant());
    let times = (instant(), instant(), moment(), moment(), moment(), moment());
    let numbers = (any::<u32>(), any::<u32>(), 0..9_u32, 0..4_usize);
    (any::<u128>(), texts, times, numbers).prop_map(
        |(id, texts, times, (attempts, attempts_before, redrives, status))| {
            let (rider, holder, reason, answer) = texts;
            let (placed_at, status_since, processed_at, held_until, not_before, buried_at) = times;
            Payment {
                ride_id: RideId::try_from(uuid::Uuid::from_u128(id | 1).to_string()).expect("a UUID"),
                placed_at,
                rider: rider.map(|rider| Label::try_from(rider).expect("a label")),
                status: Status::ALL[status],
                status_since,
                attempts,
                attempts_before,
                not_before,
                processed_at,
                reason,
                answer,
                request_id: holder.clone(),
                holder,
                held_until,
                redrives,
                buried_at,
            }
        },
    )
}

fn placed() -> Payment {
    let job = r#"{"RideId":"019a9f3c-7a00-7000-8000-000000000001","RequestTime":"2026-11-20T21:16:20Z"}"#;
    Payment::placed(&Job::parse(job).expect("a job"), Timestamp::UNIX_EPOCH)
}

#[test]
fn a_row_that_is_no_payment_names_what_is_wrong() {
    for (name, wrong) in [("Status", "Done"), ("RideId", "1"), ("PlacedAt", "today"), ("StatusSince", "")] {
        let mut item = placed().to_item();
        item.insert(name.into(), S(wrong.into()));
        assert_eq!(Payment::from_item(&item), Err(NotAPayment(name)));
        item.remove(name);
        assert_eq!(Payment::from_item(&item), Err(NotAPayment(name)));
    }
}

#[test]
fn the_end_of_a_lease_is_what_the_holder_said_and_never_later_than_the_longest() {
    let at = |second: i64| Timestamp::from_second(second).expect("in range");
    let mut payment = placed();
    assert_eq!(payment.lease_end(), None);
    payment.status = Status::Processing;
    assert_eq!(payment.lease_end(), Some(at(900)));
    payment.held_until = Some(at(60).into());
    assert_eq!(payment.lease_end(), Some(at(60)));
    payment.held_until = Some(at(9_000).into());
    assert_eq!(payment.lease_end(), Some(at(900)));
}

#[test]
fn a_redrive_counts_on_from_the_last_one() {
    let mut payment = placed();
    assert_eq!((payment.job().redrive, payment.redrive().redrive), (None, Some(1)));
    payment.redrives = 1;
    assert_eq!((payment.job().redrive, payment.redrive().redrive), (Some(1), Some(2)));
    (payment.attempts, payment.attempts_before) = (9, 8);
    assert_eq!(payment.attempts_now(), 1);
}

proptest! {
    #[test]
    fn a_payment_survives_the_table(payment in payment()) {
        prop_assert_eq!(Payment::from_item(&payment.to_item()), Ok(payment));
    }
}
