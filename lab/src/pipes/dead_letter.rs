//! What a dead letter says: where in the stream the records are that a pipe gave up, not what is in them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::step::{Condition, GivenUp};
use crate::dynamodb::streams::{Description, Record};

/// The message. Its form is documented for Lambda's event sources, in
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html>; a pipe's names itself as `partnerResourceArn` in a
/// `context` and has no response, as messages that people have published show.
pub(super) fn message(given_up: &GivenUp, pipe_arn: &str, stream: &Description, now: Timestamp) -> Value {
    let (first, last) = (given_up.records.first(), given_up.records.last());
    let sequence = |record: Option<&Record>| record.map(|record| record.sequence.to_string());
    let second = |record: Option<&Record>| record.map(|record| format!("{:.0}", record.at));
    json!({
        "context": {"partnerResourceArn": pipe_arn, "condition": named(given_up.condition)},
        "version": "1.0",
        "timestamp": format!("{now:.3}"),
        "DDBStreamBatchInfo": {
            "shardId": stream.shard(),
            "startSequenceNumber": sequence(first),
            "endSequenceNumber": sequence(last),
            "approximateArrivalOfFirstRecord": second(first),
            "approximateArrivalOfLastRecord": second(last),
            "batchSize": given_up.records.len(),
            "streamArn": stream.arn,
        },
    })
}

/// As AWS names it.
pub(super) fn named(condition: Condition) -> &'static str {
    match condition {
        Condition::AttemptsExhausted => "RetryAttemptsExhausted",
        Condition::AgeExceeded => "RecordAgeExceeded",
        // Of records that are no longer in the stream nobody is told, and the lab's log needs a name.
        Condition::Trimmed => "RecordExpiredInStream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::streams::Sequence;

    #[test]
    fn a_dead_letter_points_at_the_records() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let pending =
            |second: i64| Record { event: json!({"secret": 1}), sequence: Sequence::at(at(second)), at: at(second) };
        let given_up =
            GivenUp { records: vec![pending(1_000), pending(1_002)], condition: Condition::AttemptsExhausted };
        let stream = Description {
            table: "rides".into(),
            arn: "arn:aws:dynamodb:eu-west-1:1:table/rides/stream/l".into(),
            region: "eu-west-1".into(),
            view: "NEW_IMAGE".into(),
        };
        let message = message(&given_up, "arn:aws:pipes:eu-west-1:1:pipe/p", &stream, at(2_000));
        assert_eq!(
            message,
            json!({
                "context": {"partnerResourceArn": "arn:aws:pipes:eu-west-1:1:pipe/p", "condition": "RetryAttemptsExhausted"},
                "version": "1.0",
                "timestamp": "1970-01-01T00:33:20.000Z",
                "DDBStreamBatchInfo": {
                    "shardId": stream.shard(),
                    "startSequenceNumber": "100000000001000000000",
                    "endSequenceNumber": "100000000001002000000",
                    "approximateArrivalOfFirstRecord": "1970-01-01T00:16:40Z",
                    "approximateArrivalOfLastRecord": "1970-01-01T00:16:42Z",
                    "batchSize": 2,
                    "streamArn": stream.arn,
                },
            })
        );
        assert!(!message.to_string().contains("secret"));
    }
}
