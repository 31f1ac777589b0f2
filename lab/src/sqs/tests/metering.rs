//! What CloudWatch is told.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::clock::Clock;
use crate::template::{MetricName, Statistic};

struct Meter {
    sqs: Sqs,
    instruments: Instruments,
}

impl Meter {
    fn new(factor: u16) -> Self {
        let instruments = Instruments { clock: Clock::starting_now(factor), ..Instruments::default() };
        Self { sqs: Sqs { instruments: Some(instruments.clone()), ..sqs() }, instruments }
    }

    /// A statistic of everything that a queue has told of a metric.
    fn read(&self, queue: &str, metric: &str, of: Statistic) -> Option<f64> {
        let name = MetricName {
            namespace: "AWS/SQS".to_owned(),
            name: metric.to_owned(),
            dimensions: BTreeMap::from([("QueueName".to_owned(), queue.to_owned())]),
        };
        let now = self.instruments.clock.now();
        let (from, to) = (now - SignedDuration::from_hours(24), now + SignedDuration::from_hours(24 * 365));
        self.instruments.metrics.window(&name, of, None, from, to)
    }

    fn report(&self, after: Duration) {
        let at = Timestamp::now() + SignedDuration::try_from(after).expect("in range");
        self.sqs.report_now(at, &self.instruments);
    }
}

#[tokio::test]
async fn calls_count_when_they_happen() {
    let meter = Meter::new(1);
    for body in ["abc", "a"] {
        ok(&meter.sqs, "SendMessage", json!({"MessageBody": body})).await;
    }
    let received = ok(&meter.sqs, "ReceiveMessage", json!({"MaxNumberOfMessages": 10})).await;
    ok(&meter.sqs, "ReceiveMessage", json!({})).await;
    ok(&meter.sqs, "DeleteMessage", json!({"ReceiptHandle": received["Messages"][0]["ReceiptHandle"]})).await;
    for (metric, expected) in [
        ("NumberOfMessagesSent", 2.0),
        ("NumberOfMessagesReceived", 2.0),
        ("NumberOfEmptyReceives", 1.0),
        ("NumberOfMessagesDeleted", 1.0),
        ("SentMessageSize", 4.0),
    ] {
        assert_eq!(meter.read("q", metric, Statistic::Sum), Some(expected), "{metric}");
        assert_eq!(meter.read("dead", metric, Statistic::Sum), None, "{metric}");
    }
    assert_eq!(meter.read("q", "SentMessageSize", Statistic::Maximum), Some(3.0));
}

#[tokio::test]
async fn a_long_poll_without_a_message_is_one_empty_receive() {
    let meter = Meter::new(1);
    let polling = {
        let sqs = meter.sqs.clone();
        tokio::spawn(async move { ok(&sqs, "ReceiveMessage", json!({"WaitTimeSeconds": 1})).await })
    };
    // Each wakes the poll for nothing: the message is invisible at once.
    let delayed = json!({"MessageBody": "a", "DelaySeconds": 900});
    for _ in 0..3 {
        ok(&meter.sqs, "SendMessage", delayed.clone()).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(polling.await.expect("no panic"), json!({}));
    assert_eq!(meter.read("q", "NumberOfEmptyReceives", Statistic::Sum), Some(1.0));
}

#[tokio::test]
async fn once_a_minute_comes_what_there_is() {
    let meter = Meter::new(1);
    for body in ["a", "b"] {
        ok(&meter.sqs, "SendMessage", json!({"MessageBody": body})).await;
    }
    ok(&meter.sqs, "SendMessage", json!({"MessageBody": "c", "DelaySeconds": 900})).await;
    ok(&meter.sqs, "ReceiveMessage", json!({"VisibilityTimeout": 600})).await;
    meter.report(Duration::from_secs(120));
    for (metric, expected) in [
        ("ApproximateNumberOfMessagesVisible", 1.0),
        ("ApproximateNumberOfMessagesNotVisible", 1.0),
        ("ApproximateNumberOfMessagesDelayed", 1.0),
    ] {
        assert_eq!(meter.read("q", metric, Statistic::Maximum), Some(expected), "{metric}");
    }
    let age = meter.read("q", "ApproximateAgeOfOldestMessage", Statistic::Maximum).expect("an age");
    assert!((119.0..=180.0).contains(&age), "{age}");
}

#[tokio::test]
async fn what_there_is_not_is_not_reported_as_a_zero() {
    let meter = Meter::new(1);
    ok(&meter.sqs, "GetQueueAttributes", json!({"AttributeNames": ["All"]})).await;
    ok(&meter.sqs, "PurgeQueue", json!({})).await;
    meter.report(Duration::from_secs(60));
    assert_eq!(meter.read("q", "ApproximateNumberOfMessagesVisible", Statistic::Maximum), Some(0.0), "it is active");
    for metric in [
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "NumberOfMessagesSent",
        "NumberOfMessagesReceived",
        "NumberOfMessagesDeleted",
        "NumberOfEmptyReceives",
    ] {
        assert_eq!(meter.read("q", metric, Statistic::SampleCount), None, "{metric}");
    }
    // A message that was received three times is there, and has no age.
    ok(&meter.sqs, "SendMessage", json!({"MessageBody": "a", "QueueUrl": "http://h/123456789012/dead"})).await;
    let receive = json!({"VisibilityTimeout": 0, "QueueUrl": "http://h/123456789012/dead"});
    for _ in 0..3 {
        ok(&meter.sqs, "ReceiveMessage", receive.clone()).await;
    }
    meter.report(Duration::from_secs(60));
    assert_eq!(meter.read("dead", "ApproximateNumberOfMessagesVisible", Statistic::Maximum), Some(1.0));
    assert_eq!(meter.read("dead", "ApproximateAgeOfOldestMessage", Statistic::SampleCount), None);
}

#[tokio::test]
async fn the_age_is_in_cloudwatchs_own_seconds() {
    let meter = Meter::new(60);
    ok(&meter.sqs, "SendMessage", json!({"MessageBody": "a"})).await;
    meter.report(Duration::from_secs(5));
    let age = meter.read("q", "ApproximateAgeOfOldestMessage", Statistic::Maximum).expect("an age");
    assert!((299.0..=360.0).contains(&age), "{age}");
}

#[tokio::test]
async fn an_idle_queue_falls_silent_after_six_hours_unless_it_has_messages() {
    let visible = "ApproximateNumberOfMessagesVisible";
    let meter = Meter::new(1);
    meter.report(Duration::ZERO);
    assert_eq!(meter.read("q", visible, Statistic::SampleCount), None, "nobody ever used it");
    ok(&meter.sqs, "ReceiveMessage", json!({})).await;
    meter.report(Duration::from_secs(6 * 3600 - 60));
    assert_eq!(meter.read("q", visible, Statistic::SampleCount), Some(1.0));
    meter.report(Duration::from_secs(6 * 3600 + 60));
    assert_eq!(meter.read("q", visible, Statistic::SampleCount), Some(1.0));
    ok(&meter.sqs, "SendMessage", json!({"MessageBody": "a"})).await;
    meter.report(Duration::from_secs(12 * 3600));
    assert_eq!(meter.read("q", visible, Statistic::SampleCount), Some(2.0));
}
