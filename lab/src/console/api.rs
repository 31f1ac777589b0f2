//! The JSON of the console.

use std::collections::BTreeMap;
use std::time::Duration;

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::query::{BadQuery, Query};
use super::{error, ok};
use crate::cloudwatch::CloudWatch;
use crate::instruments::Instruments;
use crate::listen::Answer;
use crate::observation::{LineFilter, Observation, Order, RequestFilter};
use crate::template::{Function, MetricName, Statistic};

/// What is the same for as long as the lab runs.
#[derive(Debug, Serialize)]
pub(crate) struct About {
    /// Stage.
    pub(crate) stage: String,
    /// Region.
    pub(crate) region: String,
    /// Origin of the API.
    pub(crate) origin: String,
    /// When the lab came up, in milliseconds since 1970.
    pub(crate) started_at_ms: i64,
    /// How many times as fast as the machine's CloudWatch's clock runs.
    pub(crate) compress: u16,
    /// The functions.
    pub(crate) functions: Vec<FunctionName>,
}

/// A function and the service that it is.
#[derive(Debug, Serialize)]
pub(crate) struct FunctionName {
    /// Physical name.
    name: String,
    /// What its log lines call it.
    service: String,
}

impl FunctionName {
    /// The names of a function. A binary is called as its service.
    pub(crate) fn of(function: &Function) -> Self {
        Self { name: function.name.clone(), service: function.binary.clone() }
    }
}

/// Where the answers come from.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) about: About,
    pub(crate) instruments: Instruments,
    pub(crate) observation: Observation,
    pub(crate) cloudwatch: CloudWatch,
}

/// Why there is no answer.
enum Refusal {
    BadQuery(BadQuery),
    Unknown(String),
}

impl From<BadQuery> for Refusal {
    fn from(why: BadQuery) -> Self {
        Self::BadQuery(why)
    }
}

impl Sources {
    /// The answer to `GET path`.
    pub(super) fn answer(&self, path: &str, query: &Query) -> Answer {
        match self.value(path, query) {
            Ok(value) => ok(&value),
            Err(Refusal::BadQuery(why)) => error(StatusCode::BAD_REQUEST, &why.to_string()),
            Err(Refusal::Unknown(why)) => error(StatusCode::NOT_FOUND, &why),
        }
    }

    fn value(&self, path: &str, query: &Query) -> Result<Value, Refusal> {
        let below = |folder| path.strip_prefix(folder).filter(|rest| !rest.is_empty()).map(decoded);
        Ok(match path {
            "/api/state" => self.state(),
            "/api/alarms" => json!(self.cloudwatch.snapshot()),
            "/api/requests" => json!(self.observation.requests(&requests(query)?)),
            "/api/logs" => self.logs(query)?,
            "/api/errors" => json!(self.observation.errors()),
            "/api/map" => {
                let minutes = query.number("minutes", 1..=LONGEST_MINUTES as u32, MINUTES)?.unwrap_or(5);
                json!(self.observation.map(minutes, Timestamp::now()))
            }
            "/api/metrics" => self.metrics(),
            "/api/metrics/data" => self.data(query)?,
            "/api/dashboards" => {
                let names = self.cloudwatch.dashboards().map(|name| json!({"name": name}));
                json!({"dashboards": names.collect::<Vec<_>>()})
            }
            _ => {
                if let Some(id) = below("/api/requests/") {
                    let unknown = || Refusal::Unknown(format!("no request, trace or invocation {id} is known"));
                    json!(self.observation.request(&id).ok_or_else(unknown)?)
                } else if let Some(name) = below("/api/dashboards/") {
                    self.dashboard(&name, query)?
                } else {
                    return Err(Refusal::Unknown("there is no such page; the console is at /".to_owned()));
                }
            }
        })
    }

    fn dashboard(&self, name: &str, query: &Query) -> Result<Value, Refusal> {
        let (from, to) = self.window(query)?;
        match self.cloudwatch.dashboard(name, from, to) {
            Some(Ok(dashboard)) => Ok(dashboard),
            Some(Err(why)) => Err(Refusal::Unknown(why.to_string())),
            None => Err(Refusal::Unknown(format!("the template has no dashboard {name}"))),
        }
    }

    fn logs(&self, query: &Query) -> Result<Value, Refusal> {
        let text = |name| query.text(name).map(str::to_owned);
        let filter = LineFilter {
            request: text("request"),
            service: text("service"),
            level: text("level"),
            after: query.number("after", 0..=u64::MAX, "a line's number")?,
            limit: query.number("limit", 0..=10_000, "0 to 10000")?,
            metrics: query.flag("metrics"),
        };
        let unknown = || Refusal::Unknown(format!("no request {} is known", filter.request.as_deref().unwrap_or("-")));
        Ok(json!(self.observation.logs(&filter).ok_or_else(unknown)?))
    }
}

fn requests(query: &Query) -> Result<RequestFilter, BadQuery> {
    let order = match query.text("order") {
        None | Some("newest") => Order::Newest,
        Some("slowest") => Order::Slowest,
        Some(_) => return Err(query.bad("order", "newest or slowest")),
    };
    Ok(RequestFilter {
        faulty: query.flag("faulty"),
        slow: query.flag("slow"),
        cold: query.flag("cold"),
        route: query.text("route").map(str::to_owned),
        limit: query.number("limit", 1..=1_000, "1 to 1000")?,
        order,
    })
}

/// A part of a path, as it was before it became one.
fn decoded(part: &str) -> String {
    // A part has no `+` for a space, which form data has, and no `&` or `=`.
    let form = part.replace('+', "%2B");
    url::form_urlencoded::parse(format!("x={form}").as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

/// The longest time that a chart may cover: three days, as the longest window of an alarm.
const LONGEST_MINUTES: i64 = 3 * 24 * 60;
const MINUTES: &str = "1 to 4320 minutes";

impl Sources {
    fn state(&self) -> Value {
        let mut state = json!(self.about);
        state["now_ms"] = Timestamp::now().as_millisecond().into();
        state
    }

    fn metrics(&self) -> Value {
        let metrics = self.instruments.metrics.list().into_iter().map(|listed| {
            let MetricName { namespace, name, dimensions } = listed.metric;
            json!({"namespace": namespace, "name": name, "dimensions": dimensions, "unit": listed.unit})
        });
        json!({"metrics": metrics.collect::<Vec<_>>()})
    }

    fn data(&self, query: &Query) -> Result<Value, BadQuery> {
        let required = |name| query.text(name).ok_or_else(|| query.bad(name, "given"));
        let metric = MetricName {
            namespace: required("namespace")?.to_owned(),
            name: required("name")?.to_owned(),
            dimensions: dimensions(query)?,
        };
        let stat = query.text("stat").unwrap_or("Average");
        let statistic = Statistic::named(stat).ok_or_else(|| {
            query.bad("stat", "SampleCount, Average, Sum, Minimum, Maximum or a percentile such as p99")
        })?;
        let period = query.number("period", 60..=86_400_u64, "60 to 86400 seconds, whole minutes")?.unwrap_or(60);
        if !period.is_multiple_of(60) {
            return Err(query.bad("period", "60 to 86400 seconds, whole minutes"));
        }
        let (from, to) = self.window(query)?;
        let points = self.instruments.metrics.series(&metric, statistic, Duration::from_secs(period), from, to);
        let points: Vec<_> = points.into_iter().map(|(at, value)| (at.as_millisecond(), value)).collect();
        let unit = self
            .instruments
            .metrics
            .list()
            .into_iter()
            .find(|listed| listed.metric == metric)
            .map(|listed| listed.unit);
        Ok(json!({"label": format!("{} {stat}", metric.name), "unit": unit.unwrap_or("None"), "points": points}))
    }

    /// The last `minutes` of CloudWatch's clock, the present one included.
    fn window(&self, query: &Query) -> Result<(Timestamp, Timestamp), BadQuery> {
        let minutes = query.number("minutes", 1..=LONGEST_MINUTES, MINUTES)?.unwrap_or(60);
        let to = self.instruments.clock.now();
        let back = SignedDuration::from_mins(minutes);
        Ok((
            to.checked_sub(back).unwrap_or(Timestamp::UNIX_EPOCH),
            to.checked_add(SignedDuration::from_mins(1)).unwrap_or(to),
        ))
    }
}

/// `a=b,c=d`: names and values of dimensions.
fn dimensions(query: &Query) -> Result<BTreeMap<String, String>, BadQuery> {
    let Some(text) = query.text("dimensions") else { return Ok(BTreeMap::new()) };
    let pair = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    text.split(',').map(pair).collect::<Option<_>>().ok_or_else(|| query.bad("dimensions", "name=value,name=value"))
}
