//! Batches from the event to the tables, the queue and the log.

use crate::canary::{Log, SECRETS, assert_clean, emf};
use crate::fake::{Fake, Reply, closed_port};
use crate::payment_tables::{self, totals};
use crate::system::{PANIC, SLOW, again, caller, faults, faulty_system, only, queue, row, sample, system};
use crate::tables::client;
use crate::world::job;
use jiff::Timestamp;
use process_payment::{Means, SERVICE};
use serde_json::{Value, json};
use shared::events::Caller;
use shared::payments::Status;
use shared::payments::counts::Counts;

#[tokio::test]
async fn a_batch_is_charged_counted_and_forgotten() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let finance = Fake::start(|_| Reply::json(200, "{}")).await;
    let log = Log::of(SERVICE);
    let system = system(&tables, &queue, Some(finance.url("/ProcessPayment")), &[]);
    assert_eq!(again(&system, &sample()).await, [""; 0]);
    for number in [1, 2] {
        let row = row(&tables, number).await.expect("a row");
        assert_eq!((row.status, row.attempts, row.request_id.as_deref()), (Status::Complete, 1, Some("invocation-1")));
    }
    assert_eq!(totals(&client(&tables)).await, Counts { placed: 2, complete: 2, failed: 0 });
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
    let (tables, queue) = (payment_tables::start().await, queue().await);
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
    assert!(lines.contains("date is in the future, card ####") && !lines.contains("card 4111"), "{lines}");
    assert!(queue.requests().is_empty(), "no dead letter: it is in the table, and no retry helps");
}

#[tokio::test]
async fn a_failure_is_put_off_and_the_last_one_is_buried_first() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
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
    let pause = asked["VisibilityTimeout"].as_i64().expect("a number");
    assert!((77..=79).contains(&pause), "as finance asks, and two seconds at most on top: {asked}");
    assert_eq!(asked["ReceiptHandle"], event["Records"][0]["receiptHandle"]);

    // A duplicate comes at once. It waits, too, and uses up nothing.
    assert_eq!(again(&system, &event).await.len(), 1);
    let asked: Value = serde_json::from_str(&queue.requests()[1].body).expect("JSON");
    assert!(asked["VisibilityTimeout"].as_i64().is_some_and(|left| (70..=pause + 1).contains(&left)), "{asked}");
    assert_eq!((finance.requests().len(), row(&tables, 1).await.expect("a row").attempts), (1, 1));

    let system = system.with_means(in_hours(1));
    assert_eq!(again(&system, &event).await, [""; 0], "two attempts are all");
    let failed = row(&tables, 1).await.expect("a row");
    let reason = "gave up after 2 attempts; finance answered 503";
    assert_eq!((failed.status, failed.attempts, failed.reason.as_deref()), (Status::Failed, 2, Some(reason)));
    let letter: Value = serde_json::from_str(&queue.requests()[2].body).expect("JSON");
    assert_eq!(letter["QueueUrl"], "http://127.0.0.1/1/payments-dead-letters");
    assert_eq!(letter["MessageBody"], job(1).to_json().expect("JSON"));
    assert_eq!(totals(&client(&tables)).await, Counts { placed: 1, complete: 0, failed: 1 });
}

#[tokio::test]
async fn of_a_payment_that_was_given_up_the_row_has_the_whole_answer_and_the_log_none_of_it() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let log = Log::of(SERVICE);
    // Every kind of secret in one long answer, and beyond what is read of any.
    let body = json!({"message": SECRETS, "more": "x".repeat(70_000)}).to_string();
    let long = body.clone();
    let finance = Fake::start(move |_| Reply::json(500, &body)).await;
    let system = system(&tables, &queue, Some(finance.url("/")), &[("PAYMENT_ATTEMPTS", "1")]);
    let event = only(&sample(), &job(1).to_json().expect("JSON"), 1);
    assert_eq!(again(&system, &event).await, [""; 0]);
    let failed = row(&tables, 1).await.expect("a row");
    assert_eq!((failed.status, failed.buried_at.is_some()), (Status::Failed, true));
    assert!(failed.reason.is_some_and(|reason| reason.starts_with("gave up after 1 attempts; finance answered 500")));
    assert_eq!(failed.answer.as_deref(), Some(&long[..64 * 1024]), "as much as is read");
    let lines = log.take();
    assert!(lines.contains("payment failed"), "{lines}");
    assert_clean(&lines, "a payment that was given up");

    // Of one whom nobody answered there is none.
    let nobody = format!("http://127.0.0.1:{}/", closed_port().await);
    let system = crate::system::system(&tables, &queue, Some(nobody), &[("PAYMENT_ATTEMPTS", "1")]);
    assert_eq!(again(&system, &only(&sample(), &job(2).to_json().expect("JSON"), 1)).await, [""; 0]);
    let failed = row(&tables, 2).await.expect("a row");
    assert_eq!((failed.status, failed.answer), (Status::Failed, None));
}

#[tokio::test]
async fn a_dead_letter_that_sqs_itself_moves_into_the_queue_goes_back_to_the_dead_letters() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let finance = Fake::start(|_| Reply::json(500, "{}")).await;
    let system = system(&tables, &queue, Some(finance.url("/")), &[("PAYMENT_ATTEMPTS", "1")]);
    let body = job(1).to_json().expect("JSON");
    assert_eq!(again(&system, &only(&sample(), &body, 1)).await, [""; 0]);
    assert_eq!(again(&system, &only(&sample(), &body, 2)).await, [""; 0], "the same message, delivered again");
    assert_eq!(queue.requests().len(), 1, "one letter");

    // "All redriven messages are considered new messages with a new messageID and enqueueTime."
    let mut moved = only(&sample(), &body, 1);
    let later = Timestamp::now().as_millisecond() + 1_000;
    moved["Records"][0]["attributes"]["SentTimestamp"] = later.to_string().into();
    assert_eq!(again(&system, &moved).await, [""; 0]);
    let requests = queue.requests();
    let letter: Value = serde_json::from_str(&requests.last().expect("a letter").body).expect("JSON");
    assert_eq!((requests.len(), &letter["MessageBody"]), (2, &json!(body)));
    assert_eq!(letter["QueueUrl"], "http://127.0.0.1/1/payments-dead-letters");
    assert_eq!((finance.requests().len(), row(&tables, 1).await.expect("a row").status), (1, Status::Failed));
}

#[tokio::test]
async fn without_an_address_nobody_is_asked_and_no_attempt_counts() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let system = system(&tables, &queue, None, &[]);
    assert_eq!(again(&system, &sample()).await.len(), 2);
    let waiting = row(&tables, 1).await.expect("a row");
    assert_eq!((waiting.status, waiting.attempts), (Status::Queued, 0));
}

#[tokio::test]
async fn a_message_that_is_no_job_goes_to_the_dead_letters() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let system = system(&tables, &queue, None, &[]);
    assert_eq!(again(&system, &only(&sample(), "hello", 1)).await, [""; 0]);
    let letter: Value = serde_json::from_str(&queue.requests()[0].body).expect("JSON");
    assert_eq!(letter["MessageBody"], "hello");
}

#[tokio::test]
async fn what_the_time_does_not_suffice_for_is_given_back_untouched() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
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
    let (tables, queue) = (payment_tables::start().await, queue().await);
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
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let faults = faults(r#"{"exception":{"enabled":true,"exception_msg":"on purpose"}}"#);
    let system = faulty_system(&tables, &queue, None, &[], faults);
    let failed = system.handle(&sample(), &caller()).await.expect_err("it is to fail");
    assert_eq!(failed.to_string(), "on purpose");
    assert!(row(&tables, 1).await.is_none() && queue.requests().is_empty());
}

#[tokio::test]
async fn an_event_that_is_no_batch_fails_as_a_whole() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let system = system(&tables, &queue, None, &[]);
    let log = Log::of(SERVICE);
    assert!(system.handle(&json!({"Records": 7}), &caller()).await.is_err());
    assert_eq!(log.take().matches("batch failed").count(), 1);
}

#[tokio::test]
async fn nothing_of_a_rider_or_of_an_answer_comes_out_in_the_log() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
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
    // What has a break in it where a word could be taken to end, and the rider's own name in somebody else's mouth.
    let answers = [
        ("bad key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ["wJalr", "MDENG", "bPxRfi"]),
        ("mail=canary%40leak.example", ["canary", "leak", "example"]),
        ("no such customer: Zebedee Quirk", ["Zebedee", "Quirk", "zebedee"]),
    ];
    for (number, (answer, pieces)) in (100..).zip(answers) {
        let mut job = job(number);
        job.rider = Some(shared::ride::Label::try_from("Zebedee Quirk".to_owned()).expect("a label"));
        for (hours, status) in [(0, 503), (1, 400)] {
            let finance = Fake::judging(move |_, _| Reply::json(status, &json!({"message": answer}).to_string())).await;
            let system = system(&tables, &queue, Some(finance.url("/")), &[]).with_means(in_hours(hours));
            again(&system, &only(&sample(), &job.to_json().expect("JSON"), 1)).await;
            let lines = log.take();
            assert!(lines.contains(&format!("finance answered {status}")), "{lines}");
            assert!(!pieces.iter().any(|piece| lines.contains(piece)), "{answer}: {lines}");
        }
    }
}

/// So much later, when no payment waits for its time any more.
fn in_hours(hours: i64) -> Means {
    let now = move || Timestamp::now() + jiff::SignedDuration::from_hours(hours);
    Means { now: Box::new(now), ..Means::default() }
}

#[tokio::test]
async fn what_nobody_can_work_at_is_counted_where_the_alarm_sees_it() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let log = Log::of(SERVICE);
    let told = |lines: &str| {
        ["PaymentAttempts", "PaymentAttemptsFailed", "PaymentsHeld"]
            .map(|name| -> i64 { emf::documents(lines).iter().filter_map(|document| document[name].as_i64()).sum() })
    };
    // Nobody knows where finance is.
    assert_eq!(again(&system(&tables, &queue, None, &[]), &sample()).await.len(), 2);
    assert_eq!(told(&log.take()), [0, 0, 2]);
    // No row can be read.
    let denied = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}"#;
    let closed = Fake::start(move |_| Reply::json(400, denied)).await;
    let finance = Fake::start(|_| Reply::json(200, "{}")).await;
    let lost = system(&closed.url(""), &queue, Some(finance.url("/")), &[]);
    assert_eq!(again(&lost, &sample()).await.len(), 2);
    assert_eq!(told(&log.take()), [0, 0, 2]);
    // All is charged and nothing can be written down.
    let counts = client(&tables).delete_table().table_name("payment-counts").send().await;
    counts.expect("an engine");
    let unwritable = system(&tables, &queue, Some(finance.url("/")), &[]);
    assert_eq!(again(&unwritable, &sample()).await.len(), 2);
    let [attempts, failed, held] = told(&log.take());
    assert_eq!((attempts, failed), (2, 2), "each was asked for and helped nobody");
    assert!(10 * (failed + held) >= 9 * (attempts + held));
}

#[tokio::test]
async fn who_asks_to_be_left_alone_is_left_alone_by_everybody_and_who_asks_one_payment_to_wait_is_not() {
    let pause_of_the_next = async |status: u16| {
        let (tables, queue) = (payment_tables::start().await, queue().await);
        let finance = Fake::start(move |_| Reply::Later { status, retry_after: "600".into(), body: String::new() });
        let finance = finance.await;
        let system = system(&tables, &queue, Some(finance.url("/")), &[("BREAKER_FAILURES", "1")]);
        for number in [1, 2] {
            let event = only(&sample(), &job(number).to_json().expect("JSON"), 1);
            assert_eq!(again(&system, &event).await.len(), 1);
        }
        assert_eq!(finance.requests().len(), 1, "the second finds the breaker open");
        let asked: Value = serde_json::from_str(&queue.requests()[1].body).expect("JSON");
        asked["VisibilityTimeout"].as_i64().expect("a number")
    };
    assert!((570..=603).contains(&pause_of_the_next(503).await));
    assert!(pause_of_the_next(409).await <= 18);
}

#[tokio::test]
async fn whatever_puts_a_payment_off_its_line_names_the_ride_and_the_reason() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let reply = |_| Reply::Later { status: 503, retry_after: "60".into(), body: "busy".into() };
    let finance = Fake::start(reply).await;
    let denied = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","message":"no"}"#;
    let closed = Fake::start(move |_| Reply::json(400, denied)).await;
    let event = only(&sample(), &job(1).to_json().expect("JSON"), 1);
    let soon = jiff::Timestamp::now().as_millisecond() + 4_000;
    let late = Caller { deadline_ms: u64::try_from(soon).expect("after 1970"), ..caller() };
    for (tables, address, caller, level, reason) in [
        (&tables, None, late, "INFO", "no time is left"),
        (&tables, None, caller(), "WARN", "finance cannot be found"),
        (&closed.url(""), None, caller(), "WARN", "the payments table failed"),
        (&tables, Some(PANIC.to_owned()), caller(), "ERROR", "processing it panicked"),
        (&tables, Some(finance.url("/")), caller(), "INFO", "finance answered 503: busy"),
        (&tables, Some(finance.url("/")), caller(), "INFO", "its time has not come"),
    ] {
        let log = Log::of(SERVICE);
        let system = system(tables, &queue, address, &[]);
        assert_eq!(system.handle(&event, &caller).await.expect("a batch").ids().count(), 1, "{reason}");
        let lines = log.take();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let lines: Vec<Value> =
            lines.filter(|line| line["message"].as_str().is_some_and(|it| it.starts_with("payment put off"))).collect();
        let [line] = lines.as_slice() else { panic!("{reason}: one line of {lines:?}") };
        assert_eq!((&line["ride_id"], &line["reason"]), (&json!(job(1).ride_id.to_string()), &json!(reason)));
        assert_eq!(line["level"], level, "{reason}");
    }
}

#[tokio::test]
async fn a_job_whose_row_nobody_can_read_goes_to_the_dead_letters() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let mut item = crate::world::placed(&job(1), Timestamp::now()).to_item();
    item.insert("Status".into(), aws_sdk_dynamodb::types::AttributeValue::S("Lost".into()));
    let put = client(&tables).put_item().table_name("payments").set_item(Some(item)).send().await;
    put.expect("an engine");
    let finance = Fake::start(|_| Reply::json(200, "{}")).await;
    let system = system(&tables, &queue, Some(finance.url("/")), &[]);
    let body = job(1).to_json().expect("JSON");
    assert_eq!(again(&system, &only(&sample(), &body, 1)).await, [""; 0], "it would come a thousand times");
    let letter: Value = serde_json::from_str(&queue.requests()[0].body).expect("JSON");
    assert_eq!((&letter["MessageBody"], finance.requests().len()), (&json!(body), 0));
}

#[tokio::test]
async fn what_took_long_on_its_way_to_finance_is_not_begun() {
    let (tables, queue) = (payment_tables::start().await, queue().await);
    let finance = Fake::start(|_| Reply::json(200, "{}")).await;
    let slow = Some(format!("{SLOW}{}", finance.url("/")));
    let system = system(&tables, &queue, slow, &[("SSM_TIMEOUT_MS", "5000")]);
    let event = only(&sample(), &job(1).to_json().expect("JSON"), 1);
    // Half a second is kept back; then there is time for an attempt of half a second and five to save it, but not if three seconds go
    // by in between.
    let due = Timestamp::now().as_millisecond() + 8_000;
    let caller = Caller { deadline_ms: u64::try_from(due).expect("after 1970"), ..caller() };
    let failures = system.handle(&event, &caller).await.expect("a batch");
    assert_eq!((failures.ids().count(), finance.requests().len()), (1, 0));
    let waiting = row(&tables, 1).await.expect("its way had begun");
    assert_eq!((waiting.status, waiting.attempts), (Status::Queued, 0));
}
