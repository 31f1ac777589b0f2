//! How rides are counted: each ride once, however often it is asked for.

use crate::canary::{Log, emf};
use crate::fake::{Fake, Reply};
use crate::keys::keyed;
use crate::memory::Memory;
use crate::system::{STORED, UNICORN, addresses, answer_with, event};
use lambda_http::Request;
use request_ride::SERVICE;
use serde_json::{Value, json};

struct Bench {
    fleet: Fake,
    record: Fake,
    memory: Memory,
    log: Log,
}

impl Bench {
    async fn new(fleet: Reply, record: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let fleet = Fake::start(move |_| fleet.clone()).await;
        Self { fleet, record: Fake::start(record).await, memory: Memory::default(), log: Log::of(SERVICE) }
    }

    /// The status of an answer, its body, and the lines of metrics.
    async fn ask(&self, request: Request) -> (u16, Value, Vec<Value>) {
        let answered = answer_with(addresses(&self.fleet, &self.record), request, &self.memory).await;
        (answered.status, answered.body, emf::documents(&self.log.take()))
    }

    /// The status of an answer, and what it says of rides: requested, accepted, recorded.
    async fn counts(&self, request: Request) -> (u16, [Option<u64>; 3]) {
        let (status, _, documents) = self.ask(request).await;
        (status, rides(&documents))
    }
}

fn rides(documents: &[Value]) -> [Option<u64>; 3] {
    ["RidesRequested", "RidesAccepted", "RidesRecorded"].map(|name| {
        let of = documents.iter().filter_map(|document| document.get(name)).collect::<Vec<_>>();
        assert!(of.len() <= 1, "{name} twice: {documents:?}");
        of.first().map(|value| value.as_u64().expect("one count"))
    })
}

const BOOKED: [Option<u64>; 3] = [Some(1), Some(1), Some(0)];
const REFUSED: [Option<u64>; 3] = [Some(1), None, None];
const NOWHERE: [Option<u64>; 3] = [None; 3];

#[tokio::test]
async fn a_booked_ride_is_requested_and_accepted_at_its_request_time() {
    let bench = Bench::new(Reply::json(200, UNICORN), |_| Reply::json(201, STORED)).await;
    for request in [event(|_| {}), keyed("k", |_| {})] {
        let (status, ride, documents) = bench.ask(request).await;
        assert_eq!((status, rides(&documents)), (201, BOOKED));
        let line = documents.iter().find(|document| document.get("RidesAccepted").is_some()).expect("counted above");
        let time: jiff::Timestamp = ride["RequestTime"].as_str().expect("a text").parse().expect("an instant");
        assert_eq!(line["_aws"]["Timestamp"], time.as_millisecond());
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Dimensions"], json!([["service", "stage"], ["stage"]]));
        assert_eq!(directive["Metrics"].as_array().map(Vec::len), Some(3), "one line for the ride");
    }
}

#[tokio::test]
async fn a_ride_that_could_not_be_had_is_requested_only() {
    for (fleet, record) in [
        (Reply::json(503, "{}"), Reply::json(201, STORED)),
        (Reply::json(200, UNICORN), Reply::json(503, "{}")),
        (Reply::json(200, UNICORN), Reply::json(409, "{}")),
    ] {
        let what = format!("{fleet:?} {record:?}");
        let bench = Bench::new(fleet, move |_| record.clone()).await;
        for request in [event(|_| {}), keyed("k", |_| {})] {
            let (status, counts) = bench.counts(request).await;
            assert!(status >= 500 && counts == REFUSED, "{what}: {status} {counts:?}");
        }
    }
}

#[tokio::test]
async fn what_is_no_valid_request_counts_nowhere() {
    let bench = Bench::new(Reply::json(200, UNICORN), |_| Reply::json(201, STORED)).await;
    let nobody = json!({"claims": {"email": "ada@example.com"}});
    for (request, expected) in [
        (event(|event| event["body"] = "{}".into()), 422),
        (event(|event| event["body"] = "[".into()), 400),
        (event(|event| event["requestContext"]["authorizer"] = nobody), 403),
        (keyed("a b", |_| {}), 400),
    ] {
        assert_eq!(bench.counts(request).await, (expected, NOWHERE));
    }
}

#[tokio::test]
async fn a_repetition_counts_nowhere() {
    let bench = Bench::new(Reply::json(200, UNICORN), |_| Reply::json(201, STORED)).await;
    assert_eq!(bench.counts(keyed("k", |_| {})).await, (201, BOOKED));
    assert_eq!(bench.counts(keyed("k", |_| {})).await, (201, NOWHERE));
    let other = r#"{"PickupLocation":{"Latitude":1,"Longitude":1}}"#;
    assert_eq!(bench.counts(keyed("k", |event| event["body"] = other.into())).await, (422, NOWHERE));
    // Also when there is nobody to send: what is booked is told.
    let Bench { record, memory, log, .. } = bench;
    let bench = Bench { fleet: Fake::start(|_| Reply::json(503, "{}")).await, record, memory, log };
    assert_eq!(bench.counts(keyed("k", |_| {})).await, (201, NOWHERE));
}

#[tokio::test]
async fn a_ride_that_a_later_request_brings_to_its_end_is_accepted_there_and_was_requested_before() {
    let bench = Bench::new(Reply::json(200, UNICORN), |number| match number {
        0 => Reply::json(503, "{}"),
        _ => Reply::json(201, STORED),
    });
    let bench = bench.await;
    assert_eq!(bench.counts(keyed("k", |_| {})).await, (503, REFUSED));
    assert_eq!(bench.counts(keyed("k", |_| {})).await, (201, [None, Some(1), Some(0)]));
}

#[tokio::test]
async fn a_request_of_which_nobody_knows_whether_it_is_a_repetition_is_requested() {
    let mut bench = Bench::new(Reply::json(200, UNICORN), |_| Reply::json(201, STORED)).await;
    bench.memory.gone_from = Some(0);
    assert_eq!(bench.counts(keyed("k", |_| {})).await, (503, REFUSED));
    bench.fleet = Fake::start(|_| Reply::json(503, "{}")).await;
    assert_eq!(bench.counts(keyed("k", |_| {})).await, (503, REFUSED));
}

#[tokio::test]
async fn what_a_booking_calls_is_measured() {
    let bench = Bench::new(Reply::json(200, UNICORN), |number| match number {
        0 => Reply::json(500, "{}"),
        _ => Reply::json(201, STORED),
    });
    let (_, _, documents) = bench.await.ask(event(|_| {})).await;
    let of = |dependency: &str| {
        let document = documents.iter().find(|document| document["dependency"] == dependency)?;
        Some((document["DependencyErrors"].as_u64()?, document["Retries"].as_u64()?))
    };
    assert_eq!((of("request-unicorn"), of("put-ride-record")), (Some((0, 0)), Some((0, 1))), "{documents:?}");
    let own = documents.iter().find(|document| document.get("RequestLatency").is_some()).expect("always");
    assert_eq!((&own["CacheMisses"], &own["CacheHits"]), (&json!(2), &json!(0)), "two addresses");
}
