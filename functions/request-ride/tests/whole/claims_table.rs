//! The claims table's client against an engine that judges the conditions, and against sockets that misbehave.

use crate::engine;
use crate::fake::{Fake, Reply};
use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use request_ride::{ClaimsError, ClaimsTable};
use serde_json::Value;
use shared::budget::Budget;
use shared::idempotency::{Begun, Booking, ClaimId, Claims, Key, Once, Payload, Refusal, Settings, Status};
use shared::ride::{Label, Ride, Unicorn};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const TABLE: &str = "wild-rydes-dev-idempotency";
const SETTINGS: Settings = Settings { ttl: Duration::from_secs(86_400), in_progress: Duration::from_secs(30) };

fn client(endpoint: &str) -> Client {
    let environment = engine::aws::environment(endpoint, 2, 1_000);
    shared::dynamodb::client(&environment).expect("a whole environment")
}

/// A client of an engine with an empty table.
async fn empty() -> Client {
    let client = engine::client(&engine::start().await);
    engine::create(&client, TABLE, "Id").await;
    client
}

/// The rules over a table, and the clock they go by.
fn once(client: Client) -> (Once<ClaimsTable>, Arc<AtomicU64>) {
    let now = Arc::new(AtomicU64::new(1_000_000));
    let clock = Arc::clone(&now);
    let once = Once::new(ClaimsTable::new(client, TABLE.into()), SETTINGS);
    (once.with_clock(move || clock.load(Ordering::Relaxed)), now)
}

fn id() -> ClaimId {
    ClaimId::new("POST /ride", Some("Zebedee"), &Key::parse(b"k").expect("a legal key"))
}

fn booking(name: &str) -> Booking {
    let label = |text: &str| Label::try_from(text.to_owned()).expect("a legal label");
    let unicorn = Unicorn { name: label(name), color: label("White"), device_id: label("1") };
    Booking::new(Ride::asked_for(Timestamp::now(), unicorn)).expect("serialisable")
}

fn budget() -> Budget {
    Budget::lasting(Duration::from_secs(5))
}

async fn begin(once: &Once<ClaimsTable>, body: &str, name: &str) -> Result<Begun, Refusal<ClaimsError>> {
    once.begin(&id(), &Payload::of(&[body.as_bytes()]), booking(name), &budget()).await
}

async fn claimed(once: &Once<ClaimsTable>, name: &str) -> shared::idempotency::Claim {
    match begin(once, "body", name).await {
        Ok(Begun::Claimed(claim)) => claim,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_claim_goes_through_all_its_states() {
    let (once, now) = once(empty().await);
    let first = claimed(&once, "Shadowfax").await;
    assert_eq!(first.status, Status::InProgress { until: 1_000_030 });
    assert!(matches!(begin(&once, "body", "Rocinante").await, Err(Refusal::InProgress { retry_after_s: 30 })));
    assert!(matches!(begin(&once, "other", "Rocinante").await, Err(Refusal::OtherPayload)));

    // Dead, so that the next one goes on with the same ride.
    now.fetch_add(30, Ordering::Relaxed);
    let second = claimed(&once, "Rocinante").await;
    assert_eq!(second.booking, first.booking);
    assert_ne!(second.holder, first.holder);

    // Let go, by whom it is not: nothing; by whom it is: at once.
    once.release(first.clone(), &budget()).await;
    assert!(matches!(begin(&once, "body", "Rocinante").await, Err(Refusal::InProgress { .. })));
    once.release(second, &budget()).await;
    let third = claimed(&once, "Rocinante").await;
    assert_eq!(third.booking, first.booking);

    // The first one was only slow: the ride is stored, whoever says so.
    once.complete(first.clone(), &budget()).await;
    once.release(third.clone(), &budget()).await;
    once.complete(third, &budget()).await;
    let replay = Begun::Replay(first.booking.clone());
    assert_eq!(begin(&once, "body", "Rocinante").await.expect("known"), replay);
    let resumed = once.resume(&id(), &Payload::of(&[b"body"]), &budget()).await;
    assert_eq!(resumed.expect("known"), Some(replay));

    // Expired, though nobody has deleted it: the key is new, and the slow one cannot bring the old ride back.
    now.fetch_add(86_400, Ordering::Relaxed);
    assert_eq!(once.resume(&id(), &Payload::of(&[b"body"]), &budget()).await.expect("known"), None);
    let new = claimed(&once, "Rocinante").await;
    assert_ne!(new.booking, first.booking);
    once.complete(first, &budget()).await;
    assert!(matches!(begin(&once, "body", "x").await, Err(Refusal::InProgress { .. })));
}

#[tokio::test]
async fn of_many_callers_one_gets_the_claim() {
    let (once, now) = once(empty().await);
    for _ in 0..2 {
        let callers = (0..20).map(|_| {
            let once = once.clone();
            tokio::spawn(async move { begin(&once, "body", "Shadowfax").await })
        });
        let mut claimed = 0;
        for caller in callers.collect::<Vec<_>>() {
            match caller.await.expect("no panic") {
                Ok(Begun::Claimed(_)) => claimed += 1,
                Err(Refusal::InProgress { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(claimed, 1);
        now.fetch_add(31, Ordering::Relaxed); // all of them take over from the one that died
    }
}

#[tokio::test]
async fn a_resumed_claim_is_taken_over_when_its_holder_died() {
    let (once, now) = once(empty().await);
    let payload = Payload::of(&[b"body"]);
    assert_eq!(once.resume(&id(), &payload, &budget()).await.expect("known"), None);
    let first = claimed(&once, "Shadowfax").await;
    assert!(matches!(once.resume(&id(), &payload, &budget()).await, Err(Refusal::InProgress { .. })));
    now.fetch_add(30, Ordering::Relaxed);
    match once.resume(&id(), &payload, &budget()).await {
        Ok(Some(Begun::Claimed(second))) => assert_eq!(second.booking, first.booking),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_row_holds_the_ride_and_neither_key_nor_rider_nor_place() {
    let fake = Fake::start(|_| Reply::json(200, "{}")).await;
    let (once, _) = once(client(&fake.url("/")));
    let claim = claimed(&once, "Shadowfax").await;
    once.complete(claim.clone(), &budget()).await;
    let requests = fake.requests();
    let bodies: Vec<Value> = requests.iter().map(|got| serde_json::from_str(&got.body).expect("JSON")).collect();
    let item = &bodies[0]["Item"];
    assert_eq!(item["Id"]["S"].as_str().map(str::len), Some(64));
    assert_eq!(item["Response"]["S"], claim.booking.answer());
    assert_eq!(item["RideId"]["S"], claim.booking.ride().ride_id.to_string());
    let times = [&item["InProgressUntil"]["N"], &item["ExpiresAt"]["N"]];
    assert_eq!((times, &item["Status"]["S"]), ([&"1000030".into(), &"1086400".into()], &"InProgress".into()));
    assert_eq!((&bodies[1]["Item"]["Status"]["S"], bodies.len()), (&"Completed".into(), 2));
    for body in &bodies {
        assert_eq!(body["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
        assert!(!body.to_string().contains("Zebedee"), "{body}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_ours() {
    let kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    let written = std::sync::Mutex::new(String::new());
    let fake = Fake::judging(move |number, request| {
        let body: Value = serde_json::from_str(&request.body).expect("JSON");
        let mut written = written.lock().expect("no poison");
        if number == 0 {
            *written = body["Item"].to_string();
            return Reply::Close;
        }
        Reply::json(
            400,
            &format!(r#"{{"__type":"{kind}","message":"The conditional request failed","Item":{written}}}"#),
        )
    })
    .await;
    let (once, _) = once(client(&fake.url("/")));
    claimed(&once, "Shadowfax").await;
    assert_eq!(fake.requests().len(), 2);
}

#[tokio::test]
async fn a_table_in_trouble_lets_nobody_begin() {
    let strange = r#"{"__type":"x#ConditionalCheckFailedException","Item":{"Id":{"S":"x"},"Status":{"S":"?"}}}"#;
    let missing = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}"#;
    for (reply, attempts) in [
        (Reply::json(500, "{}"), 2),
        (Reply::json(400, missing), 1),
        (Reply::json(400, strange), 1),
        (Reply::Close, 2),
        (Reply::Never, 2),
    ] {
        let what = format!("{reply:?}");
        let fake = Fake::start(move |_| reply.clone()).await;
        let (once, _) = once(client(&fake.url("/")));
        assert!(matches!(begin(&once, "body", "Shadowfax").await, Err(Refusal::Unknown(_))), "{what}");
        assert_eq!(fake.requests().len(), attempts, "{what}");
    }
    let table = ClaimsTable::new(client("http://127.0.0.1:1"), TABLE.into());
    assert!(table.get(&id(), &budget()).await.is_err());
}
