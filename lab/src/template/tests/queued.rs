//! Queues, their policies, and the functions that work them off.

use std::time::Duration;

use super::*;

/// A template of a function, two queues with these properties, and more resources.
fn template(jobs: &str, dead: &str, function: &str, more: &str) -> String {
    format!(
        r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Jobs: {{ Type: AWS::SQS::Queue, Properties: {{ {jobs} }} }}
  Dead: {{ Type: AWS::SQS::Queue, Properties: {{ {dead} }} }}
  Worker:
    Type: AWS::Serverless::Function
    Properties: {{ Runtime: provided.al2023, Handler: bootstrap, CodeUri: functions/worker, Timeout: 5, {function} }}
{more}
Outputs:
  Url: {{ Value: !Ref Jobs }}
  Arn: {{ Value: !GetAtt Jobs.Arn }}
  Name: {{ Value: !GetAtt Jobs.QueueName }}
  SameUrl: {{ Value: !GetAtt Jobs.QueueUrl }}
"#
    )
}

fn events(properties: &str) -> String {
    format!("Events: {{ Work: {{ Type: SQS, Properties: {{ {properties} }} }} }}")
}

fn read(jobs: &str, dead: &str, function: &str) -> Result<Stack, String> {
    resolve(&template(jobs, dead, function, ""), &[])
}

#[test]
fn a_queue_has_awss_defaults_and_names() {
    let stack = read("QueueName: jobs", "", "").expect("resolves");
    let queue = &stack.queues["Jobs"];
    assert_eq!(queue.visibility_timeout, Duration::from_secs(30));
    assert_eq!(queue.retention, Duration::from_secs(4 * 86_400));
    assert_eq!((queue.delay, queue.wait), (Duration::ZERO, Duration::ZERO));
    assert_eq!(queue.maximum_message_size, 1_048_576);
    assert_eq!((&queue.redrive, &queue.redrive_allow), (&None, &RedriveAllow::All));
    assert_eq!(stack.queues["Dead"].name, "rides-Dead");
    let outputs: Vec<&str> = stack.outputs.iter().map(|output| output.value.as_str()).collect();
    let url = "https://sqs.eu-west-2.amazonaws.com/123456789012/jobs";
    assert_eq!(outputs, [url, "arn:aws:sqs:eu-west-2:123456789012:jobs", "jobs", url]);
}

#[test]
fn a_queue_is_read_as_it_is_set_up() {
    let stack = read(
        "VisibilityTimeout: 180, DelaySeconds: 5, MessageRetentionPeriod: 600, ReceiveMessageWaitTimeSeconds: 20, MaximumMessageSize: 2048, RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 100 }",
        "RedriveAllowPolicy: { redrivePermission: byQueue, sourceQueueArns: [!Sub 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:rides-Jobs'] }",
        "",
    );
    let stack = stack.expect("resolves");
    let queue = &stack.queues["Jobs"];
    let dead_letters = "arn:aws:sqs:eu-west-2:123456789012:rides-Dead".to_owned();
    assert_eq!(queue.redrive, Some(Redrive { dead_letters, max_receive_count: 100 }));
    assert_eq!((queue.visibility_timeout.as_secs(), queue.maximum_message_size), (180, 2048));
    assert_eq!((queue.delay.as_secs(), queue.wait.as_secs(), queue.retention.as_secs()), (5, 20, 600));
}

#[test]
fn a_queue_that_cannot_be_is_refused_by_name() {
    let to_dead = "RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1 }";
    for (jobs, dead, named) in [
        ("FifoQueue: true", "", "FIFO"),
        ("QueueName: jobs.fifo", "", "FIFO"),
        ("ContentBasedDeduplication: true", "", "FIFO"),
        ("QueueName: 'a b'", "", "no queue name"),
        ("VisibilityTimeout: 43201", "", "0 to 43200"),
        ("MaximumMessageSize: 1048577", "", "1024 to 1048576"),
        ("Colour: red", "", "does not know \"Colour\""),
        ("RedrivePolicy: { deadLetterTargetArn: 'arn:aws:sqs:r:a:x', maxReceiveCount: 1 }", "", "no queue of this"),
        ("RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 0 }", "", "1 to 1000"),
        (to_dead, "RedriveAllowPolicy: { redrivePermission: denyAll }", "RedriveAllowPolicy"),
        (
            to_dead,
            "RedriveAllowPolicy: { redrivePermission: byQueue, sourceQueueArns: ['arn:aws:sqs:r:a:x'] }",
            "RedriveAllowPolicy",
        ),
    ] {
        let error = read(jobs, dead, "").expect_err("refused");
        assert!(error.contains(named), "{jobs} {dead}: {error}");
    }
}

#[test]
fn an_event_of_a_function_is_a_mapping() {
    let stack = read(
        "",
        "",
        &events(
            "Queue: !GetAtt Jobs.Arn, BatchSize: 100, MaximumBatchingWindowInSeconds: 3, FunctionResponseTypes: [ReportBatchItemFailures], ScalingConfig: { MaximumConcurrency: 7 }",
        ),
    );
    let expected = EventSourceMapping {
        logical_id: "WorkerWork".to_owned(),
        function: "Worker".to_owned(),
        queue: "Jobs".to_owned(),
        batch_size: 100,
        window: Duration::from_secs(3),
        maximum_concurrency: Some(7),
        partial: true,
        enabled: true,
    };
    assert_eq!(stack.expect("resolves").event_source_mappings["WorkerWork"], expected);
}

#[test]
fn a_mapping_may_stand_by_itself() {
    let more = "  Mapping: { Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: !Ref Worker, EventSourceArn: !GetAtt Jobs.Arn, Enabled: false } }";
    let stack = resolve(&template("", "", "", more), &[]).expect("resolves");
    let mapping = &stack.event_source_mappings["Mapping"];
    assert_eq!((mapping.batch_size, mapping.enabled, mapping.partial), (10, false, false));
    assert_eq!((mapping.window, mapping.maximum_concurrency), (Duration::ZERO, None));
    let both = template("", "", &events("Queue: !GetAtt Jobs.Arn"), more);
    assert!(resolve(&both, &[]).expect_err("one is enough").contains("already"));
}

#[test]
fn a_mapping_that_aws_or_the_lab_would_not_make_is_refused() {
    let of = "Queue: !GetAtt Jobs.Arn";
    for (jobs, properties, named) in [
        ("VisibilityTimeout: 4", of.to_owned(), "Queue visibility timeout: 4 seconds is less than Function timeout: 5"),
        ("", "Queue: 'arn:aws:sqs:r:a:x'".to_owned(), "no queue of this template"),
        ("", format!("{of}, BatchSize: 11"), "MaximumBatchingWindowInSeconds"),
        ("", format!("{of}, BatchSize: 10001"), "1 to 10000"),
        ("", format!("{of}, ScalingConfig: {{ MaximumConcurrency: 1 }}"), "2 to 1000"),
        ("", format!("{of}, FunctionResponseTypes: [Everything]"), "ReportBatchItemFailures"),
        ("", format!("{of}, FilterCriteria: {{ Filters: [] }}"), "filters no messages"),
        ("", format!("{of}, ProvisionedPollerConfig: {{ MinimumPollers: 2 }}"), "pollers"),
    ] {
        let error = read(jobs, "", &events(&properties)).expect_err("refused");
        assert!(error.contains(named), "{properties}: {error}");
    }
    let other = read("", "", "Events: { Tick: { Type: Schedule, Properties: {} } }").expect_err("refused");
    assert!(other.contains("type SQS only"), "{other}");
}

#[test]
fn a_queue_policy_may_refuse_calls_without_tls_and_nothing_else() {
    let policy = |statement: &str| {
        let more = format!(
            "  Policy: {{ Type: AWS::SQS::QueuePolicy, Properties: {{ Queues: [!Ref Jobs], PolicyDocument: {{ Statement: [{{ {statement} }}] }} }} }}"
        );
        resolve(&template("", "", "", &more), &[])
    };
    let deny = "Effect: Deny, Principal: '*', Action: 'sqs:*', Resource: !GetAtt Jobs.Arn";
    let stack = policy(&format!("{deny}, Condition: {{ Bool: {{ 'aws:SecureTransport': 'false' }} }}"));
    assert!(stack.expect("resolves").without_effect.iter().any(|(id, _, _)| id == "Policy"));
    assert!(policy(deny).expect_err("refused").contains("TLS"));
}

#[test]
fn an_alarm_knows_a_queues_metrics() {
    let alarm = |metric: &str, queue: &str| {
        let more = format!(
            "  Alarm: {{ Type: AWS::CloudWatch::Alarm, Properties: {{ Namespace: AWS/SQS, MetricName: {metric}, Dimensions: [{{ Name: QueueName, Value: {queue} }}], Statistic: Maximum, Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: GreaterThanThreshold, Tags: [{{ Key: urgency, Value: page }}] }} }}"
        );
        resolve(&template("QueueName: jobs", "", "", &more), &[])
    };
    alarm("ApproximateAgeOfOldestMessage", "!GetAtt Jobs.QueueName").expect("resolves");
    let error = alarm("ApproximateAgeOfOldestMesage", "jobs").expect_err("refused");
    assert!(error.contains("ApproximateAgeOfOldestMessage"), "{error}");
    assert!(alarm("NumberOfMessagesSent", "jbos").expect_err("refused").contains("no queue"));
}
