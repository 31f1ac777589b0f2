use std::time::Duration;

use serde_json::json;

use super::*;
use crate::template::{Inputs, Stack, Template};

const PIPE: &str = include_str!("pipe.yaml");

fn resolve(text: &str) -> Result<Stack, String> {
    let inputs = Inputs {
        stack_name: "rides".into(),
        region: "eu-west-2".into(),
        account_id: "123456789012".into(),
        parameters: Default::default(),
        api_origin: "http://127.0.0.1:3000".into(),
    };
    let template = Template::parse(text, "t.yaml").map_err(|error| error.to_string())?;
    template.resolve(&inputs).map_err(|error| error.to_string())
}

#[test]
fn a_pipe_is_read_as_it_stands() {
    let stack = resolve(PIPE).expect("resolves");
    let pipe = &stack.pipes["Pipe"];
    assert_eq!((pipe.name.as_str(), pipe.running, pipe.role.as_str()), ("payments", true, "PipeRole"));
    assert_eq!(pipe.enrichment.as_deref(), Some("Place"));
    assert_eq!(pipe.target, "arn:aws:sqs:eu-west-2:123456789012:payments");
    let PipeSource { stream_arn, filters, start, batch_size, window, retries, record_age, bisect, dead_letters } =
        &pipe.source;
    assert_eq!(Some(stream_arn), stack.tables["Rides"].stream_arn.as_ref());
    assert!(
        filters[0].matches(&json!({"eventName": "INSERT"})) && !filters[0].matches(&json!({"eventName": "MODIFY"}))
    );
    assert_eq!((*start, *batch_size, *bisect), (StartingPosition::TrimHorizon, 10, true));
    assert_eq!((*window, *retries, *record_age), (Duration::from_secs(1), Some(5), Some(Duration::from_secs(3600))));
    assert_eq!(dead_letters.as_deref(), Some("arn:aws:sqs:eu-west-2:123456789012:dead"));
    assert_eq!(stack.outputs[0].value, "payments arn:aws:pipes:eu-west-2:123456789012:pipe/payments");
}

#[test]
fn what_is_left_out_is_infinite_or_nothing() {
    let mut text = PIPE.to_owned();
    for line in [
        "          MaximumRetryAttempts: 5\n",
        "          MaximumRecordAgeInSeconds: 3600\n",
        "          MaximumBatchingWindowInSeconds: 1\n",
        "          OnPartialBatchItemFailure: AUTOMATIC_BISECT\n",
        "      Enrichment: !GetAtt Place.Arn\n",
    ] {
        assert!(text.contains(line), "{line}");
        text = text.replace(line, "");
    }
    let pipe = resolve(&text).expect("resolves").pipes["Pipe"].clone();
    assert_eq!((pipe.source.retries, pipe.source.record_age, pipe.source.window), (None, None, Duration::ZERO));
    assert!(!pipe.source.bisect && pipe.enrichment.is_none());
}

#[test]
fn what_the_lab_does_not_do_is_refused_by_name() {
    let check = |old: &str, new: &str, expected: &str| {
        assert!(PIPE.contains(old), "{old}");
        let error = resolve(&PIPE.replace(old, new)).expect_err(new);
        assert!(error.contains(expected), "{new}: {error}");
    };
    check("BatchSize: 10", "BatchSize: 11", "must be an integer from 1 to 10, not \"11\"");
    check("          BatchSize: 10\n", "", "\"BatchSize\" is missing");
    check("ParallelizationFactor: 1", "ParallelizationFactor: 2", "must be an integer from 1 to 1, not \"2\"");
    check("MaximumRetryAttempts: 5", "MaximumRetryAttempts: -2", "must be an integer from -1 to 10000");
    check("AUTOMATIC_BISECT", "HALVES", "must be one of AUTOMATIC_BISECT");
    check(
        "Source: !GetAtt Rides.StreamArn\n      S",
        "Source: 'arn:aws:sqs:e:1:q'\n      S",
        "is no stream of a table",
    );
    check("DynamoDBStreamParameters:", "KinesisStreamParameters:", "does not know \"KinesisStreamParameters\"");
    check(
        "      Target:",
        "      EnrichmentParameters: { InputTemplate: a }\n      Target:",
        "does not know \"InputTemplate\" of EnrichmentParameters",
    );
    check(
        "      Target:",
        "      TargetParameters: { InputTemplate: a }\n      Target:",
        "does not know \"InputTemplate\" of TargetParameters",
    );
    check(
        "      Target:",
        "      TargetParameters: { SqsQueueParameters: { MessageGroupId: a } }\n      Target:",
        "does not know \"MessageGroupId\"",
    );
    check("Level: ERROR", "Level: LOUD", "must be one of OFF, ERROR, INFO, TRACE");
    check("CloudwatchLogsLogDestination:", "S3LogDestination:", "does not know \"S3LogDestination\"");
    check("Target: !GetAtt Payments.Arn", "Target: arn:aws:sns:e:1:topic", "is no queue of this template");
    check("Arn: !GetAtt Dead.Arn", "Arn: arn:aws:sqs:e:1:elsewhere", "is no queue of this template");
    check("Enrichment: !GetAtt Place.Arn", "Enrichment: arn:aws:states:e:1:x", "is no function of this template");
    check("\"INSERT\"]", "{\"suffix\": \"T\"}]", "the lab does not compare by \"suffix\"");
    check(
        "Service: pipes.amazonaws.com",
        "Service: lambda.amazonaws.com",
        "lets pipes.amazonaws.com do no sts:AssumeRole",
    );
    check("pipe/payments", "pipe/others", "lets pipes.amazonaws.com do no sts:AssumeRole");
    check("      Name: payments", "      Name: 'a b'", "is no pipe's name");
    check("      Description: new", "      Descriptoin: new", "did you mean \"Description\"?");
}

#[test]
fn an_alarm_on_a_pipe_names_a_metric_that_there_is() {
    let alarm = |namespace: &str, metric: &str, dimension: &str| {
        let alarm = format!(
            "  Alarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      AlarmName: a\n      Namespace: {namespace}\n      \
             MetricName: {metric}\n      Dimensions: [{{ {dimension} }}]\n      Statistic: Sum\n      Period: 60\n      \
             EvaluationPeriods: 1\n      Threshold: 0\n      ComparisonOperator: GreaterThanThreshold\n      \
             TreatMissingData: notBreaching\nOutputs:"
        );
        resolve(&PIPE.replace("Outputs:", &alarm)).map(drop)
    };
    let payments = "Name: PipeName, Value: payments";
    let namespace = "AWS/EventBridge/Pipes";
    for metric in ["Invocations", "ExecutionFailed", "ExecutionThrottled", "EnrichmentStageFailed", "TargetStageFailed"]
    {
        assert_eq!(alarm(namespace, metric, payments), Ok(()), "{metric}");
    }
    assert_eq!(alarm(namespace, "Concurrency", "Name: AwsAccountId, Value: '123456789012'"), Ok(()));
    let refused = |namespace: &str, metric: &str, dimension: &str, expected: &str| {
        let error = alarm(namespace, metric, dimension).expect_err(metric);
        assert!(error.contains(expected), "{error}");
    };
    refused("AWS/Pipes", "ExecutionFailed", payments, "nothing here emits to \"AWS/Pipes\"");
    refused(namespace, "IteratorAge", payments, "has no metric \"IteratorAge\"");
    refused(namespace, "ExecutionFailed", "Name: PipeName, Value: others", "\"others\" is no pipe");
}
