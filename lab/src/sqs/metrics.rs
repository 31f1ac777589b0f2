//! What SQS tells CloudWatch of its queues.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>
//!
//! "All metrics emit non-negative values only when the queue is active", which it is "for up to six hours if it contains any
//! messages, or if any action accesses it", "every minute". What happens is told when it happens, and only then; once a minute
//! comes what there is. Of an active queue without messages that is `ApproximateNumberOfMessagesVisible` alone: the age, what is in
//! flight and what is delayed are reported "if" there is such a message. So an alarm sees them missing, not 0.

use std::time::Duration;

use jiff::Timestamp;

use super::engine::{Event, Millis, Told};
use super::{Sqs, millis};
use crate::instruments::{Instruments, Reading};

const NAMESPACE: &str = "AWS/SQS";

/// "CloudWatch considers a queue to be active for up to six hours."
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html>
const ACTIVE: Duration = Duration::from_secs(6 * 3600);

const MINUTE: i64 = 60;

/// Writes down what happened at this moment of the machine's clock.
pub(super) fn told(told: &[Told], at: Timestamp, instruments: &Instruments) {
    for Told { queue, what } in told {
        let readings = match *what {
            Event::Sent(bytes) => vec![
                Reading::count("NumberOfMessagesSent", 1.0),
                Reading { name: "SentMessageSize", unit: "Bytes", value: bytes as f64 },
            ],
            Event::Received(messages) => vec![Reading::count("NumberOfMessagesReceived", messages as f64)],
            Event::Empty => vec![Reading::count("NumberOfEmptyReceives", 1.0)],
            Event::Deleted => vec![Reading::count("NumberOfMessagesDeleted", 1.0)],
            // "If you send a message manually, it is captured [...]; messages sent to a dead-letter queue as a result of a
            // failed processing attempt are not."
            Event::Came => continue,
        };
        instruments.read(NAMESPACE, &readings, at, &[&[("QueueName", queue)]]);
    }
}

impl Sqs {
    /// Tells CloudWatch every minute of its clock how the queues stand.
    pub(super) async fn report(&self) {
        let Some(instruments) = &self.instruments else { return };
        loop {
            let clock = instruments.clock;
            let left = MINUTE - clock.now().as_second().rem_euclid(MINUTE);
            let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
            tokio::time::sleep(left / u32::from(clock.factor()).max(1)).await;
            self.report_now(Timestamp::now(), instruments);
        }
    }

    pub(super) fn report_now(&self, at: Timestamp, instruments: &Instruments) {
        let now = millis(at);
        let factor = u64::from(instruments.clock.factor());
        for name in self.queues.keys() {
            let state = self.with(|engine, _| {
                let depth = engine.depth(now, name)?;
                Ok::<_, super::SqsError>((depth, engine.oldest_age(now, name)?, engine.last_used(name)))
            });
            let Ok((depth, oldest, used)) = state else { continue };
            let idle = used.map(|used| Duration::from_millis(now.saturating_sub(used).saturating_mul(factor)));
            if depth.all() == 0 && idle.is_none_or(|idle| idle > ACTIVE) {
                continue;
            }
            // In CloudWatch's seconds, as the periods of the alarms that look at it are.
            let age = |oldest: Millis| (oldest.saturating_mul(factor) / 1000) as f64;
            let some = |name, messages: usize| (messages > 0).then(|| Reading::count(name, messages as f64));
            let oldest = oldest.map(|oldest| Reading {
                name: "ApproximateAgeOfOldestMessage",
                unit: "Seconds",
                value: age(oldest),
            });
            let readings: Vec<Reading> = [
                Some(Reading::count("ApproximateNumberOfMessagesVisible", depth.visible as f64)),
                oldest,
                some("ApproximateNumberOfMessagesNotVisible", depth.in_flight),
                some("ApproximateNumberOfMessagesDelayed", depth.delayed),
            ]
            .into_iter()
            .flatten()
            .collect();
            instruments.read(NAMESPACE, &readings, at, &[&[("QueueName", name)]]);
        }
    }
}
