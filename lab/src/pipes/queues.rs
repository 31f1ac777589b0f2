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
            Err(error) if is_of_one_message(&error) && bodies.len() > 1 => {
                one_by_one(bodies, |body| self.send_from_service(queue_arn, vec![body])).await
            }
            Err(error) => failed(&error),
        }
    }
}

async fn one_by_one<T, F>(bodies: &[String], send: impl Fn(String) -> F) -> Delivered
where
    F: Future<Output = Result<T, SqsError>>,
{
    let (mut missing, mut sent) = (BTreeSet::new(), 0);
    for (place, body) in bodies.iter().enumerate() {
        match send(body.clone()).await {
            Ok(_) => sent += 1,
            Err(error) if is_of_one_message(&error) => drop(missing.insert(place)),
            // Of the queue, not of this message.
            Err(error) if sent == 0 => return failed(&error),
            Err(error) if missing.is_empty() => return Delivered::UpTo(place, error.to_string()),
            // The first that is missing is so by its own fault, and what is behind it is sent again anyway.
            Err(_) => {
                missing.extend(place..bodies.len());
                break;
            }
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
    use std::cell::Cell;
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

    /// What comes of bodies whose calls, one by one, are answered so: how often a call was made, too.
    async fn answered(answers: &[Option<Code>]) -> (Delivered, usize) {
        let bodies: Vec<String> = (0..answers.len()).map(|place| place.to_string()).collect();
        let calls = Cell::new(0);
        let send = |body: String| {
            calls.set(calls.get() + 1);
            let place: usize = body.parse().expect("its place");
            std::future::ready(answers[place].map_or(Ok(()), |code| Err(SqsError::new(code, "as told"))))
        };
        (one_by_one(&bodies, send).await, calls.get())
    }

    #[tokio::test]
    async fn an_outage_in_between_is_no_fault_of_a_message() {
        let (bad, down) = (Some(Code::InvalidMessageContents), Some(Code::ServiceUnavailable));
        let (delivered, calls) = answered(&[None, None, down, None]).await;
        assert!(matches!(&delivered, Delivered::UpTo(2, why) if why.contains("ServiceUnavailable")), "{delivered:?}");
        assert_eq!(calls, 3, "what stands behind is left for later, in its order");
        let (delivered, calls) = answered(&[bad, down, None]).await;
        assert!(matches!(delivered, Delivered::Unavailable(_)) && calls == 2, "{delivered:?}");
        assert_eq!(answered(&[None, bad, None, down, None]).await, (Delivered::AllBut([1, 3, 4].into()), 4));
        assert_eq!(answered(&[None, bad, None]).await, (Delivered::AllBut([1].into()), 3));
        let (delivered, _) = answered(&[bad, Some(Code::QueueDoesNotExist)]).await;
        assert!(matches!(delivered, Delivered::Refused(_)), "{delivered:?}");
    }
}
