//! CloudWatch's API, as far as a function asks it: `DescribeAlarms`, in the protocol AWS JSON 1.0.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>

use http::{Request, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::alarms::{AlarmKind, AlarmSnapshot};
use super::room::CloudWatch;
use crate::aws::{self, Guard};
use crate::listen::{self, Answer};

/// Largest request taken.
const REQUEST_LIMIT: usize = 64 * 1024;

/// The most alarms of one answer, and how many there are unless somebody asks for another number.
const MOST: u64 = 100;
const USUAL: u64 = 50;

/// What the lab's CloudWatch can be asked.
pub(crate) const OPERATIONS: [&str; 1] = ["DescribeAlarms"];

impl CloudWatch {
    /// Serves the API until dropped.
    pub(crate) async fn serve(self, guard: Guard, listener: TcpListener) {
        listen::serve(listener, move |request, _| {
            let (cloudwatch, guard) = (self.clone(), guard.clone());
            async move { cloudwatch.answer(&guard, request).await }
        })
        .await;
    }

    async fn answer(&self, guard: &Guard, request: Request<Incoming>) -> Answer {
        let operation = aws::operation(request.headers()).unwrap_or_default();
        let (parts, body) = request.into_parts();
        let Ok(body) = listen::read_body(body, REQUEST_LIMIT).await else {
            return aws::error(StatusCode::BAD_REQUEST, "SerializationException", "the body could not be read");
        };
        // Names are a prefix at most, so the resource is all alarms.
        let (action, resource) = (format!("cloudwatch:{operation}"), "*".to_owned());
        let refused = guard.refusal(&parts.headers, &action, &resource);
        let answer = refused.unwrap_or_else(|| match serde_json::from_slice(&body) {
            Ok(request) if OPERATIONS.contains(&operation.as_str()) => self.describe(&request),
            Ok(_) => {
                let message = format!("the lab's CloudWatch does not know the operation '{operation}'");
                aws::error(StatusCode::BAD_REQUEST, "UnknownOperationException", &message)
            }
            Err(_) => aws::error(StatusCode::BAD_REQUEST, "SerializationException", "the body is not JSON"),
        });
        guard.record(&parts.headers, action, resource, answer.status());
        answer
    }

    /// Members that would change the answer and are not known here are refused: half an answer looks like a whole one.
    fn describe(&self, request: &Value) -> Answer {
        let known = ["AlarmNamePrefix", "AlarmTypes", "StateValue", "MaxRecords"];
        let unknown = request.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str()));
        if let Some((name, _)) = unknown {
            let message = format!("the lab's DescribeAlarms does not know '{name}'");
            return aws::error(StatusCode::BAD_REQUEST, "ValidationError", &message);
        }
        let most = request["MaxRecords"].as_u64().unwrap_or(USUAL);
        if !(1..=MOST).contains(&most) {
            return aws::error(StatusCode::BAD_REQUEST, "ValidationError", "MaxRecords must be from 1 to 100");
        }
        let alarms = self.snapshot().alarms;
        let wanted: Vec<&AlarmSnapshot> = alarms
            .iter()
            .filter(|alarm| asked_for(request, alarm))
            .take(usize::try_from(most).unwrap_or(usize::MAX))
            .collect();
        let of =
            |kind| wanted.iter().filter(|alarm| alarm.kind == kind).map(|alarm| described(alarm)).collect::<Value>();
        let body = json!({"MetricAlarms": of(AlarmKind::Metric), "CompositeAlarms": of(AlarmKind::Composite)});
        listen::answer(StatusCode::OK, "application/x-amz-json-1.0", body.to_string())
    }
}

fn asked_for(request: &Value, alarm: &AlarmSnapshot) -> bool {
    let kind = if alarm.kind == AlarmKind::Metric { "MetricAlarm" } else { "CompositeAlarm" };
    // Without types it is the metric alarms alone.
    let kinds = request["AlarmTypes"].as_array().cloned().unwrap_or_else(|| vec!["MetricAlarm".into()]);
    let state = request["StateValue"].as_str();
    kinds.iter().any(|wanted| wanted == kind)
        && alarm.name.starts_with(request["AlarmNamePrefix"].as_str().unwrap_or_default())
        && state.is_none_or(|state| json!(alarm.state) == state)
}

fn described(alarm: &AlarmSnapshot) -> Value {
    json!({
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        // The lab sets a state when it changes, and not again.
        "StateTransitionedTimestamp": alarm.since_ms as f64 / 1_000.0,
        "StateUpdatedTimestamp": alarm.since_ms as f64 / 1_000.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudwatch::alarms::{State, Urgency};

    fn alarm(name: &str, kind: AlarmKind, state: State) -> AlarmSnapshot {
        AlarmSnapshot {
            name: name.to_owned(),
            kind,
            urgency: Urgency::Page,
            state,
            reason: "it was so".to_owned(),
            since_ms: 1_500,
            description: "Page. It means something.".to_owned(),
            runbook: None,
            suppressed: false,
            watches: String::new(),
            threshold: None,
            history: Vec::new(),
        }
    }

    #[test]
    fn alarms_are_asked_for_by_prefix_type_and_state() {
        let metric = alarm("wild-rydes-dev-api", AlarmKind::Metric, State::Alarm);
        let composite = alarm("wild-rydes-dev-light", AlarmKind::Composite, State::Ok);
        let both = json!(["MetricAlarm", "CompositeAlarm"]);
        for (request, expected) in [
            (json!({}), [true, false]), // without types: metric alarms alone
            (json!({"AlarmTypes": both}), [true, true]),
            (json!({"AlarmTypes": both, "StateValue": "ALARM"}), [true, false]),
            (json!({"AlarmTypes": both, "StateValue": "OK"}), [false, true]),
            (json!({"AlarmTypes": both, "AlarmNamePrefix": "wild-rydes-dev-"}), [true, true]),
            (json!({"AlarmTypes": both, "AlarmNamePrefix": "wild-rydes-prod-"}), [false, false]),
        ] {
            assert_eq!([&metric, &composite].map(|alarm| asked_for(&request, alarm)), expected, "{request}");
        }
    }

    #[test]
    fn an_alarm_is_described_with_awss_names_and_seconds() {
        let described = described(&alarm("a", AlarmKind::Metric, State::Alarm));
        assert_eq!((&described["StateValue"], &described["StateUpdatedTimestamp"]), (&json!("ALARM"), &json!(1.5)));
        assert_eq!(described["StateTransitionedTimestamp"], 1.5);
        assert_eq!(described["AlarmDescription"], "Page. It means something.");
    }
}
