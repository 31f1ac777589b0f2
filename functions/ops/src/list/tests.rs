use super::*;
use crate::store::{Position, Slice};
use proptest::prelude::*;
use shared::payments::Job;
use std::collections::HashMap;
use std::time::Duration;

/// Payments in memory, each query of which may be cut short, as DynamoDB's are at 1 MiB.
struct Memory {
    rows: Vec<Payment>,
    at_most: usize,
}

impl Lists for Memory {
    async fn list(
        &self,
        status: Status,
        _: First,
        after: Option<Position>,
        limit: usize,
        _: &Budget,
    ) -> Result<Slice, StoreError> {
        let key = |payment: &Payment| (payment.placed_at.to_string(), payment.ride_id.to_string());
        let mut rows: Vec<Payment> = self.rows.iter().filter(|row| row.status == status).cloned().collect();
        rows.sort_by_key(key);
        let past = |row: &Payment| {
            after.is_none_or(|after| key(row) > (after.placed_at.to_string(), after.ride_id.to_string()))
        };
        let rest: Vec<Payment> = rows.into_iter().filter(past).collect();
        let payments: Vec<Payment> = rest.iter().take(limit.min(self.at_most)).cloned().collect();
        let more = payments.len() < rest.len();
        let next =
            payments.last().filter(|_| more).map(|last| Position { placed_at: last.placed_at, ride_id: last.ride_id });
        Ok(Slice { payments, next })
    }
}

fn payment(second: i64, status: usize) -> Payment {
    let instant = Timestamp::from_second(1_795_209_380 + second).expect("an instant");
    let ride_id = shared::ride::RideId::new(instant);
    let job = Job { ride_id, request_time: instant.into(), rider: None, redrive: None };
    Payment { status: Status::ALL[status], ..Payment::placed(&job, instant) }
}

fn wish(pairs: &[(&str, &str)]) -> Result<Wish, Vec<String>> {
    let query: HashMap<&str, &str> = pairs.iter().copied().collect();
    let errors = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.pointer).collect();
    Wish::parse(|name| query.get(name).copied()).map_err(errors)
}

#[test]
fn every_wrong_parameter_is_named() {
    assert_eq!(wish(&[]), Ok(Wish { status: None, cursor: None, limit: 100 }));
    assert_eq!(wish(&[("status", "Failed"), ("limit", "1")]).expect("right").limit, 1);
    for limit in ["0", "101", "-1", "+5", "1.5", "", "many", "99999999999999999999"] {
        assert_eq!(wish(&[("limit", limit)]), Err(vec!["/limit".to_owned()]), "{limit}");
    }
    let all = wish(&[("limit", "0"), ("status", "failed"), ("cursor", "?")]);
    assert_eq!(all, Err(vec!["/status".to_owned(), "/limit".to_owned(), "/cursor".to_owned()]));
    let other = Cursor { status: Status::Queued, after: None }.to_text();
    assert_eq!(wish(&[("status", "Failed"), ("cursor", &other)]), Err(vec!["/cursor".to_owned()]));
}

#[test]
fn a_text_is_cut_between_characters() {
    assert_eq!((cut("abc", 2), cut("abc", 3), cut("äöü", 2), cut("", 1)), ("ab", "abc", "äö", ""));
}

proptest! {
    #[test]
    fn page_by_page_every_payment_comes_once_oldest_first_in_each_status(
        rows in proptest::collection::vec((0..1_000_i64, 0..4_usize), 0..60),
        limit in 1..15_usize,
        at_most in 1..15_usize,
        only in proptest::option::of(0..4_usize),
    ) {
        let memory = Memory { rows: rows.iter().map(|(second, status)| payment(*second, *status)).collect(), at_most };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let budget = Budget::lasting(Duration::from_secs(60));
        let status = only.map(|only| Status::ALL[only]);
        let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = runtime.block_on(page(&memory, Wish { status, cursor, limit }, &budget)).expect("memory");
            prop_assert!(page.0.len() <= limit);
            seen.extend(page.0);
            pages += 1;
            prop_assert!(pages <= 200, "it ends");
            match page.1 {
                // A caller gets text and gives it back.
                Some(next) => cursor = Some(Cursor::parse(&next.to_text()).expect("a cursor")),
                None => break,
            }
        }
        let mut expected: Vec<Payment> = Vec::new();
        for group in ORDER.into_iter().filter(|group| status.is_none_or(|only| only == *group)) {
            let mut of_group: Vec<Payment> = memory.rows.iter().filter(|row| row.status == group).cloned().collect();
            of_group.sort_by_key(|row| (row.placed_at.to_string(), row.ride_id.to_string()));
            expected.extend(of_group);
        }
        prop_assert_eq!(seen, expected);
    }
}
