//! A table that is too small for its load: the SDK tries again, riders get a fast 503, no ride is lost, and the metrics say which
//! table it was.

use std::time::{Duration, Instant};

use lab::assembly::Lab;
use lab::cloudwatch::alarms::State;
use lab::dynamodb::Throughput;
use lab::observation::SpanView;
use lab::switches::{Order, Wrong};

use crate::client::{Answer, RIDE, post};
use crate::stack::{Variation, eventually, rows, url};
use crate::traces::{is_put, observed, sum, traced};

/// Far below the 25 s that a rider can wait for: three attempts with the SDK's pauses between them.
const FAST: Duration = Duration::from_secs(5);

fn order(lab: &Lab, trouble: Option<Wrong>, operation: Option<&str>) {
    let operation = operation.map(str::to_owned);
    let order = Order { resource: Some("RidesTable".to_owned()), trouble, operation, ..Order::default() };
    lab.switches.carry_out(&order).expect("carried out");
}

fn units(write: u32, burst: u16) -> Wrong {
    Wrong::Capacity(Throughput { read: 1, write, burst: Some(burst) })
}

fn assert_fast_503(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.header("retry-after").is_some(), "a 503 says when to come back");
    assert!(answer.took < FAST, "answered after {:?}", answer.took);
}

fn of_rides<'a>(lab: &'a Lab, operation: &'a str) -> [(&'a str, &'a str); 2] {
    [("TableName", lab.table("RidesTable").expect("a table")), ("Operation", operation)]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_takes_a_throttle_for_a_throttle_in_both_modes() {
    let lab = traced().start().await;
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201, "the fleet is cached from here on");
    let mut so_far = 0.0;
    for (mode, kind) in [(None, "ThrottlingException"), (Some(units(1, 0)), "ProvisionedThroughputExceededException")] {
        if let Some(mode) = mode {
            order(&lab, Some(mode), None);
        }
        order(&lab, Some(Wrong::Throttle), Some("PutItem"));
        let answer = post(&url(&lab, "/ride"), RIDE).await;
        assert_fast_503(&answer);
        let guilty = |span: &SpanView| span.guilty && is_put(span);
        let detail = observed(&lab, &answer, guilty).await;
        let put = detail.spans.iter().find(|span| guilty(span)).expect("the guilty span");
        assert!(put.throttle && put.detail.contains("2 retries"), "{put:?}");
        assert!(put.cause.as_ref().is_some_and(|cause| cause.contains(kind)), "{put:?}");
        let lines: Vec<&str> = detail.lines.iter().map(|line| line.text.as_str()).collect();
        assert!(lines.iter().any(|line| line.contains(kind)), "{kind} is in the log: {lines:#?}");
        so_far += 3.0;
        let put = of_rides(&lab, "PutItem");
        assert_eq!(sum(&lab, "AWS/DynamoDB", "ThrottledRequests", &put), Some(so_far), "three attempts a ride");
        assert_eq!(sum(&lab, "AWS/DynamoDB", "WriteThrottleEvents", &put[..1]), Some(so_far));
        assert_eq!(sum(&lab, "AWS/DynamoDB", "SystemErrors", &put), None);
        assert_eq!(sum(&lab, "AWS/DynamoDB", "UserErrors", &[]), None);
    }
    assert_eq!(rows(&lab).await.len(), 1);
    order(&lab, None, None);
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_starved_table_loses_no_ride_and_promises_none() {
    let lab = Variation::default().start().await;
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    order(&lab, Some(units(1, 5)), None);
    let rides = (0..24).map(|_| {
        let url = url(&lab, "/ride");
        tokio::spawn(async move { post(&url, RIDE).await })
    });
    let rides: Vec<_> = rides.collect();
    let mut stored = vec![];
    let mut refused = 0;
    for ride in rides {
        let answer = ride.await.expect("an answer");
        match answer.status.as_u16() {
            201 => stored.push(answer.json()["RideId"].as_str().expect("an id").to_owned()),
            503 => {
                assert!(answer.header("retry-after").is_some());
                refused += 1;
            }
            other => panic!("{other}: {}", answer.text),
        }
    }
    assert!(stored.len() >= 5, "the burst itself: {}", stored.len());
    assert!(refused > 0, "a unit a second is not enough for all");
    assert!(lab.lambda.at_rest(Duration::from_secs(30)).await, "nobody writes any more");
    let rows = rows(&lab).await;
    assert!(stored.iter().all(|id| rows.contains_key(id)), "a 201 is a row");
    // A 503 is no promise: an attempt may have stored the ride and been too slow to say so.
    let rest = rows.len() - stored.len() - 1;
    assert!(rest <= refused, "{rest} rows beyond the promised ones, for {refused} refused rides");
    let put = of_rides(&lab, "PutItem");
    let events = sum(&lab, "AWS/DynamoDB", "WriteThrottleEvents", &put[..1]).unwrap_or_default();
    assert!(events >= refused as f64, "{events} events for {refused} refused rides");
    assert_eq!(sum(&lab, "AWS/DynamoDB", "ThrottledRequests", &put), Some(events));
    let consumed = sum(&lab, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", &put[..1]).unwrap_or_default();
    let again = sum(&lab, "AWS/DynamoDB", "ConditionalCheckFailedRequests", &put[..1]).unwrap_or_default();
    assert_eq!(consumed, rows.len() as f64 + again, "a unit a write, and none for what was throttled");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_of_a_provisioned_stack_say_what_they_have() {
    let provisioned = Variation::default().parameter("TableBillingMode", "PROVISIONED");
    let lab = provisioned.parameter("WriteCapacityUnits", "7").start().await;
    assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    let table = &of_rides(&lab, "PutItem")[..1];
    let said = |name| sum(&lab, "AWS/DynamoDB", name, table);
    eventually("they are reported", || said("ProvisionedWriteCapacityUnits").is_some()).await;
    assert_eq!((said("ProvisionedReadCapacityUnits"), said("ProvisionedWriteCapacityUnits")), (Some(1.0), Some(7.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alarm_of_the_starved_table_rings_and_ends() {
    let lab = Variation::default().compress(60).start().await;
    let is = |name: &str, wanted: State| {
        let name = format!("wild-rydes-dev-{name}");
        lab.cloudwatch.snapshot().alarms.into_iter().any(|alarm| alarm.name == name && alarm.state == wanted)
    };
    // A lab looks at its alarms for the first time some seconds after its start, and three minutes are three seconds.
    let deadline = || Instant::now() + Duration::from_secs(60);
    let (writes, until) = ("rides-write-throttles", deadline());
    order(&lab, Some(Wrong::Throttle), Some("PutItem"));
    while !is(writes, State::Alarm) {
        assert!(Instant::now() < until, "it rings within a minute");
        assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 503);
    }
    for quiet in ["rides-read-throttles", "unicorns-read-throttles", "rides-system-errors", "lost-rides"] {
        assert!(!is(quiet, State::Alarm), "{quiet}");
    }
    order(&lab, None, None);
    let until = deadline();
    while !is(writes, State::Ok) {
        assert!(Instant::now() < until, "it ends within a minute");
        assert_eq!(post(&url(&lab, "/ride"), RIDE).await.status, 201);
    }
}
