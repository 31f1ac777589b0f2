//! The tables' client against an engine that judges the conditions, and against sockets that misbehave.

use crate::canary::Log;
use crate::fake::{Fake, Reply};
use crate::payment_tables::{self, names, totals};
use crate::system::environment;
use crate::world::{job, placed};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use jiff::Timestamp;
use process_payment::{Breaker, BreakerTable, Breakers, Payments, PaymentsTable, SERVICE};
use serde_json::json;
use shared::budget::Budget;
use shared::payments::counts::{Counts, shard};
use shared::payments::{Change, Changed, Item, Payment, Status};
use std::time::Duration;

fn budget() -> Budget {
    Budget::lasting(Duration::from_secs(10))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

pub(crate) fn client(endpoint: &str) -> Client {
    let endpoint = ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.to_owned());
    let environment = environment(&[]);
    let variables = ["DYNAMODB_ATTEMPTS", "DYNAMODB_ATTEMPT_TIMEOUT_MS", "CONNECT_TIMEOUT_MS", "AWS_REGION"];
    let more = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    let same = variables.into_iter().chain(more).map(|key| (key, environment.text(key).expect("set")));
    shared::dynamodb::client(&same.chain([endpoint]).collect()).expect("a whole environment")
}

fn processing(row: &Payment, holder: &str, now: Timestamp) -> Payment {
    let (status, status_since) = (Status::Processing, now.into());
    let held_until = Some((now + Duration::from_secs(60)).into());
    Payment { status, status_since, attempts: row.attempts + 1, holder: Some(holder.into()), held_until, ..row.clone() }
}

#[tokio::test]
async fn a_payment_goes_its_way_and_the_counts_go_with_it() {
    let endpoint = payment_tables::start().await;
    let (client, budget) = (client(&endpoint), budget());
    let table = PaymentsTable::new(client.clone(), names());
    let ride = job(1).ride_id;
    assert_eq!(table.read(ride, &budget).await.expect("an engine"), None);

    let row = placed(&job(1), at(100));
    let place = Change::Place(Box::new(row.clone()));
    assert_eq!(table.apply(&place, &budget).await.expect("an engine"), Changed::Done);
    assert_eq!(table.apply(&place, &budget).await.expect("an engine"), Changed::Refused(Some(Box::new(row.clone()))));
    assert_eq!(table.read(ride, &budget).await.expect("an engine"), Some(row.clone()));
    assert_eq!(totals(&client).await, Counts { placed: 1, complete: 0, failed: 0 });

    let claimed = processing(&row, "me", at(101));
    assert!(table.swap(&row, &claimed, &budget).await.expect("an engine"));
    let other = processing(&row, "another", at(102));
    assert!(!table.swap(&row, &other, &budget).await.expect("an engine"), "it is taken");
    // As the SDK sees it whose first answer was lost.
    assert!(table.swap(&row, &claimed, &budget).await.expect("an engine"), "it was this very one");

    let fail = |holder: &str| Change::Fail {
        ride,
        now: at(103),
        holder: holder.into(),
        reason: "finance answered 400".into(),
        answer: Some("the date".into()),
    };
    let refused = table.apply(&fail("another"), &budget).await.expect("an engine");
    assert_eq!(refused, Changed::Refused(Some(Box::new(claimed.clone()))));
    assert_eq!(table.apply(&fail("me"), &budget).await.expect("an engine"), Changed::Done);
    let failed = table.read(ride, &budget).await.expect("an engine").expect("a row");
    assert_eq!((failed.status, failed.holder.as_deref(), failed.attempts), (Status::Failed, None, 1));
    assert_eq!((failed.reason.as_deref(), failed.answer.as_deref()), (Some("finance answered 400"), Some("the date")));
    assert_eq!(failed.processed_at, Some(at(103).into()));
    assert_eq!(totals(&client).await, Counts { placed: 1, complete: 0, failed: 1 });

    let redrive = Change::redrive(&failed, at(104)).expect("it failed");
    assert_eq!(table.apply(&redrive, &budget).await.expect("an engine"), Changed::Done);
    assert!(matches!(table.apply(&redrive, &budget).await.expect("an engine"), Changed::Refused(Some(_))));
    let again = table.read(ride, &budget).await.expect("an engine").expect("a row");
    assert_eq!((again.status, again.redrives, again.attempts_now()), (Status::Queued, 1, 0));
    assert_eq!((again.reason, again.answer, again.processed_at), (None, None, None));
    assert_eq!(totals(&client).await, Counts { placed: 1, complete: 0, failed: 0 });

    let complete = Change::Complete { ride, now: at(105) };
    assert_eq!(table.apply(&complete, &budget).await.expect("an engine"), Changed::Done);
    assert!(matches!(table.apply(&complete, &budget).await.expect("an engine"), Changed::Refused(Some(_))));
    assert_eq!(totals(&client).await, Counts { placed: 1, complete: 1, failed: 0 });
    let bin = shared::payments::counts::Bin::of(at(105)).0.key(shard(ride));
    let get = client.get_item().table_name("payment-counts").key("Id", S(bin)).send().await.expect("an engine");
    let bin = get.item.expect("a bin");
    assert_eq!((Counts::of(&bin).complete, Counts::of_minute(&bin, 1).complete, Counts::of(&bin).failed), (1, 1, 0));
    assert!(bin["ExpiresAt"].as_n().is_ok_and(|at| at == "605400"), "{bin:?}");
}

#[tokio::test]
async fn of_many_who_want_a_payment_one_gets_it_and_no_count_is_lost() {
    let endpoint = payment_tables::start().await;
    let (client, budget) = (client(&endpoint), budget());
    let table = PaymentsTable::new(client.clone(), names());
    let jobs: Vec<_> = (1..=20).map(job).collect();
    let places = jobs.iter().map(|job| async {
        let place = Change::Place(Box::new(placed(job, at(0))));
        table.apply(&place, &budget).await.expect("an engine")
    });
    let twice = futures_util::future::join(
        futures_util::future::join_all(places.clone()),
        futures_util::future::join_all(places),
    );
    let (one, other) = twice.await;
    let done = one.iter().chain(&other).filter(|changed| **changed == Changed::Done).count();
    assert_eq!((done, totals(&client).await.placed), (20, 20));

    let row = placed(&jobs[0], at(0));
    let claims = (0..10).map(|number| {
        let (table, row, budget) = (&table, &row, &budget);
        async move {
            let claimed = processing(row, &format!("holder {number}"), at(number + 1));
            table.swap(row, &claimed, budget).await.expect("an engine")
        }
    });
    let got = futures_util::future::join_all(claims).await;
    assert_eq!(got.iter().filter(|got| **got).count(), 1);
}

#[tokio::test]
async fn a_write_that_meets_a_transaction_is_tried_again() {
    let conflict = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"x"}"#;
    let fake = Fake::start(move |number| if number < 3 { Reply::json(400, conflict) } else { Reply::json(200, "{}") });
    let fake = fake.await;
    let row = placed(&job(1), at(0));
    let table = PaymentsTable::new(client(&fake.url("")), names());
    assert!(table.swap(&row, &processing(&row, "me", at(1)), &budget()).await.expect("in the end"));
    assert_eq!(fake.requests().len(), 4);
}

#[tokio::test]
async fn a_breaker_that_was_written_though_the_answer_was_lost_is_not_taken_for_a_rivals() {
    // The first answer is lost, and the second attempt of the SDK finds what the first one wrote, or a rival the very same.
    let saved = async |is_own: bool| {
        let fake = Fake::judging(move |number, request| {
            if number == 0 {
                return Reply::json(500, "{}");
            }
            let mut item = serde_json::from_str::<serde_json::Value>(&request.body).expect("JSON")["Item"].take();
            if !is_own {
                item["Write"] = serde_json::json!({"S": "another"});
            }
            let name = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
            Reply::json(400, &serde_json::json!({"__type": name, "message": "x", "Item": item}).to_string())
        });
        let fake = fake.await;
        let table = BreakerTable::new(client(&fake.url("")), names().counts);
        let saved = table.save(&Breaker::Open { until: 7_000, opened: 1 }, 0, &budget()).await.expect("an answer");
        assert_eq!(fake.requests().len(), 2);
        assert!(fake.requests()[1].body.contains("ALL_OLD"));
        saved
    };
    assert!(saved(true).await, "it was this very one");
    assert!(!saved(false).await, "of two who probe at the same moment one does");
}

#[tokio::test]
async fn a_breaker_that_this_version_cannot_read_is_told_and_written_over() {
    let numbers = [("Failures", "0"), ("First", "0"), ("Last", "0")].map(|(name, n)| (name, N(n.into())));
    let closed = [("Id", S("breaker".into())), ("State", S("Closed".into())), ("Version", N("41".into()))];
    let row = |change: (&'static str, AttributeValue)| -> Item {
        let whole = closed.iter().chain(&numbers).map(|(name, value)| (*name, value.clone()));
        whole.chain([change]).map(|(name, value)| (name.to_owned(), value)).collect()
    };
    let (ajar, text) = (("State", S("Ajar, canary".into())), |version: &str| ("Version", S(version.into())));
    for (item, version, attribute) in [
        (row(ajar), 41, "State"),
        (row(("Failures", S("two, canary".into()))), 41, "Failures"),
        (row(text("canary")), 0, "Version"),
        (row(("Version", N("-1".into()))), 0, "Version"),
        (row(("Version", N("7.5".into()))), 0, "Version"),
    ] {
        let endpoint = payment_tables::start().await;
        let (client, budget, log) = (client(&endpoint), budget(), Log::of(SERVICE));
        let put = client.put_item().table_name("payment-counts").set_item(Some(item.clone())).send().await;
        put.expect("an engine");
        let tables = [(); 2].map(|()| BreakerTable::new(client.clone(), names().counts));
        for table in &tables {
            assert_eq!(table.load(&budget).await.expect("an engine"), (Breaker::default(), version), "{item:?}");
        }
        let lines = log.take();
        let told = format!("\"attribute\":\"{attribute}\"");
        assert_eq!(lines.matches("the breaker's row cannot be read").count(), 2, "once for each reading: {lines}");
        assert!(lines.matches(&told).count() == 2 && !lines.contains("canary"), "{lines}");
        // Of two who read it one writes, and what it writes can be read.
        let open = Breaker::Open { until: 7_000, opened: 1 };
        assert!(tables[0].save(&open, version, &budget).await.expect("an engine"), "{item:?}");
        assert!(!tables[1].save(&open, version, &budget).await.expect("an engine"), "{item:?}");
        assert_eq!(tables[1].load(&budget).await.expect("an engine"), (open, version + 1));
    }
}

#[tokio::test]
async fn what_is_written_over_a_breaker_names_the_version_that_was_read() {
    let condition_of = async |item: &'static str| {
        let fake = Fake::judging(move |_, request| {
            let is_get = request.header("x-amz-target").is_some_and(|target| target.ends_with("GetItem"));
            Reply::json(200, if is_get { item } else { "{}" })
        });
        let fake = fake.await;
        let table = BreakerTable::new(client(&fake.url("")), names().counts);
        let (_, version) = table.load(&budget()).await.expect("an answer");
        assert!(table.save(&Breaker::default(), version, &budget()).await.expect("an answer"));
        let mut put: serde_json::Value = serde_json::from_str(&fake.requests()[1].body).expect("JSON");
        (put["ConditionExpression"].as_str().expect("a text").to_owned(), put["ExpressionAttributeValues"].take())
    };
    let plain = "attribute_not_exists(Version) OR Version = :version".to_owned();
    let (unknown, odd) =
        (r#"{"Item":{"State":{"S":"Ajar"},"Version":{"N":"41"}}}"#, r#"{"Item":{"Version":{"S":"x"}}}"#);
    assert_eq!(condition_of("{}").await, (plain.clone(), json!({":version": {"N": "0"}})));
    assert_eq!(condition_of(unknown).await, (plain.clone(), json!({":version": {"N": "41"}})));
    let named = json!({":version": {"N": "0"}, ":odd": {"S": "x"}});
    assert_eq!(condition_of(odd).await, (format!("{plain} OR Version = :odd"), named));
}

#[tokio::test]
async fn the_breaker_is_kept_and_only_one_of_two_changes_it() {
    let endpoint = payment_tables::start().await;
    let budget = budget();
    let table = BreakerTable::new(client(&endpoint), names().counts);
    assert_eq!(table.load(&budget).await.expect("an engine"), (Breaker::default(), 0));
    let open = Breaker::Open { until: 7_000, opened: 1 };
    assert!(table.save(&open, 0, &budget).await.expect("an engine"));
    assert!(!table.save(&Breaker::default(), 0, &budget).await.expect("an engine"));
    assert_eq!(table.load(&budget).await.expect("an engine"), (open, 1));
    assert!(table.save(&Breaker::default(), 1, &budget).await.expect("an engine"));
}

#[tokio::test]
async fn a_table_in_trouble_is_an_error_and_not_an_answer() {
    let denied = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}"#;
    let conflict = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"x",
        "CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"},{"Code":"None"}]}"#;
    for (status, body) in [(400, denied), (400, conflict), (500, "{}"), (200, "garbage")] {
        let fake = Fake::start(move |_| Reply::json(status, body)).await;
        let table = PaymentsTable::new(client(&fake.url("")), names());
        let budget = Budget::lasting(Duration::from_millis(1_500));
        let row = placed(&job(1), at(0));
        assert!(table.apply(&Change::Place(Box::new(row.clone())), &budget).await.is_err(), "{status} {body}");
        if body != conflict {
            let budget = Budget::lasting(Duration::from_millis(1_500));
            assert!(table.swap(&row, &row, &budget).await.is_err(), "{status} {body}");
            assert!(table.read(job(1).ride_id, &budget).await.is_err(), "{status} {body}");
        }
    }
}

#[tokio::test]
async fn a_transaction_in_another_ones_way_is_tried_again() {
    let conflict = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"x",
        "CancellationReasons":[{"Code":"None"},{"Code":"TransactionConflict"},{"Code":"None"}]}"#;
    let reply = |number| if number < 3 { Reply::json(400, conflict) } else { Reply::json(200, "{}") };
    let fake = Fake::start(reply).await;
    let table = PaymentsTable::new(client(&fake.url("")), names());
    let place = Change::Place(Box::new(placed(&job(1), at(0))));
    assert_eq!(table.apply(&place, &budget()).await.expect("in the end"), Changed::Done);
    assert_eq!(fake.requests().len(), 4);
}
