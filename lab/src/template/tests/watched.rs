//! What watches a stack: that it is read, and that what could never fire, or never be heard, is refused by its line.

use std::time::Duration;

use super::*;

const WATCHED: &str = include_str!("../testdata/watched.yaml");

fn stack(parameters: &[(&str, &str)]) -> Stack {
    resolve(WATCHED, parameters).unwrap_or_else(|error| panic!("{error}"))
}

/// The template with `from` replaced.
fn changed(from: &str, to: &str) -> Result<Stack, String> {
    assert!(WATCHED.contains(from), "the template has no {from}");
    resolve(&WATCHED.replacen(from, to, 1), &[])
}

/// The change must be refused with these words, and at the line where it stands.
fn refuse(from: &str, to: &str, expected: &str) {
    let error = changed(from, to).expect_err(to);
    assert!(error.contains(expected), "{from} -> {to}\n  says {error}");
    assert!(error.starts_with("t.yaml:"), "{error}");
}

/// An alarm on this metric, named by its namespace, name and dimensions, and evaluated each minute.
fn with_alarm(metric: &str, dimensions: &str, parameters: &[(&str, &str)]) -> Result<Stack, String> {
    let (namespace, name) = metric.split_once(' ').expect("a namespace and a name");
    let dimensions: Vec<String> = dimensions
        .split_whitespace()
        .map(|pair| pair.split_once('=').expect("a pair"))
        .map(|(key, value)| format!("{{ Name: {key}, Value: \"{value}\" }}"))
        .collect();
    let alarm = format!(
        "  Added:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      Namespace: {namespace}\n      MetricName: {name}\n      \
         Dimensions: [{}]\n      Statistic: Sum\n      Period: 60\n      EvaluationPeriods: 1\n      \
         ComparisonOperator: GreaterThanThreshold\n      Threshold: 0\nOutputs:\n",
        dimensions.join(", ")
    );
    resolve(&WATCHED.replacen("Outputs:\n", &alarm, 1), parameters)
}

#[test]
fn an_alarm_is_read_as_it_stands() {
    let stack = stack(&[]);
    let slow = &stack.alarms["Slow"];
    let metric = MetricName {
        namespace: "AWS/ApiGateway".into(),
        name: "Latency".into(),
        dimensions: BTreeMap::from([("ApiName".into(), "rides".into()), ("Stage".into(), "dev".into())]),
    };
    assert_eq!(
        slow,
        &Alarm {
            logical_id: "Slow".into(),
            name: "the-slow".into(),
            arn: "arn:aws:cloudwatch:eu-west-2:123456789012:alarm:the-slow".into(),
            description: "Slow.".into(),
            actions: Actions {
                enabled: true,
                alarm: vec!["arn:aws:sns:eu-west-2:123456789012:page".into()],
                ..Actions::default()
            },
            queries: vec![MetricQuery {
                id: "m1".into(),
                label: None,
                return_data: true,
                period: Duration::from_secs(60),
                source: Source::Metric { metric, statistic: Statistic::Percentile(99.9), unit: None },
            }],
            comparison: Comparison::GreaterThan,
            threshold: 2500.5,
            evaluation_periods: 5,
            datapoints_to_alarm: 3,
            missing_data: MissingData::NotBreaching,
            evaluate_low_samples: false,
        }
    );
    let lost = &stack.alarms["Lost"];
    assert_eq!(
        (lost.datapoints_to_alarm, lost.missing_data, lost.evaluate_low_samples),
        (2, MissingData::Missing, true)
    );
    let ids: Vec<(&str, bool)> = lost.queries.iter().map(|query| (query.id.as_str(), query.return_data)).collect();
    assert_eq!(ids, [("lost", true), ("accepted", false), ("recorded", false)]);
    assert_eq!((stack.urgencies["Slow"], stack.urgencies["Lost"]), (Urgency::Page, Urgency::None));
}

#[test]
fn the_others_are_read_as_they_stand() {
    let stack = stack(&[]);
    let light = &stack.composite_alarms["Light"];
    assert_eq!(light.rule, "ALARM(\"the-slow\") OR ALARM(\"the-lost\")");
    let suppressor = light.suppressor.as_ref().expect("a suppressor");
    assert_eq!((suppressor.alarm.as_str(), suppressor.wait.as_secs()), ("the-lost", 60));
    let schedule = &stack.schedules["Schedule"];
    assert_eq!((schedule.function.as_str(), schedule.every.as_secs(), schedule.enabled), ("Probe", 300, true));
    assert_eq!((schedule.retries, schedule.function_retries, schedule.function_event_age.as_secs()), (1, 0, 60));
    assert_eq!(stack.topics["Page"].subscriptions, [("email".to_owned(), "a@example.com".to_owned())]);
    assert_eq!(stack.sampling_rules["Sampling"].fixed_rate, 0.05);
    assert_eq!(stack.trace_groups["Faulty"].filter, "fault = true");
    assert_eq!(stack.query_definitions["Query"].log_groups, ["/ride"]);
    assert_eq!(stack.metric_filters["Timeouts"].transformations[0].default_value, Some(0.0));
    assert_eq!(graphed(&stack.dashboards["Board"].body["widgets"][1]["properties"]).expect("lines").len(), 5);
    assert!(stack.apis["Api"].detailed_metrics);
    assert_eq!(
        stack.outputs[0].value,
        "arn:aws:sns:eu-west-2:123456789012:page|the-slow|the-light|board|rides-Timeouts|\
         arn:aws:xray:eu-west-2:123456789012:sampling-rule/rides|probe|alias/notices|page|\
         arn:aws:scheduler:eu-west-2:123456789012:schedule/default/probe"
    );
}

#[test]
fn an_alarm_on_what_is_emitted_is_taken() {
    for (metric, dimensions) in [
        ("AWS/ApiGateway 5XXError", "ApiName=rides"),
        ("AWS/ApiGateway Count", "ApiName=rides Stage=dev Resource=/ride Method=POST"),
        ("AWS/Lambda Errors", "FunctionName=the-ride"),
        ("AWS/Lambda Duration", "FunctionName=the-ride Resource=the-ride"),
        ("AWS/Lambda UnreservedConcurrentExecutions", ""),
        ("AWS/DynamoDB SystemErrors", "TableName=the-rides Operation=PutItem"),
        ("AWS/DynamoDB SystemErrors", "TableName=the-rides Operation=TransactWriteItems"),
        ("AWS/DynamoDB SuccessfulRequestLatency", "TableName=the-rides Operation=Query"),
        ("AWS/DynamoDB UserErrors", ""),
        ("AWS/DynamoDB WriteThrottleEvents", "TableName=the-rides"),
        ("AWS/DynamoDB WriteThrottleEvents", "TableName=the-rides GlobalSecondaryIndexName=by-time"),
        ("AWS/DynamoDB ConditionalCheckFailedRequests", "TableName=the-rides"),
        ("AWS/Logs EMFParsingErrors", "LogGroupName=/ride"),
        ("WildRydes RequestLatency", "service=request-ride stage=dev"),
        ("WildRydes DependencyErrors", "service=request-ride stage=dev dependency=ssm"),
        ("WildRydes HeartbeatRides", "service=probe stage=dev"),
        ("Own Timeouts", ""),
    ] {
        let stack = with_alarm(metric, dimensions, &[]);
        assert!(stack.is_ok(), "{metric} {dimensions}: {}", stack.err().unwrap_or_default());
    }
}

/// The mistakes that the alarm table warns of, and their kin.
#[test]
fn an_alarm_that_could_never_fire_is_refused() {
    let check = |metric: &str, dimensions: &str, expected: &str| {
        let error = with_alarm(metric, dimensions, &[]).expect_err(metric);
        assert!(error.contains(expected), "{metric} {dimensions}\n  says {error}");
        assert!(error.starts_with("t.yaml:") && error.ends_with("would never have data"), "{error}");
    };
    let system = "filed under Operation and TableName, not under TableName";
    check("AWS/DynamoDB SystemErrors", "TableName=the-rides", system);
    check("AWS/DynamoDB SystemErrors", "TableName=the-rides Operation=Scan", "\"Scan\" is no operation that a role");
    check("AWS/DynamoDB UserErrors", "TableName=the-rides", "filed under no dimension, not under TableName");
    let index = "filed under TableName, or GlobalSecondaryIndexName and TableName, not under GlobalSecondaryIndexName";
    check("AWS/DynamoDB ReadThrottleEvents", "GlobalSecondaryIndexName=by-time", index);
    check(
        "AWS/DynamoDB ReadThrottleEvents",
        "TableName=the-rides GlobalSecondaryIndexName=by",
        "no index of the table",
    );
    check("AWS/DynamoDB ThrottledRequests", "TableName=the-ride Operation=PutItem", "(did you mean \"the-rides\"?)");
    check("AWS/ApiGateway Count", "ApiId=abc Stage=dev", "ApiName, or ApiName and Stage, or ApiName and Method");
    check("AWS/ApiGateway 5xx", "ApiName=rides", "AWS/ApiGateway has no metric \"5xx\"");
    check("AWS/ApiGateway Count", "ApiName=rides Stage=prod", "\"prod\" is no stage");
    check("AWS/ApiGateway Count", "ApiName=rides Stage=dev Resource=/rides Method=POST", "no path (did you mean");
    check("AWS/ApiGateway Count", "ApiName=rides Stage=dev Resource=/ride Method=GET", "no method with a route of its");
    check("AWS/Lambda Errors", "FunctionName=Ride", "\"Ride\" is no function");
    check("AWS/Lambda Errors", "Functionname=the-ride", "not under Functionname");
    check("AWS/Lambda Errors", "FunctionName=the-ride Resource=live", "\"live\" is no version or alias");
    check("AWS/Lambda UnreservedConcurrentExecutions", "FunctionName=the-ride", "filed under no dimension");
    check("AWS/Lambda InitDuration", "FunctionName=the-ride", "has no metric \"InitDuration\"");
    check("AWS/Logs EMFParsingErrors", "LogGroupName=/access", "is no function's log group");
    check("WildRydes RidesRequested", "service=request-ride", "service and stage, or stage, not under service");
    check("WildRydes RidesRequested", "service=put-ride-record stage=dev", "no service that writes RidesRequested");
    check("WildRydes RidesRequested", "stage=prod", "\"prod\" is no stage");
    check("WildRydes Deployments", "service=seed-fleet stage=dev", "\"seed-fleet\" is no service");
    check("WildRydes Retries", "service=request-ride stage=dev dependency=sns", "no dependency of that service");
    check("WildRyde RidesRequested", "stage=dev", "nothing here emits to \"WildRyde\" (did you mean \"WildRydes\"?)");
    check("Own Timeouts", "stage=dev", "filed under no dimension, not under stage");
    check("AWS/DynamoDB ProvisionedReadCapacityUnits", "TableName=the-rides", "billed on demand");
    let provisioned = [("Billing", "PROVISIONED")];
    let error = with_alarm("AWS/DynamoDB ProvisionedReadCapacityUnits", "TableName=the-rides", &provisioned);
    assert!(error.expect_err("a period").contains("has a value every 300 s; most periods of 60 s would be empty"));
}

#[test]
fn metrics_by_method_need_detailed_metrics() {
    let (metric, dimensions) = ("AWS/ApiGateway Count", "ApiName=rides Stage=dev Resource=/ride Method=POST");
    assert!(with_alarm(metric, dimensions, &[]).is_ok());
    let off = WATCHED.replacen("MetricsEnabled: true", "MetricsEnabled: false", 1);
    let dimensions = "[{ Name: ApiName, Value: rides }, { Name: Stage, Value: dev }, { Name: Resource, Value: /ride }, { Name: Method, Value: POST }]";
    let off = off.replacen("[{ Name: ApiName, Value: rides }, { Name: Stage, Value: dev }]", dimensions, 1);
    assert!(resolve(&off, &[]).expect_err("no such metric").contains("metrics by method are off"));
}

#[test]
fn an_alarm_keeps_to_cloudwatch_s_limits() {
    refuse(
        "Period: 60\n      EvaluationPeriods: 5",
        "Period: 45\n      EvaluationPeriods: 5",
        "45 s: CloudWatch allows 10, 20, 30",
    );
    refuse(
        "Period: 60\n      EvaluationPeriods: 5",
        "Period: 10\n      EvaluationPeriods: 5",
        "metrics of high resolution",
    );
    refuse(
        "EvaluationPeriods: 5",
        "EvaluationPeriods: 1441",
        "1441 periods of 60 s are 86460 s, and CloudWatch evaluates at most 86400 s",
    );
    refuse("Period: 60\n      EvaluationPeriods: 5", "Period: 86400\n      EvaluationPeriods: 8", "at most 604800 s");
    assert!(changed("Period: 60\n      EvaluationPeriods: 5", "Period: 86400\n      EvaluationPeriods: 7").is_ok());
    refuse("DatapointsToAlarm: 3", "DatapointsToAlarm: 6", "must be an integer from 1 to 5");
    refuse("Threshold: 2500.5", "Threshold: high", "must be a number, not \"high\"");
    refuse("GreaterThanThreshold", "GreaterThanUpperThreshold", "must be one of GreaterThanThreshold");
    refuse(
        "TreatMissingData: notBreaching",
        "TreatMissingData: fine",
        "must be one of missing, ignore, breaching, notBreaching",
    );
    refuse("ExtendedStatistic: p99.9", "ExtendedStatistic: tm99", "the lab knows percentiles only");
    refuse("ExtendedStatistic: p99.9", "ExtendedStatistic: p101", "no statistic \"p101\"");
    refuse("ExtendedStatistic: p99.9", "ExtendedStatistic: p99\n      Statistic: Sum", "state one of Statistic");
    refuse("ExtendedStatistic: p99.9", "Statistic: Sum", "is for percentiles only");
    refuse(
        "MetricName: Latency",
        "MetricName: Latency\n      Unit: Seconds",
        "is in Milliseconds; of the unit Seconds",
    );
    assert!(changed("MetricName: Latency", "MetricName: Latency\n      Unit: Milliseconds").is_ok());
    refuse("AlarmDescription: Slow.", "AlarmDescripton: Slow.", "(did you mean \"AlarmDescription\"?)");
    refuse("AlarmActions: [!Ref Page]", "AlarmActions: [!GetAtt Ride.Arn]", "is no topic of this template");
    refuse("Value: page }]", "Value: soon }]", "must be one of none, page, ticket");
}

#[test]
fn an_expression_names_what_is_there() {
    let check = |expression: &str, expected: &str| {
        refuse("Expression: accepted-recorded", &format!("Expression: '{expression}'"), expected)
    };
    check("accepted-record", "there is no query record");
    check("FILL(accepted,0)-recorded", "FILL has no place in an alarm: it makes values where there are none");
    check("SEARCH(\"a\")", "SEARCH has no place in an alarm: CloudWatch allows no alarm on it");
    check("RATE(accepted)", "RATE has no place in an alarm");
    check("LOG(accepted)", "the lab does not evaluate LOG");
    check("lost+1", "the expressions are a circle: lost -> lost");
    refuse("Id: accepted", "Id: Accepted", "\"Accepted\" is no id: a small letter");
    refuse("Id: accepted", "Id: recorded", "the id recorded stands here twice");
    refuse("Label: lost }", "ReturnData: false }", "0 queries have ReturnData");
    refuse("Id: accepted\n          ReturnData: false", "Id: accepted", "2 queries have ReturnData");
    refuse("AlarmName: the-lost", "Period: 60", "stands beside Metrics");
    refuse(
        "Period: 60, Stat: Sum }\n        - Id: recorded",
        "Period: 120, Stat: Sum }\n        - Id: recorded",
        "have one period in the lab",
    );
    refuse("MetricName: RidesAccepted", "MetricName: RideAccepted", "(did you mean \"RidesAccepted\"?)");
    let query = "        - { Id: X, ReturnData: false, MetricStat: { Metric: { Namespace: Own, MetricName: Timeouts }, Period: 60, Stat: Sum } }\n";
    let nine: String = (0..9).map(|index| query.replace('X', &format!("q{index}"))).collect();
    refuse(
        "      EvaluationPeriods: 2",
        &format!("{nine}      EvaluationPeriods: 2"),
        "11 metrics, and an alarm takes at most 10",
    );
}

#[test]
fn a_composite_alarm_names_alarms_that_are_made_before_it() {
    let rule = "AlarmRule: !Sub ALARM(\"${Slow}\") OR ALARM(\"${Lost}\")";
    refuse(rule, "AlarmRule: ALARM(the-slo)", "\"the-slo\" is no alarm of this template (did you mean \"the-slow\"?)");
    refuse(rule, "AlarmRule: ALARM(the-slow)", "CloudFormation may make Light before Slow");
    refuse(rule, "AlarmRule: ALARM(the-light)", "the rules are a circle: Light -> Light");
    refuse(rule, "AlarmRule: ALARM(the-lost", "is not closed");
    assert!(changed(rule, &format!("{rule}\n    DependsOn: Slow")).is_err(), "the replacement stands in Properties");
    assert!(
        changed(
            "Type: AWS::CloudWatch::CompositeAlarm",
            "Type: AWS::CloudWatch::CompositeAlarm\n    DependsOn: [Slow]"
        )
        .is_ok()
    );
    refuse("ActionsSuppressor: !Ref Lost", "ActionsSuppressor: lost", "\"lost\" is no alarm");
    refuse("      ActionsSuppressorWaitPeriod: 60\n", "", "\"ActionsSuppressorWaitPeriod\" is missing");
    refuse("      ActionsSuppressor: !Ref Lost\n", "", "there is no ActionsSuppressor to wait for");
    refuse("AlarmName: the-light", "AlarmName: the-slow", "the alarm name \"the-slow\" is already Slow's");
}

#[test]
fn a_dashboard_shows_what_there_is() {
    refuse("{\"widgets\": [", "{\"widgets\": ", "is no JSON");
    refuse(
        "\"RidesAccepted\", \"stage\"",
        "\"RidesAccepted\", \"Stage\"",
        "widgets[1] \"Rides\": metrics[0]: WildRydes RidesAccepted is filed under",
    );
    refuse("\"expression\": \"a-r\"", "\"expression\": \"a-b\"", "metrics[2]: there is no line b");
    refuse("\"id\": \"r\"", "\"id\": \"a\"", "metrics[1]: the id a stands there twice");
    refuse("${Light.Arn}", "arn:aws:cloudwatch:eu-west-2:123456789012:alarm:x", "widgets[0]: \"arn:");
    refuse("SOURCE '${Logs}'", "SOURCE '/rides'", "\"/rides\" is no log group of this template");
    refuse("\"x\": 12, \"width\": 12", "\"x\": 13, \"width\": 12", "12 columns from 13 on are more than 24");
    refuse("\"type\": \"log\"", "\"type\": \"explorer\"", "the lab draws no widget of the type explorer");
    refuse("DashboardName: board", "DashboardName: the board", "is no dashboard name");
}

#[test]
fn a_topic_that_cloudwatch_cannot_reach_says_why() {
    let mute = |from: &str, to: &str| changed(from, to).expect("resolves").topics["Page"].mute.clone();
    let check = |from: &str, to: &str, expected: &str| {
        let reason = mute(from, to).unwrap_or_else(|| panic!("{to} is heard"));
        assert!(reason.contains(expected), "{to}\n  says {reason}");
    };
    assert_eq!(stack(&[]).topics["Page"].mute, None);
    assert_eq!(mute("KmsMasterKeyId: alias/notices", "KmsMasterKeyId: !GetAtt Key.Arn"), None);
    assert_eq!(mute(", KmsMasterKeyId: alias/notices", ""), None, "an open topic needs no key");
    check("KmsMasterKeyId: alias/notices", "KmsMasterKeyId: alias/aws/sns", "alias/aws/sns lets CloudWatch neither");
    check("KmsMasterKeyId: alias/notices", "KmsMasterKeyId: alias/other", "alias/other is no key of this template");
    check("\"kms:Decrypt\", ", "", "the policy of the key Key lets cloudwatch.amazonaws.com do no kms:Decrypt");
    check(", \"kms:GenerateDataKey*\"", "", "do no kms:GenerateDataKey");
    check("EnableKeyRotation: true", "Enabled: false", "the key Key is disabled");
    check(
        "Action: sns:Publish",
        "Action: sns:Subscribe",
        "the topic's policy lets cloudwatch.amazonaws.com do no sns:Publish",
    );
    check("alarm:the-*", "alarm:other-*", "the topic's policy lets");
    check("\"aws:SourceArn\"", "\"aws:PrincipalOrgID\"", "the lab does not judge the condition key aws:PrincipalOrgID");
}

#[test]
fn keys_and_topics_are_judged_as_aws_judges_them() {
    refuse("Action: \"kms:*\"", "Action: \"kms:Encrypt\"", "KMS refuses a policy that nobody may change");
    refuse("AliasName: alias/notices", "AliasName: notices", "\"notices\" is no alias");
    refuse("AliasName: alias/notices", "AliasName: alias/aws/notices", "AWS keeps \"alias/aws/\" to itself");
    refuse("TargetKeyId: !Ref Key", "TargetKeyId: abc", "\"abc\" is no key of this template");
    refuse("TopicName: page", "TopicName: a page", "is no topic name");
    refuse("Endpoint: a@example.com", "Endpoint: example.com", "is no endpoint of the protocol email");
    refuse("Topics: [!Ref Page]", "Topics: [!Ref Page, !Ref Page]", "has another AWS::SNS::TopicPolicy");
    refuse("TopicArn: !Ref Page", "TopicArn: page", "\"page\" is no topic of this template");
    refuse("Mode: THROTTLED_KEYS", "Mode: ALL_KEYS", "must be one of ACCESSED_AND_THROTTLED_KEYS, THROTTLED_KEYS");
}

#[test]
fn filters_queries_and_traces_keep_to_their_limits() {
    refuse(
        "LogGroupName: !Ref Logs",
        "LogGroupName: /rides",
        "is no log group of this template (did you mean \"/ride\"?)",
    );
    refuse("MetricNamespace: Own", "MetricNamespace: AWS/Own", "AWS/ is AWS's own");
    refuse("MetricValue: \"1\"", "MetricValue: one", "neither a number nor a field");
    refuse(
        "DefaultValue: 0",
        "DefaultValue: 0, Dimensions: [{ Key: a, Value: $.a }]",
        "a metric with Dimensions has no DefaultValue",
    );
    refuse("LogGroupNames: [!Ref Logs]", "LogGroupNames: [x]", "\"x\" is no log group");
    refuse("RuleName: rides,", "RuleName: a-name-of-more-than-thirty-two-characters,", "AWS allows 1 to 32");
    refuse("Priority: 1000", "Priority: 0", "from 1 to 9999");
    refuse("FixedRate: 0.05", "FixedRate: 5", "must be a share from 0 to 1");
    refuse("GroupName: rides", "GroupName: Default", "holds all traces");
}

#[test]
fn a_schedule_that_could_never_run_is_refused() {
    refuse("rate(5 minutes)", "cron(0 * * * ? *)", "the lab runs rate(N minutes|hours|days)");
    refuse("rate(5 minutes)", "rate(0 minutes)", "the lab runs rate(");
    refuse(
        "Service: scheduler.amazonaws.com",
        "Service: lambda.amazonaws.com",
        "the role's trust policy lets scheduler.amazonaws.com do no sts:AssumeRole",
    );
    refuse(
        "Resource: !GetAtt Probe.Arn",
        "Resource: !GetAtt Ride.Arn",
        "the role may not do lambda:InvokeFunction on arn:",
    );
    refuse("Input: \"{}\"", "Input: \"{\"", "is no JSON");
    refuse("Mode: \"OFF\"", "Mode: FLEXIBLE", "must be one of OFF");
    refuse("Qualifier: $LATEST", "Qualifier: live", "must be one of $LATEST");
    refuse("MaximumRetryAttempts: 0", "MaximumRetryAttempts: 3", "from 0 to 2");
}

/// Whatever line is lost, the reader answers with a stack or with words.
#[test]
fn a_lost_line_never_panics() {
    let lines: Vec<&str> = WATCHED.lines().collect();
    for lost in 0..lines.len() {
        let text = [&lines[..lost], &lines[lost + 1..]].concat().join("\n");
        let _ = resolve(&text, &[]);
    }
}
