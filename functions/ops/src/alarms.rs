use crate::store::{Alarm, Rings, StoreError};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::config::{ConfigError, Environment};
use shared::context::RequestContext;
use shared::http::{Call, Client};
use shared::kept::Kept;
use shared::service_url::ServiceUrl;
use std::convert::Infallible;
use std::error::Error;
use std::time::{Duration, Instant};

/// How long an answer is good: alarms are judged once a minute.
const GOOD_FOR: Duration = Duration::from_secs(10);

/// The most alarms of one answer, and the most that CloudWatch gives: a stage has fewer.
const MOST_RECORDS: u32 = 100;

/// The states of a stage's alarms, from CloudWatch. It needs `cloudwatch:DescribeAlarms`.
///
/// By hand and not by the SDK's client: that is one more client to link and to start, with a compression and an encoding of its own,
/// for one call. The protocol is AWS JSON 1.0, which AWS's own model of the service lists (`protocols`, `targetPrefix`):
/// <https://github.com/boto/botocore/blob/develop/botocore/data/cloudwatch/2010-08-01/service-2.json>
#[derive(Debug)]
pub struct Alarms {
    client: Client,
    url: ServiceUrl,
    prefix: String,
    patience: Duration,
    kept: Kept<Option<Vec<Alarm>>>,
}

/// The answer of `DescribeAlarms`, as far as the page shows it.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    composite_alarms: Vec<Described>,
    #[serde(default)]
    metric_alarms: Vec<Described>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    alarm_name: String,
    #[serde(default)]
    alarm_description: String,
    /// When it began to be in this state.
    state_transitioned_timestamp: Option<f64>,
    /// When the state was last set, to the same one perhaps. Always there.
    state_updated_timestamp: f64,
}

impl Alarms {
    /// The alarms of a stage; `client` signs for the service `monitoring`.
    ///
    /// # Errors
    /// The region or the endpoint in the environment cannot be used.
    pub fn new(
        environment: &Environment,
        client: Client,
        stage: &str,
        patience: Duration,
    ) -> Result<Self, ConfigError> {
        let region = environment.text("AWS_REGION")?;
        let suffix = if region.starts_with("cn-") { ".cn" } else { "" };
        let regular = format!("https://monitoring.{region}.amazonaws.com{suffix}/");
        let own =
            environment.optional("AWS_ENDPOINT_URL_CLOUDWATCH").or_else(|| environment.optional("AWS_ENDPOINT_URL"));
        let url = own.unwrap_or(&regular);
        let url = [("AWS_ENDPOINT_URL_CLOUDWATCH", url)].into_iter().collect::<Environment>().parsed(
            "AWS_ENDPOINT_URL_CLOUDWATCH",
            "the address of CloudWatch",
            |url| ServiceUrl::try_from(url).ok(),
        )?;
        let kept = Kept::new("the states of the alarms");
        Ok(Self { client, url, prefix: format!("wild-rydes-{stage}-"), patience, kept })
    }

    async fn read(&self, context: &RequestContext) -> Result<Vec<Alarm>, StoreError> {
        let body = json!({
            "AlarmNamePrefix": self.prefix,
            "AlarmTypes": ["CompositeAlarm", "MetricAlarm"], // by itself it answers the metric ones only
            "StateValue": "ALARM",
            "MaxRecords": MOST_RECORDS,
        });
        let target = HeaderValue::from_static("GraniteServiceVersion20100801.DescribeAlarms");
        let headers: HeaderMap = [
            (HeaderName::from_static("x-amz-target"), target),
            (header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.0")),
        ]
        .into_iter()
        .collect();
        let call = Call {
            dependency: "cloudwatch",
            method: Method::POST,
            url: &self.url,
            body: body.to_string().into_bytes(),
            headers,
            json: false,
            attempt_timeout: self.patience,
        };
        let answer = self.client.send(&call, context).await.map_err(|error| StoreError::new(UNKNOWN, error))?;
        if !answer.status.is_success() {
            // The body may repeat what should have been signed.
            return Err(StoreError::new(UNKNOWN, format!("CloudWatch answered {}", answer.status)));
        }
        // First as an object: an array of nothing would be read as an answer without alarms.
        let members: Map<String, Value> =
            serde_json::from_slice(&answer.body).map_err(|error| StoreError::new(UNKNOWN, error))?;
        let answer = serde_json::from_value(members.into()).map_err(|error| StoreError::new(UNKNOWN, error))?;
        Ok(self.ordered(answer))
    }

    /// Pages first, then the oldest first. Parts of other alarms are none of their own, nor is a deployment: they tell nobody.
    fn ordered(&self, answer: Answer) -> Vec<Alarm> {
        let all = answer.composite_alarms.into_iter().chain(answer.metric_alarms);
        let all = all.filter(|described| !described.alarm_description.starts_with("No notice."));
        let mut alarms: Vec<Alarm> = all.map(|described| self.alarm(described)).collect();
        alarms.sort_by(|one, other| other.page.cmp(&one.page).then(one.since.cmp(&other.since)));
        alarms
    }

    /// Descriptions begin with the urgency, then say what it means to riders up to a colon: so this stack writes them.
    fn alarm(&self, described: Described) -> Alarm {
        let Described { alarm_name, alarm_description, state_transitioned_timestamp, state_updated_timestamp } =
            described;
        let (page, meaning) = match alarm_description.strip_prefix("Page. ") {
            Some(meaning) => (true, meaning),
            None => (false, alarm_description.strip_prefix("Ticket. ").unwrap_or(&alarm_description)),
        };
        let meaning = meaning.split([':', '.']).next().unwrap_or_default().to_owned();
        let name = alarm_name.strip_prefix(&self.prefix).unwrap_or(&alarm_name).to_owned();
        let since = state_transitioned_timestamp.unwrap_or(state_updated_timestamp);
        let since = Timestamp::from_millisecond((since * 1_000.0) as i64).unwrap_or_default();
        Alarm { name, page, meaning, since }
    }
}

const UNKNOWN: &str = "the states of the alarms could not be read";

impl Rings for Alarms {
    async fn ringing(&self, context: &RequestContext) -> Option<Vec<Alarm>> {
        // A failure is kept as what it is: an old answer in place of a new one would claim what nobody knows.
        let read = async {
            let read = self.read(context).await;
            let told =
                read.inspect_err(|error| tracing::warn!(error = error as &dyn Error, "the page goes without alarms"));
            Ok::<_, Infallible>(told.ok())
        };
        self.kept.get_at(Instant::now(), read, |_| GOOD_FOR).await.flatten()
    }
}
