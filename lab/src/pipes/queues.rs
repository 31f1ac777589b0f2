//! The lab's SQS as a target.

use std::collections::BTreeSet;

use super::target::{Delivered, Target};
use crate::sqs::{Code, Sqs, SqsError};

impl Target for Sqs {
    /// The lab keeps messages in memory.
    fn survives(&self) -> bool {
        false
    }

    async fn deliver(&self, queue_arn: &str, bodies: &[String]) -> Delivered {
        match self.send_from_service(queue_arn, bodies.to_vec()).await {
            Ok(_) => Delivered::All,
            // Of a batch, entries fail each for itself.
            // <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>
            Err(error) if is_of_one_message(&error) && bodies.len() > 1 => one_by_one(self, queue_arn, bodies).await,
            Err(error) => failed(&error),
        }
    }
}

async fn one_by_one(sqs: &Sqs, queue_arn: &str, bodies: &[String]) -> Delivered {
    let mut missing = BTreeSet::new();
    for (place, body) in bodies.iter().enumerate() {
        if sqs.send_from_service(queue_arn, vec![body.clone()]).await.is_err() {
            missing.insert(place);
        }
    }
    Delivered::AllBut(missing)
}

fn is_of_one_message(error: &SqsError) -> bool {
    matches!(error.code, Code::InvalidMessageContents | Code::InvalidParameterValue | Code::MissingParameter)
}

fn failed(error: &SqsError) -> Delivered {
    match error.code {
        Code::InternalFailure | Code::RequestThrottled | Code::ServiceUnavailable => {
            Delivered::Unavailable(error.to_string())
        }
        _ => Delivered::Refused(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Guard;
    use crate::template::{Queue, RedriveAllow};
    use std::time::Duration;

    fn sqs() -> Sqs {
        let queue = Queue {
            logical_id: "Payments".into(),
            name: "payments".into(),
            arn: "arn:aws:sqs:eu-west-1:123456789012:payments".into(),
            url: "https://sqs.eu-west-1.amazonaws.com/123456789012/payments".into(),
            visibility_timeout: Duration::from_secs(30),
            delay: Duration::ZERO,
            retention: Duration::from_secs(345_600),
            wait: Duration::ZERO,
            maximum_message_size: 1024,
            redrive: None,
            redrive_allow: RedriveAllow::All,
        };
        Sqs::new("eu-west-1", "123456789012", [&queue], Guard::default())
    }

    #[tokio::test]
    async fn a_message_that_no_queue_takes_fails_by_itself() {
        let sqs = sqs();
        let send = async |bodies: &[&str]| {
            let bodies: Vec<String> = bodies.iter().map(|body| (*body).to_owned()).collect();
            sqs.deliver("arn:aws:sqs:eu-west-1:123456789012:payments", &bodies).await
        };
        let long = "x".repeat(1025);
        assert_eq!(send(&["1", "2"]).await, Delivered::All);
        assert_eq!(send(&["3", &long, "4"]).await, Delivered::AllBut([1].into()));
        assert!(matches!(send(&[&long]).await, Delivered::Refused(_)));
        let kept: Vec<String> = sqs.contents("payments").iter().map(|content| content.body.clone()).collect();
        assert_eq!(kept, ["1", "2", "3", "4"]);
        let missing = sqs.deliver("arn:aws:sqs:eu-west-1:123456789012:other", &["1".to_owned()]).await;
        assert!(matches!(missing, Delivered::Refused(_)), "{missing:?}");
    }
}
