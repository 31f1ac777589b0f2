//! `cargo lab ride`.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use clap::Args;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Map, Value, json};

use super::state::State;
use super::terminal::{self, Palette, Style};
use super::{StackArgs, token, workspace_of};
use crate::assembly::Plan;

/// The gateway gives up after 29 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug, Args)]
#[command(
    after_help = "Uses the lab that `cargo lab up` runs; without one, starts a lab for this ride and stops it.\nExit code 0: the ride was booked and its row found."
)]
pub(super) struct Ride {
    #[command(flatten)]
    stack: StackArgs,
    #[command(flatten)]
    booking: Booking,
}

/// Where the rider is.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Booking {
    /// Latitude of the pickup location, in degrees
    #[arg(long, default_value_t = 42.352_508_622_855_74, allow_negative_numbers = true)]
    latitude: f64,
    /// Longitude of the pickup location, in degrees
    #[arg(long, default_value_t = -71.052_899_048_848_49, allow_negative_numbers = true)]
    longitude: f64,
}

impl Default for Booking {
    fn default() -> Self {
        Self { latitude: 42.352_508_622_855_74, longitude: -71.052_899_048_848_49 }
    }
}

impl Booking {
    /// The request's body.
    pub(super) fn body(self) -> String {
        json!({"PickupLocation": {"Latitude": self.latitude, "Longitude": self.longitude}}).to_string()
    }
}

/// What came of a booking.
#[derive(Debug)]
pub(super) struct Booked {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
    /// The stored row, in DynamoDB's JSON.
    row: Option<Value>,
}

impl Ride {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let options = self.stack.options(0)?;
        let started = Instant::now();
        let booked = match State::read(&workspace_of(&options.template)) {
            Some(state) => {
                let refused = self.stack.only_without_a_lab();
                anyhow::ensure!(
                    refused.is_empty(),
                    "a lab of stage {} runs already, so {} would have no effect; stop it, or leave them out",
                    state.stage,
                    refused.join(" and ")
                );
                terminal::print(&format!("booking with the running lab, {}", state.ride_url));
                book(&state, self.booking).await?
            }
            None => {
                let kept = if options.data.is_some() { "" } else { "; nothing is kept" };
                terminal::print(&format!("no lab runs here: starting one for this ride{kept}"));
                let lab = self.stack.start(Plan::new(&options).await?, &options).await?;
                book(&State::of(&lab)?, self.booking).await?
            }
        };
        show(&booked, started.elapsed());
        Ok(if booked.row.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The person at the machine, to the lab's DynamoDB: it asks for a signature and verifies none.
pub(super) const CREDENTIAL: &str =
    "AWS4-HMAC-SHA256 Credential=lab/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";

/// Posts the ride and reads its row back.
pub(super) async fn book(state: &State, booking: Booking) -> anyhow::Result<Booked> {
    let mut request = Request::post(&state.ride_url).header("content-type", "application/json");
    if let Some(pool) = &state.user_pool {
        let tokens = token::mint(pool, "lab", 300).await?;
        request = request.header("authorization", format!("Bearer {}", tokens.id_token));
    }
    let (status, headers, body) = send(request.body(booking.body().into())?)
        .await
        .with_context(|| format!("{} did not answer; is `cargo lab up` still running?", state.ride_url))?;
    let row = match body.get("RideId").and_then(Value::as_str) {
        Some(ride_id) if status == StatusCode::CREATED => row(state, ride_id).await?,
        _ => None,
    };
    Ok(Booked { status, headers, body, row })
}

async fn row(state: &State, ride_id: &str) -> anyhow::Result<Option<Value>> {
    let key = json!({"TableName": state.rides_table, "Key": {"RideId": {"S": ride_id}}, "ConsistentRead": true});
    let request = Request::post(&state.dynamodb)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.GetItem")
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", CREDENTIAL)
        .body(key.to_string().into())?;
    let (_, _, body) = send(request).await.context("the lab's DynamoDB did not answer")?;
    Ok(body.get("Item").cloned())
}

pub(super) async fn send(request: Request<Full<Bytes>>) -> anyhow::Result<(StatusCode, HeaderMap, Value)> {
    send_within(ANSWER_LIMIT, request).await
}

/// As [`send`], for an answer that begins within `limit`.
pub(super) async fn send_within(
    limit: Duration,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<(StatusCode, HeaderMap, Value)> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = tokio::time::timeout(limit, client.request(request)).await??;
    let (parts, body) = answer.into_parts();
    let body = body.collect().await?.to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    Ok((parts.status, parts.headers, body))
}

/// Prints the response and the row.
pub(super) fn show(booked: &Booked, elapsed: Duration) {
    let palette = Palette::stdout();
    let style = if booked.row.is_some() { Style::Green } else { Style::Red };
    let status = palette.paint(style, &format!("POST /ride -> {}", booked.status));
    let request_id = booked.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or("none");
    terminal::print(&format!("{status} in {} ms, request {request_id}", elapsed.as_millis()));
    terminal::print(&pretty(&booked.body));
    match &booked.row {
        Some(row) => terminal::print(&format!("stored as\n{}", pretty(&plain(&json!({"M": row}))))),
        None => terminal::print("no row was stored"),
    };
}

/// An attribute value without its types, as a person reads it: `{"N":"1.5"}` becomes `1.5`.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>
fn plain(attribute: &Value) -> Value {
    let typed = attribute.as_object().and_then(|object| object.iter().next());
    match typed.map(|(kind, value)| (kind.as_str(), value)) {
        Some(("M", Value::Object(members))) => {
            // The engine keeps no order; the same ride reads the same each time.
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            sorted.into_iter().map(|(name, member)| (name.clone(), plain(member))).collect::<Map<_, _>>().into()
        }
        Some(("L", Value::Array(items))) => items.iter().map(plain).collect(),
        Some(("N", Value::String(digits))) => serde_json::from_str(digits).unwrap_or_else(|_| digits.as_str().into()),
        Some((_, value)) => value.clone(),
        None => attribute.clone(),
    }
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string());
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_without_its_types() {
        let row = json!({"M": {"A": {"N": "-71.5"}, "B": {"L": [{"S": "x"}, {"BOOL": true}]}, "C": {"M": {}}}});
        assert_eq!(plain(&row), json!({"A": -71.5, "B": ["x", true], "C": {}}));
    }
}
