//! The finance client against a socket that answers well and badly: what is sent, and what is made of the answer.

use crate::fake::{Fake, Reply, closed_port};
use crate::system::{Parameters, environment};
use crate::world::{job, placed};
use jiff::Timestamp;
use process_payment::{Finance, FinanceService, Settings, Verdict, judge};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::http::{Client, Signer};
use shared::request_id::RequestId;
use std::time::{Duration, Instant};

const LOCKED: &str = "sorry, the 'payments' table is locked";

fn context() -> RequestContext {
    RequestContext {
        request_id: RequestId::parse("invocation-1").expect("an id"),
        budget: Budget::lasting(Duration::from_secs(20)),
        trace: Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1".into()),
        traceparent: None,
    }
}

async fn verdict_at(url: String, auth: &'static str) -> Verdict {
    let environment = environment(&[("FINANCE_AUTH", auth)]);
    let settings = Settings::read(&environment).expect("a whole environment");
    let mut client = Client::new(settings.connect_timeout, Settings::ONE_ATTEMPT).expect("a TLS stack");
    if settings.finance_is_ours {
        client = client.signed_by(Signer::new(&environment).expect("whole"));
    }
    let finance = FinanceService::new(&settings, Parameters(Some(url)), client);
    let (context, payment) = (context(), placed(&job(1), Timestamp::UNIX_EPOCH));
    let url = finance.find(&context.budget).await.expect("an address");
    let answer = finance.charge(&url, &payment, &context, Duration::from_secs(2)).await;
    judge(answer, payment.rider.as_ref(), finance.is_ours(), Timestamp::now())
}

async fn verdict_of(reply: Reply) -> Verdict {
    let fake = Fake::start(move |_| reply.clone()).await;
    let verdict = verdict_at(fake.url("/finance/ProcessPayment"), "none").await;
    assert_eq!(fake.requests().len(), 1, "the queue tries again, nobody else");
    verdict
}

fn is_later(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Later { .. })
}

#[tokio::test]
async fn an_order_is_sent_once_under_the_key_of_its_ride() {
    let fake = Fake::start(|_| Reply::json(200, "{}")).await;
    assert_eq!(verdict_at(fake.url("/finance/ProcessPayment"), "none").await, Verdict::Charged);
    let requests = fake.requests();
    let [request] = requests.as_slice() else { panic!("one call: {requests:?}") };
    assert!(request.head.starts_with("POST /finance/ProcessPayment "), "{}", request.head);
    assert_eq!(request.header("idempotency-key"), Some(job(1).ride_id.to_string().as_str()));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("x-request-id"), Some("invocation-1"));
    let order = r#"{"product":"Unicorn ride","customer":"ada","date":"2026-11-20T21:16:20.000000+00:00"}"#;
    assert_eq!(request.body, order);
    // A stranger gets neither a signature nor a trace.
    assert_eq!((request.header("authorization"), request.header("x-amzn-trace-id")), (None, None));
}

#[tokio::test]
async fn finance_of_our_own_gets_a_signature_and_the_trace() {
    let fake = Fake::start(|_| Reply::json(200, "{}")).await;
    verdict_at(fake.url("/dev/finance/ProcessPayment"), "iam").await;
    let request = &fake.requests()[0];
    assert!(request.header("authorization").is_some_and(|value| value.starts_with("AWS4-HMAC-SHA256 ")));
    assert!(request.header("x-amzn-trace-id").is_some_and(|value| value.starts_with("Root=1-5759e988")));
}

#[tokio::test]
async fn refusals_are_final_with_their_whole_answer() {
    for status in [400, 401, 403, 404, 409, 410, 422] {
        let body = format!("no: {}", "x".repeat(5_000));
        let Verdict::Refused { reason, answer } = verdict_of(Reply::text(status, &body)).await else {
            panic!("{status} is final")
        };
        assert_eq!((answer, reason.contains(&status.to_string())), (body, true));
    }
}

#[tokio::test]
async fn failures_are_tried_again() {
    for status in [408, 425, 429, 500, 502, 503, 504] {
        assert!(is_later(&verdict_of(Reply::json(status, "{}")).await), "{status}");
    }
    for status in [200, 500] {
        assert!(is_later(&verdict_of(Reply::text(status, LOCKED)).await), "{status}");
    }
    let under_way = Reply::Later { status: 409, retry_after: "1".into(), body: String::new() };
    assert!(is_later(&verdict_of(under_way).await));
}

#[tokio::test]
async fn who_answers_in_finances_place_charges_nobody() {
    assert_eq!(verdict_of(Reply::text(200, "charged")).await, Verdict::Charged);
    let page = format!("<!DOCTYPE html><html>{}</html>", "x".repeat(70_000));
    for reply in
        [Reply::text(202, ""), Reply::json(202, "{}"), Reply::text(200, "<html></html>"), Reply::text(200, &page)]
    {
        assert!(is_later(&verdict_of(reply.clone()).await), "{reply:?}");
    }
}

#[tokio::test]
async fn broken_and_slow_answers_are_tried_again_and_never_taken_for_a_charge() {
    for reply in [Reply::Close, Reply::CloseMidBody, Reply::Garbage] {
        assert!(is_later(&verdict_of(reply.clone()).await), "{reply:?}");
    }
    let started = Instant::now();
    assert!(is_later(&verdict_of(Reply::Never).await));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let nobody = format!("http://127.0.0.1:{}/", closed_port().await);
    assert!(is_later(&verdict_at(nobody, "none").await));
}

#[tokio::test]
async fn finance_says_when_to_come_again_in_seconds_or_by_a_date() {
    let after = async |retry_after: String| {
        let reply = Reply::Later { status: 503, retry_after, body: String::new() };
        let Verdict::Later { after, .. } = verdict_of(reply).await else { panic!("a 503 is tried again") };
        after.map(|after| after.as_secs())
    };
    assert_eq!(after("120".into()).await, Some(120));
    let in_two_minutes = Timestamp::now() + jiff::SignedDuration::from_secs(120);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&in_two_minutes);
    let told = after(date.expect("a date")).await;
    assert!(told.is_some_and(|seconds| (110..=120).contains(&seconds)), "{told:?}");
    assert_eq!(after("soon".into()).await, None);
}

#[tokio::test]
async fn of_an_answer_without_an_end_the_status_counts() {
    let long = "x".repeat(70_000);
    assert_eq!(verdict_of(Reply::text(200, &long)).await, Verdict::Charged);
    let Verdict::Refused { answer, .. } = verdict_of(Reply::text(400, &long)).await else { panic!("a 400 is final") };
    assert_eq!(answer, long[..64 * 1024], "as much of it as is kept");
    let Verdict::Later { answer, .. } = verdict_of(Reply::text(500, &long)).await else { panic!("it is tried again") };
    assert_eq!(answer.as_deref(), Some(&long[..64 * 1024]));
}

#[tokio::test]
async fn an_answer_without_an_end_says_as_well_when_to_come_again() {
    for status in [503, 409] {
        let body = "x".repeat(70_000);
        let reply = Reply::Later { status, retry_after: "600".into(), body };
        let Verdict::Later { after, .. } = verdict_of(reply).await else { panic!("{status} is tried again") };
        assert_eq!(after, Some(Duration::from_secs(600)), "{status}");
    }
}
