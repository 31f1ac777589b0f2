//! Batches from the event to the tables, the queue and the log.

use crate::canary::{Log, SECRETS, assert_clean, emf};
use crate::fake::{Fake, Reply};
use crate::system::{again, caller, faults, faulty_system, only, queue, row, sample, system};
use crate::tables::{client, counts, engine};
use crate::world::job;
use process_payment::SERVICE;
use serde_json::{Value, json};
use shared::events::Caller;
use shared::payments::Status;
use shared::payments::counts::Counts;

#[tokio::test]
async fn a_batch_is_charged_counted_and_forgotten() {
    let (tables, queue) = (engine().await, queue().await);
    let finance = Fake::start(|_| Reply::json(200, "{}")).await;
    let log = Log::of(SERVICE);
    let system = system(&tables, &queue, Some(finance.url("/ProcessPayment")), &[]);
    assert_eq!(again(&system, &sample()).await, [""; 0]);
    for number in [1, 2] {
        let row = row(&tables, number).await.expect("a row");
        assert_eq!((row.status, row.attempts, row.request_id.as_deref()), (Status::Complete, 1, Some("invocation-1")));
    }
    assert_eq!(counts(&client(&tables)).await, Counts { placed: 2, complete: 2, failed: 0 });
    assert_eq!((finance.requests().len(), queue.requests().len()), (2, 0));
    let lines = log.take();
    let sum =
        |name: &str| -> i64 { emf::documents(&lines).iter().filter_map(|document| document[name].as_i64()).sum() };
    let told = ["PaymentsPlaced", "PaymentsProcessed", "PaymentAttempts", "PaymentAttemptsFailed"].map(sum);
    assert_eq!(told, [2, 2, 2, 0], "{lines}");
    // Delivered again, it is done already, and finance is not asked.
    assert_eq!(again(&system, &sample()).await, [""; 0]);
    assert_eq!(finance.requests().len(), 2);
}

#[tokio::test]
async fn a_refusal_steps_aside_with_its_reason_and_its_whole_answer() {
    let (tables, queue) = (engine().await, queue().await);
    let first = job(1).ride_id.to_string();
    let finance = Fake::judging(move |_, request| {
        let bad = request.header("idempotency-key") == Some(&first);
        if bad { Reply::json(400, "{\"error\":\"date is in the future, card 4111\"}") } else { Reply::json(200, "{}") }
    })
    .await;
    let log = Log::of(SERVICE);
    let system = system(&tables, &queue, Some(finance.url("/")), &[]);
    assert_eq!(again(&system, &sample()).await, [""; 0], "nobody waits for the other");
    let failed = row(&tables, 1).await.expect("a row");
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(failed.answer.as_deref(), Some("{\"error\":\"date is in the future, card 4111\"}"));
    assert_eq!(row(&tables, 2).await.expect("a row").status, Status::Complete);
    let lines = log.take();
    assert_eq!(lines.matches("\"payment failed\"").count(), 1, "{lines}");
    assert!(lines.contains("date is in the future, card ####") && !lines.contains("4111"), "{lines}");
    assert!(queue.requests().is_empty(), "no dead letter: it is in the table, and no retry helps");
}

#[tokio::test]
async fn a_failure_is_put_off_and_the_last_one_is_buried_first() {
    let (tables, queue) = (engine().await, queue().await);
    let finance = Fake::start(|number| Reply::Later {
        status: 503,
        retry_after: if number == 0 { "77".into() } else { "0".into() },
        body: String::new(),
    })
    .await;
    let system = system(&tables, &queue, Some(finance.url("/")), &[]);
    let event = only(&sample(), &job(1).to_json().expect("JSON"), 1);
    assert_eq!(again(&system, &event).await, ["059f36b4-87a3-44ab-83d2-661975830a7d"]);
    let waiting = row(&tables, 1).await.expect("a row");
    assert_eq!((waiting.status, waiting.attempts, waiting.holder), (Status::Queued, 1, None));
    assert_eq!(waiting.reason.as_deref(), Some("finance answered 503"));
    let asked: Value = serde_json::from_str(&queue.requests()[0].body).expect("JSON");
    assert_eq!(queue.requests()[0].header("x-amz-target"), Some("AmazonSQS.ChangeMessageVisibility"));
    assert_eq!(
        (&asked["VisibilityTimeout"], &asked["ReceiptHandle"]),
        (&json!(77), &event["Records"][0]["receiptHandle"])
    );

    assert_eq!(again(&system, &event).await, [""; 0], "two attempts are all");
    let failed = row(&tables, 1).await.expect("a row");
    let reason = "gave up after 2 attempts; finance answered 503";
    assert_eq!((failed.status, failed.attempts, failed.reason.as_deref()), (Status::Failed, 2, Some(reason)));
    let letter: Value = serde_json::from_str(&queue.requests()[1].body).expect("JSON");
    assert_eq!(letter["QueueUrl"], "http://127.0.0.1/1/payments-dead-letters");
    assert_eq!(letter["MessageBody"], job(1).to_json().expect("JSON"));
    assert_eq!(counts(&client(&tables)).await, Counts { placed: 1, complete: 0, failed: 1 });
}

#[tokio::test]
async fn without_an_address_nobody_is_asked_and_no_attempt_counts() {
    let (tables, queue) = (engine().await, queue().await);
    let system = system(&tables, &queue, None, &[]);
    assert_eq!(again(&system, &sample()).await.len(), 2);
    let waiting = row(&tables, 1).await.expect("a row");
    assert_eq!((waiting.status, waiting.attempts), (Status::Queued, 0));
}

#[tokio::test]
async fn a_message_that_is_no_job_goes_to_the_dead_letters() {
    let (tables, queue) = (engine().await, queue().await);
    let system = system(&tables, &queue, None, &[]);
    assert_eq!(again(&system, &only(&sample(), "hello", 1)).await, [""; 0]);
    let letter: Value = serde_json::from_str(&queue.requests()[0].body).expect("JSON");
    assert_eq!(letter["MessageBody"], "hello");
}

#[tokio::test]
async fn what_the_time_does_not_suffice_for_is_given_back_untouched() {
    let (tables, queue) = (engine().await, queue().await);
    let finance = Fake::start(|_| Reply::json(200, "{}")).await;
    let system = system(&tables, &queue, Some(finance.url("/")), &[]);
    let due = jiff::Timestamp::now().as_millisecond() + 3_000; // less than an attempt and the time to save it
    let caller = Caller { deadline_ms: u64::try_from(due).expect("after 1970"), ..caller() };
    let failures = system.handle(&sample(), &caller).await.expect("a batch");
    assert_eq!(failures.ids().count(), 2);
    assert!(finance.requests().is_empty() && row(&tables, 1).await.is_none());
    let requests = queue.requests();
    assert!(requests.iter().all(|request| request.body.contains("VisibilityTimeout")) && requests.len() == 2);
}

#[tokio::test]
async fn a_fault_on_purpose_meets_finance_and_is_counted() {
    let (tables, queue) = (engine().await, queue().await);
    let finance = Fake::start(|_| Reply::json(200, "{}")).await;
    let faults = faults(r#"{"dependency":{"enabled":true,"service":"finance","fault":"error","status_code":503}}"#);
    let system = faulty_system(&tables, &queue, Some(finance.url("/")), &[], faults);
    let log = Log::of(SERVICE);
    assert_eq!(again(&system, &sample()).await.len(), 2);
    assert!(finance.requests().is_empty());
    let waiting = row(&tables, 1).await.expect("a row");
    assert_eq!((waiting.status, waiting.reason.as_deref()), (Status::Queued, Some("finance answered 503")));
    let lines = log.take();
    let injected = emf::documents(&lines).iter().filter(|line| line["FaultsInjected"] == 1).count();
    assert_eq!(injected, 2, "{lines}");
}

#[tokio::test]
async fn a_failure_on_purpose_fails_the_batch_before_anything_is_done() {
    let (tables, queue) = (engine().await, queue().await);
    let faults = faults(r#"{"exception":{"enabled":true,"exception_msg":"on purpose"}}"#);
    let system = faulty_system(&tables, &queue, None, &[], faults);
    let failed = system.handle(&sample(), &caller()).await.expect_err("it is to fail");
    assert_eq!(failed.to_string(), "on purpose");
    assert!(row(&tables, 1).await.is_none() && queue.requests().is_empty());
}

#[tokio::test]
async fn an_event_that_is_no_batch_fails_as_a_whole() {
    let (tables, queue) = (engine().await, queue().await);
    let system = system(&tables, &queue, None, &[]);
    let log = Log::of(SERVICE);
    assert!(system.handle(&json!({"Records": 7}), &caller()).await.is_err());
    assert_eq!(log.take().matches("batch failed").count(), 1);
}

#[tokio::test]
async fn nothing_of_a_rider_or_of_an_answer_comes_out_in_the_log() {
    let (tables, queue) = (engine().await, queue().await);
    let log = Log::of(SERVICE);
    for (number, secret) in (1..).zip(SECRETS) {
        let mut job = job(number);
        job.rider = Some(shared::ride::Label::try_from(secret.to_owned()).expect("a label"));
        for status in [400, 200, 503] {
            let finance = Fake::judging(move |_, _| Reply::json(status, &json!({"message": secret}).to_string())).await;
            let system = system(&tables, &queue, Some(finance.url("/")), &[]);
            again(&system, &only(&sample(), &job.to_json().expect("JSON"), 1)).await;
            assert_clean(&log.take(), &format!("a {status} with {secret}"));
        }
        again(&system(&tables, &queue, None, &[]), &only(&sample(), secret, 1)).await;
        assert_clean(&log.take(), secret);
    }
}
