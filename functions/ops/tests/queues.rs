//! The client of the queues against a socket that answers as SQS does.

#[path = "../../../shared/tests/aws/mod.rs"]
mod aws;
#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use fake::{Fake, Reply};
use ops::Queues;
use ops::store::{Discards, Letter, Sends, Takes};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::payments::Job;
use std::time::Duration;

fn queues(fake: &Fake) -> Queues {
    let environment = aws::environment(&fake.url("/"), 2, 2_000);
    let client = shared::sqs::client(&environment).expect("a whole environment");
    Queues::new(client, fake.url("/1/payments"), fake.url("/1/dead"))
}

fn budget() -> Budget {
    Budget::lasting(Duration::from_secs(10))
}

const JOB: &str =
    r#"{"RideId":"019a9f3c-7a00-7000-8000-000000000001","RequestTime":"2026-11-20T21:16:20.000000Z","Redrive":1}"#;

#[tokio::test]
async fn a_job_goes_to_the_queue_and_letters_come_from_the_other() {
    let fake = Fake::judging(|_, request| match request.header("x-amz-target") {
        Some("AmazonSQS.SendMessage") => Reply::json(200, r#"{"MessageId":"m","MD5OfMessageBody":"0"}"#),
        Some("AmazonSQS.ReceiveMessage") => {
            let message = json!({"MessageId": "m", "Body": JOB, "ReceiptHandle": "r"});
            Reply::json(200, &json!({"Messages": [message, {"MessageId": "n"}]}).to_string())
        }
        _ => Reply::json(200, "{}"),
    });
    let fake = fake.await;
    let queues = queues(&fake);
    queues.send(&Job::parse(JOB).expect("a job"), &budget()).await.expect("sent");
    let letters = queues.take(50, &budget()).await.expect("taken");
    assert_eq!(letters, [Letter { body: JOB.into(), receipt: "r".into() }]);
    queues.discard(&letters[0], &budget()).await.expect("deleted");
    let bodies: Vec<Value> =
        fake.requests().iter().map(|request| serde_json::from_str(&request.body).expect("JSON")).collect();
    assert_eq!(bodies[0]["MessageBody"], JOB);
    assert!(bodies[0]["QueueUrl"].as_str().is_some_and(|url| url.ends_with("/1/payments")), "{}", bodies[0]);
    assert_eq!((&bodies[1]["MaxNumberOfMessages"], &bodies[1]["WaitTimeSeconds"]), (&json!(10), &json!(1)));
    assert_eq!(bodies[2]["ReceiptHandle"], "r");
    assert!(bodies[1..].iter().all(|body| body["QueueUrl"].as_str().is_some_and(|url| url.ends_with("/1/dead"))));
}

#[tokio::test]
async fn a_queue_that_does_not_answer_is_an_error() {
    for reply in [Reply::Close, Reply::json(500, "{}"), Reply::json(403, r#"{"__type":"AccessDenied"}"#)] {
        let fake = Fake::start(move |_| reply.clone()).await;
        let queues = queues(&fake);
        assert!(queues.send(&Job::parse(JOB).expect("a job"), &budget()).await.is_err());
        assert!(queues.take(1, &budget()).await.is_err());
    }
}
