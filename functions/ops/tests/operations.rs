//! From the event to the answer, over a DynamoDB engine in memory and queues in memory.

#[path = "../../../shared/tests/payment_tables/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod payment_tables;

use http::{HeaderMap, Response, header};
use jiff::{SignedDuration, Timestamp};
use lambda_http::tower::Service;
use lambda_http::{Context, Request, RequestExt};
use ops::store::{Alarm, Discards, Letter, Rings, Sends, StoreError, Takes, Watches};
use ops::{Ops, PaymentTables, SERVICE, routes};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::payments::{Change, Changed, Job, Payment, Tables, apply};
use shared::ride::{RequestTime, RideId};
use shared::service::{Settings, service};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PAGE: &str = include_str!("../../../events/ops-get.json");
const ASSET: &str = include_str!("../../../events/ops-asset-get.json");
const PAYMENTS: &str = include_str!("../../../events/payments-get.json");
const COUNT: &str = include_str!("../../../events/count-get.json");
const REDRIVE: &str = include_str!("../../../events/payment-redrive-post.json");
const REDRIVE_ALL: &str = include_str!("../../../events/payments-redrive-post.json");

/// The queue and the dead letters.
#[derive(Debug, Clone, Default)]
struct Queues(Arc<Mutex<(Vec<Job>, Vec<Letter>)>>);

impl Sends for Queues {
    async fn send(&self, job: &Job, _: &Budget) -> Result<(), StoreError> {
        self.0.lock().expect("no poison").0.push(job.clone());
        Ok(())
    }
}

impl Takes for Queues {
    async fn take(&self, most: usize, _: &Budget) -> Result<Vec<Letter>, StoreError> {
        Ok(self.0.lock().expect("no poison").1.iter().take(most).cloned().collect())
    }
}

impl Discards for Queues {
    async fn discard(&self, letter: &Letter, _: &Budget) -> Result<(), StoreError> {
        self.0.lock().expect("no poison").1.retain(|known| known != letter);
        Ok(())
    }
}

struct NoFaults;

impl Watches for NoFaults {
    async fn faults(&self, _: &Budget) -> Option<Vec<&'static str>> {
        Some(Vec::new())
    }
}

impl Rings for NoFaults {
    async fn ringing(&self, _: &RequestContext) -> Option<Vec<Alarm>> {
        Some(Vec::new())
    }
}

struct World {
    client: aws_sdk_dynamodb::Client,
    tables: Tables,
    queues: Queues,
}

impl World {
    async fn new() -> Self {
        let client = payment_tables::engine::client(&payment_tables::start().await);
        let tables = payment_tables::names();
        Self { client, tables, queues: Queues::default() }
    }

    async fn apply(&self, change: Change) {
        let changed = apply(&self.client, &self.tables, &change, &budget()).await;
        assert_eq!(changed.expect("the engine answers"), Changed::Done);
    }

    /// A payment that was placed so many minutes ago, and its job.
    async fn place(&self, minutes_ago: i64) -> Job {
        let now = Timestamp::now();
        let at = now - SignedDuration::from_mins(minutes_ago);
        let job = Job { ride_id: RideId::new(at), request_time: at.into(), rider: None, redrive: None };
        self.apply(Change::Place(Box::new(Payment::placed(&job, now)))).await;
        job
    }

    async fn complete(&self, job: &Job) {
        self.apply(Change::Complete { ride: job.ride_id, now: Timestamp::now() }).await;
    }

    /// Somebody holds it, and it fails.
    async fn fail(&self, job: &Job) {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let hold =
            self.client.update_item().table_name(&self.tables.payments).key("RideId", S(job.ride_id.to_string()));
        let hold = hold.update_expression("SET #s = :s, #h = :h");
        let hold = hold.expression_attribute_names("#s", "Status").expression_attribute_names("#h", "Holder");
        let hold = hold.expression_attribute_values(":s", S("Processing".into()));
        hold.expression_attribute_values(":h", S("me".into())).send().await.expect("a row");
        let (reason, answer) = ("finance answered 400".into(), Some("<b>no</b>".into()));
        self.apply(Change::Fail { ride: job.ride_id, now: Timestamp::now(), holder: "me".into(), reason, answer })
            .await;
    }

    async fn answer(&self, event: &Value) -> (u16, HeaderMap, String) {
        let settings = Settings {
            service: SERVICE,
            stage: "dev".into(),
            timeout: Duration::from_secs(20),
            tracer: Default::default(),
        };
        let request: Request = lambda_http::request::from_str(&event.to_string()).expect("an event");
        let request = request.with_lambda_context(Context::default());
        let tables = PaymentTables::new(self.client.clone(), self.tables.clone());
        let handler = Ops::new("dev".into(), tables, self.queues.clone(), NoFaults);
        let Ok(response) = service(settings, routes(), handler).call(request).await;
        let (parts, body) = Response::into_parts(response);
        (parts.status.as_u16(), parts.headers, body)
    }

    async fn json(&self, event: &Value) -> (u16, Value) {
        let (status, _, body) = self.answer(event).await;
        (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("no JSON: {body}")))
    }

    async fn count(&self) -> Value {
        let (status, mut count) = self.json(&event(COUNT)).await;
        assert!(status == 200 && count["asOf"].is_string(), "{count}");
        count.as_object_mut().expect("an object").remove("asOf");
        count
    }

    async fn list(&self, query: &[(&str, &str)]) -> (u16, Value) {
        let mut event = event(PAYMENTS);
        event["queryStringParameters"] = query.iter().map(|(name, value)| (*name, *value)).collect::<Value>();
        event["multiValueQueryStringParameters"] = query.iter().map(|(name, value)| (*name, json!([value]))).collect();
        self.json(&event).await
    }
}

fn budget() -> Budget {
    Budget::lasting(Duration::from_secs(20))
}

fn event(sample: &str) -> Value {
    serde_json::from_str(sample).expect("JSON")
}

fn header(event: &mut Value, name: &str, value: &str) {
    event["headers"][name] = value.into();
    event["multiValueHeaders"][name] = json!([value]);
}

fn redrive(ride: &str) -> Value {
    let mut event = event(REDRIVE);
    (event["path"], event["pathParameters"]) = (format!("/payments/{ride}/redrive").into(), json!({"RideId": ride}));
    event
}

#[tokio::test]
async fn counts_are_exact_and_what_is_dated_in_the_future_was_not_just_placed() {
    let world = World::new().await;
    let (old, new) = (world.place(30).await, world.place(0).await);
    world.place(-600_000).await; // more than a year ahead
    world.complete(&old).await;
    world.fail(&new).await;
    world.place(1).await;
    let expected = json!({"inQueue": 2, "placedLast10Minutes": 2, "processedLast10Minutes": 1,
                          "placed": 4, "complete": 1, "failed": 1});
    assert_eq!(world.count().await, expected);
}

#[tokio::test]
async fn payments_are_listed_by_status_oldest_first_page_by_page() {
    let world = World::new().await;
    let mut waiting = Vec::new();
    for minutes in [9, 3, 7, 1, 5] {
        waiting.push((minutes, world.place(minutes).await.ride_id.to_string()));
    }
    let failed = world.place(2).await;
    world.fail(&failed).await;
    waiting.sort_by_key(|(minutes, _)| -minutes);
    let (mut seen, mut cursor): (Vec<String>, Option<String>) = (Vec::new(), None);
    loop {
        let mut query = vec![("status", "Queued"), ("limit", "2")];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let (status, page) = world.list(&query).await;
        let payments = page["payments"].as_array().expect("payments");
        assert!(status == 200 && payments.len() <= 2, "{page}");
        seen.extend(payments.iter().map(|payment| payment["RideId"].as_str().expect("an id").to_owned()));
        match page["cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen, waiting.into_iter().map(|(_, ride)| ride).collect::<Vec<_>>());
    let (_, all) = world.list(&[]).await;
    assert_eq!(all["payments"].as_array().map(Vec::len), Some(6));
    let first = &all["payments"][0];
    assert_eq!(
        (&first["Status"], &first["Reason"], &first["Answer"]),
        (&json!("Failed"), &json!("finance answered 400"), &json!("<b>no</b>"))
    );
}

#[tokio::test]
async fn a_wrong_query_is_a_422_that_names_the_field() {
    let world = World::new().await;
    for (name, value) in [("limit", "0"), ("limit", "101"), ("limit", "x"), ("status", "Lost"), ("cursor", "x")] {
        let (status, problem) = world.list(&[(name, value)]).await;
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(format!("/{name}"))), "{name}={value}");
    }
}

#[tokio::test]
async fn a_failed_payment_is_redriven_once_and_the_counts_with_it() {
    let world = World::new().await;
    let job = world.place(1).await;
    let ride = job.ride_id.to_string();
    world.fail(&job).await;
    assert_eq!(world.count().await["failed"], 1);
    assert_eq!(world.json(&redrive(&ride)).await, (202, json!({"status": "Queued"})));
    assert_eq!(world.json(&redrive(&ride)).await.0, 202, "its message may be gone already");
    let count = world.count().await;
    assert_eq!((&count["failed"], &count["inQueue"]), (&json!(0), &json!(1)));
    let sent = world.queues.0.lock().expect("no poison").0.clone();
    let again = Job { redrive: Some(1), ..job.clone() };
    assert_eq!(sent, [again.clone(), again], "the same redrive twice");
    world.complete(&job).await;
    let (status, problem) = world.json(&redrive(&ride)).await;
    assert_eq!(status, 409, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Complete")), "{problem}");
    for unknown in ["019a9f3c-7a00-7000-8000-0000000000ff", "x"] {
        assert_eq!(world.json(&redrive(unknown)).await.0, 404, "{unknown}");
    }
}

#[tokio::test]
async fn a_payment_that_waits_for_a_message_that_is_gone_gets_another_unless_its_time_is_to_come() {
    use aws_sdk_dynamodb::types::AttributeValue::S;
    let world = World::new().await;
    let job = world.place(1).await;
    let ride = job.ride_id.to_string();
    let put_off = async |seconds: i64| {
        let until = RequestTime::from(Timestamp::now() + SignedDuration::from_secs(seconds)).to_string();
        let row = world.client.update_item().table_name(&world.tables.payments).key("RideId", S(ride.clone()));
        let row = row.update_expression("SET NotBefore = :n").expression_attribute_values(":n", S(until));
        row.send().await.expect("a row");
    };
    put_off(600).await;
    let (status, problem) = world.json(&redrive(&ride)).await;
    assert_eq!(status, 409, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("half an hour")), "{problem}");
    put_off(-1).await;
    assert_eq!(world.json(&redrive(&ride)).await, (202, json!({"status": "Queued"})));
    let sent = world.queues.0.lock().expect("no poison").0.clone();
    assert_eq!(sent, [job], "the job as it was");
    assert_eq!(world.count().await["inQueue"], 1, "and nothing is counted again");
}

#[tokio::test]
async fn dead_letters_are_redriven_up_to_a_limit() {
    let world = World::new().await;
    for _ in 0..5 {
        let job = world.place(1).await;
        world.fail(&job).await;
        let body = job.to_json().expect("JSON");
        world.queues.0.lock().expect("no poison").1.push(Letter { receipt: body.clone(), body });
    }
    let order = |body: &str| {
        let mut event = event(REDRIVE_ALL);
        event["body"] = body.into();
        event
    };
    let (status, told) = world.json(&order(r#"{"limit":2}"#)).await;
    assert_eq!((status, told), (202, json!({"moved": 2, "stale": 0, "left": 0, "ended": "limit"})));
    let (_, told) = world.json(&order(r#"{"limit":1000}"#)).await;
    assert_eq!(told, json!({"moved": 3, "stale": 0, "left": 0, "ended": "empty"}));
    assert_eq!(world.count().await["failed"], 0);
    for wrong in [r#"{"limit":0}"#, r#"{"limit":1001}"#, r#"{"limit":1.5}"#, r#"{}"#, r#"{"limit":1,"x":1}"#] {
        assert_eq!(world.json(&order(wrong)).await.0, 422, "{wrong}");
    }
}

#[tokio::test]
async fn a_form_of_the_page_leads_back_to_it_and_one_of_another_page_to_nothing() {
    let world = World::new().await;
    let job = world.place(1).await;
    world.fail(&job).await;
    let mut form = redrive(&job.ride_id.to_string());
    header(&mut form, "Content-Type", "application/x-www-form-urlencoded");
    form["body"] = "from=page".into();
    let mut strange = form.clone();
    header(&mut strange, "Sec-Fetch-Site", "cross-site");
    assert_eq!(world.answer(&strange).await.0, 403);
    assert!(world.queues.0.lock().expect("no poison").0.is_empty());
    header(&mut form, "Sec-Fetch-Site", "same-origin");
    let (status, headers, _) = world.answer(&form).await;
    assert_eq!((status, &headers[header::LOCATION]), (303, &"../../ops?told=queued".parse().expect("ascii")));
    world.complete(&job).await;
    let (_, headers, _) = world.answer(&form).await;
    assert_eq!(headers[header::LOCATION], "../../ops?told=complete");
    let mut all = event(REDRIVE_ALL);
    header(&mut all, "Content-Type", "application/x-www-form-urlencoded");
    all["body"] = "limit=5".into();
    assert_eq!(world.answer(&all).await.1[header::LOCATION], "../ops?told=0.0.0.empty");
    for wrong in ["limit=0", "limit=1001", "limit=", "x=1"] {
        all["body"] = wrong.into();
        assert_eq!(world.answer(&all).await.1[header::LOCATION], "../ops?told=limit", "{wrong}");
    }
}

#[tokio::test]
async fn the_page_shows_what_is_in_the_tables_and_keeps_to_itself() {
    let world = World::new().await;
    let job = world.place(1).await;
    world.fail(&job).await;
    let (status, headers, html) = world.answer(&event(PAGE)).await;
    assert_eq!((status, &headers[header::CONTENT_TYPE]), (200, &"text/html; charset=utf-8".parse().expect("ascii")));
    assert!(html.contains(&format!("ride-{}", job.ride_id)) && html.contains("&#60;b&#62;no&#60;/b&#62;"), "{html}");
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().expect("text");
    for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"] {
        assert!(policy.contains(part) && !policy.contains("unsafe"), "{policy}");
    }
    assert_eq!(
        (&headers["x-content-type-options"], &headers["x-frame-options"]),
        (&"nosniff".parse().expect("ascii"), &"DENY".parse().expect("ascii"))
    );
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    for (asset, expected) in [("ops.css", 200), ("ops.js", 200), ("payment-failed.md", 200), ("secret", 404)] {
        let mut event = event(ASSET);
        (event["path"], event["pathParameters"]) = (format!("/ops/assets/{asset}").into(), json!({"asset": asset}));
        assert_eq!(world.answer(&event).await.0, expected, "{asset}");
    }
}

#[tokio::test]
async fn without_its_tables_the_page_is_a_503() {
    let world = World::new().await;
    world.client.delete_table().table_name(&world.tables.counts).send().await.expect("a table");
    let (status, problem) = world.json(&event(PAGE)).await;
    assert_eq!(
        (status, problem["detail"].as_str()),
        (503, Some("The payments cannot be read or changed at the moment."))
    );
    assert_eq!(world.json(&event(COUNT)).await.0, 503);
}

/// The same work however many payments there are: what is shown comes by index and from counters.
#[tokio::test]
async fn a_page_of_many_payments_shows_a_hundred_and_counts_the_rest() {
    let world = World::new().await;
    let jobs = futures_util::future::join_all((0..130).map(|minutes| world.place(minutes % 9))).await;
    for job in &jobs[..3] {
        world.fail(job).await;
    }
    let (_, _, html) = world.answer(&event(PAGE)).await;
    let shown: BTreeSet<&str> =
        html.split("<tr class=\"").skip(1).filter_map(|row| row.split("id=\"").nth(1)).collect();
    assert_eq!(shown.len(), 100);
    assert_eq!(html.matches("<tr class=\"failed\"").count(), 3);
    assert!(html.contains("Plus 30 more"), "the rest is counted");
}
