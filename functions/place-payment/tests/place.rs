//! The enrichment from the event to its answer, over tables in memory that fail and die, and over an engine.

#[path = "../../../shared/tests/canary/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod canary;
#[path = "../../../shared/tests/payment_tables/mod.rs"]
mod payment_tables;

use aws_sdk_dynamodb::types::AttributeValue::S;
use canary::{Log, SECRETS, assert_clean, emf};
use payment_tables::{counts, engine, names, totals};
use place_payment::{Failed, Payments, PaymentsTable, PlacePayment, SERVICE};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::events::Caller;
use shared::payments::counts::{Bin, Counts, SHARDS, shard};
use shared::payments::{Job, Payment, Status};
use shared::ride::RideId;
use shared::settings::Settings;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn sample() -> Value {
    serde_json::from_str(include_str!("../../../events/rides-stream.json")).expect("a sample")
}

/// A batch of that many rides.
fn batch(rides: usize) -> Value {
    let sample = sample();
    let ride = |number: usize| {
        let mut record = sample[0].clone();
        record["dynamodb"]["NewImage"]["RideId"]["S"] = format!("019a9f3c-7a00-7000-8000-{number:012x}").into();
        record
    };
    (0..rides).map(ride).collect()
}

fn settings() -> Settings {
    let (timeout, tracer) = (Duration::from_secs(10), Default::default());
    Settings { service: SERVICE, stage: "dev".into(), timeout, tracer }
}

fn caller() -> Caller {
    Caller { request_id: "invocation-1".into(), deadline_ms: 0, xray_trace_id: None }
}

async fn place(payments: impl Payments, event: &Value) -> Result<Vec<Job>, String> {
    let placed = PlacePayment::new(settings(), payments, None).handle(event, &caller()).await;
    placed.map_err(|error| error.to_string())
}

/// Rows that fail when they are told to.
#[derive(Debug, Clone, Default)]
struct Memory(Arc<Mutex<Rows>>);

#[derive(Debug, Default)]
struct Rows {
    rows: HashMap<RideId, Payment>,
    /// Which call fails, and whether its row is there nevertheless.
    fails: Option<(usize, bool)>,
    calls: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("no answer")]
struct Silence;

impl Payments for Memory {
    type Error = Silence;

    async fn place(&self, payment: Payment, _: &Budget) -> Result<bool, Silence> {
        tokio::task::yield_now().await;
        let mut rows = self.0.lock().expect("no poison");
        rows.calls += 1;
        let fails = rows.fails.filter(|(call, _)| *call == rows.calls);
        if fails.is_some_and(|(_, there)| !there) {
            return Err(Silence);
        }
        let new = !rows.rows.contains_key(&payment.ride_id);
        rows.rows.entry(payment.ride_id).or_insert(payment);
        if fails.is_some() { Err(Silence) } else { Ok(new) }
    }
}

impl Memory {
    fn rows(&self) -> std::sync::MutexGuard<'_, Rows> {
        self.0.lock().expect("no poison")
    }
}

#[tokio::test]
async fn each_ride_gets_its_row_and_its_job() {
    let (memory, log) = (Memory::default(), Log::of(SERVICE));
    let jobs = place(memory.clone(), &sample()).await.expect("placed");
    let written = serde_json::to_value(&jobs).expect("JSON");
    let first = json!({"RideId": "019a9f3c-7a00-7000-8000-000000000001", "RequestTime": "2026-11-20T21:16:20.123456Z", "Rider": "ada"});
    let second =
        json!({"RideId": "019a9f3c-7a00-7000-8000-000000000002", "RequestTime": "2026-11-20T21:16:21.500000Z"});
    assert_eq!(written, json!([first, second]));
    let row = &memory.rows().rows[&jobs[0].ride_id];
    assert_eq!((row.status, row.placed_at, row.attempts), (Status::Queued, jobs[0].request_time, 0));
    let placed: Vec<_> =
        emf::documents(&log.take()).iter().filter_map(|line| line["PaymentsPlaced"].as_i64()).collect();
    assert_eq!(placed, [2]);
}

#[tokio::test]
async fn a_ride_that_comes_again_goes_on_and_is_not_counted_again() {
    let (memory, log) = (Memory::default(), Log::of(SERVICE));
    place(memory.clone(), &sample()).await.expect("placed");
    log.take();
    assert_eq!(place(memory.clone(), &sample()).await.expect("placed").len(), 2);
    let placed: Vec<_> =
        emf::documents(&log.take()).iter().filter_map(|line| line["PaymentsPlaced"].as_i64()).collect();
    assert_eq!((placed, memory.rows().rows.len()), (vec![0], 2));
}

#[tokio::test]
async fn whichever_call_fails_the_batch_comes_again_and_no_ride_is_lost_or_doubled() {
    let (event, rides) = (batch(10), 10);
    for call in 1..=rides {
        for there in [false, true] {
            let memory = Memory::default();
            memory.rows().fails = Some((call, there));
            assert!(place(memory.clone(), &event).await.is_err(), "call {call}");
            let jobs = place(memory.clone(), &event).await.expect("the second time");
            assert_eq!((jobs.len(), memory.rows().rows.len()), (rides, rides), "call {call}");
            // One failure keeps nobody else from their row.
            assert!(memory.rows().calls <= 2 * rides);
        }
    }
}

#[tokio::test]
async fn a_record_that_nobody_can_read_is_told_counted_and_left_out() {
    for broken in [json!({}), json!("text"), json!({"dynamodb": {"NewImage": {"RideId": {"S": "x"}}}})] {
        let (memory, log) = (Memory::default(), Log::of(SERVICE));
        let mut event = sample();
        event.as_array_mut().expect("a list").insert(1, broken);
        let jobs = place(memory, &event).await.expect("the others are placed");
        let lines = log.take();
        assert_eq!((jobs.len(), lines.matches("was left out").count()), (2, 1), "{lines}");
        assert!(emf::documents(&lines).iter().any(|line| line["UnreadableEvents"] == 1), "{lines}");
    }
}

#[tokio::test]
async fn a_record_that_is_left_out_is_told_with_its_ride_where_that_can_be_read() {
    for (ride, told) in [("019a9f3c-7a00-7000-8000-000000000009", true), ("where ada stands", false)] {
        let (memory, log) = (Memory::default(), Log::of(SERVICE));
        let mut event = sample();
        event[0]["dynamodb"] = json!({"Keys": {"RideId": {"S": ride}}, "NewImage": {"RideId": {"S": ride}}});
        place(memory, &event).await.expect("the others are placed");
        let lines = log.take();
        let line = lines.lines().find(|line| line.contains("was left out")).expect("a line");
        assert_eq!((line.contains(ride), line.contains("ride_id")), (told, told), "{line}");
    }
}

#[tokio::test]
async fn nothing_to_place_is_an_empty_answer_for_which_the_pipe_calls_nobody() {
    let jobs = place(Memory::default(), &json!([])).await.expect("nothing");
    assert_eq!(serde_json::to_value(jobs).expect("JSON"), json!([]));
    assert!(place(Memory::default(), &json!({"Records": []})).await.is_err(), "it is no list");
}

struct Panics;

impl Payments for Panics {
    type Error = Silence;

    async fn place(&self, _: Payment, _: &Budget) -> Result<bool, Silence> {
        panic!("a bug")
    }
}

#[tokio::test]
async fn a_panic_is_an_error_that_the_pipe_answers_with_the_same_batch() {
    let log = Log::of(SERVICE);
    let placed = PlacePayment::new(settings(), Panics, None).handle(&sample(), &caller()).await;
    assert!(matches!(placed, Err(Failed::Panicked(_))), "{placed:?}");
    assert_eq!(log.take().matches("payments not placed").count(), 1);
}

#[tokio::test]
async fn nothing_of_a_ride_comes_out_in_the_log() {
    let log = Log::of(SERVICE);
    for secret in SECRETS {
        for pointer in ["/Rider/S", "/RideId/S", "/RequestTime/S", "/Unicorn", "/PickupLocation", "/Rider"] {
            let mut event = sample();
            *event[0]["dynamodb"]["NewImage"].pointer_mut(pointer).expect("it is there") = secret.into();
            event[0]["eventID"] =
                format!("{secret} of more than sixty-four characters, which no id of a stream ever has").into();
            place(Memory::default(), &event).await.expect("the others are placed");
            assert_clean(&log.take(), &format!("{secret} in {pointer}"));
        }
    }
}

#[tokio::test]
async fn a_row_that_nobody_can_read_is_there_and_holds_up_nobody() {
    let (client, log) = (engine::client(&payment_tables::start().await), Log::of(SERVICE));
    let event = batch(3);
    let ride = "019a9f3c-7a00-7000-8000-000000000001";
    let put = client.put_item().table_name("payments").item("RideId", S(ride.into())).item("Status", S("Lost".into()));
    put.send().await.expect("an engine");
    let jobs = place(PaymentsTable::new(client.clone(), names()), &event).await.expect("the batch goes on");
    assert_eq!(jobs.len(), 3, "its job, too: whoever charges has it looked at");
    assert_eq!(totals(&client).await.placed, 2);
    let lines = log.take();
    assert_eq!(lines.matches("nobody can read it").count(), 1, "{lines}");
}

#[tokio::test]
async fn many_batches_at_once_and_twice_are_counted_once_each_ride() {
    let client = engine::client(&payment_tables::start().await);
    let event = batch(40);
    let all = |event: Value| {
        let table = PaymentsTable::new(client.clone(), names());
        async move { place(table, &event).await }
    };
    let [one, other, third] = [event.clone(), event.clone(), event].map(all);
    let (one, other, third) = tokio::join!(one, other, third);
    let jobs = one.expect("placed");
    assert_eq!((jobs.len(), other.expect("placed").len(), third.expect("placed").len()), (40, 40, 40));
    assert_eq!(totals(&client).await, Counts { placed: 40, complete: 0, failed: 0 });
    let (bin, minute) = Bin::of(jobs[0].request_time.instant());
    assert_eq!(counts(&client, (0..SHARDS).map(|shard| bin.key(shard))).await.placed, 40);
    let key = bin.key(shard(jobs[0].ride_id));
    let item = client.get_item().table_name("payment-counts").key("Id", S(key)).send().await.expect("an engine").item;
    let item = item.expect("a bin");
    assert_eq!(Counts::of_minute(&item, minute), Counts::of(&item));
}
