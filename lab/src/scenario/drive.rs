//! Riders: an open model, in which they come at their moments however long answers take, and latency counts from the moment
//! at which a ride was to be asked for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::task::JoinSet;

use super::bad;
use super::file::{Body, ClientKind};
use super::ledger::{self, Wanted};
use super::plan::Scale;

/// The longest that a client waits for one answer: API Gateway gives up after 29 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// Attempts of a client that tries again.
const ATTEMPTS: u32 = 3;

/// The pause before its second attempt; it doubles.
const PAUSE: Duration = Duration::from_millis(400);

/// Everybody who wants a ride. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Riders {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
    kind: ClientKind,
    body: Body,
    scale: Scale,
    seed: u64,
    began: Instant,
    told: Arc<Mutex<Vec<Wanted>>>,
}

/// What one attempt came to.
struct Answer {
    status: u16,
    request_id: Option<String>,
    ride_id: Option<String>,
    retry_after: Option<Duration>,
}

impl Riders {
    /// Riders who book at this address from now on.
    pub(super) fn new(url: String, kind: ClientKind, body: Body, scale: Scale, seed: u64) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self { client, url, kind, body, scale, seed, began: Instant::now(), told: Arc::default() }
    }

    /// When the load began.
    pub(super) fn began(&self) -> Instant {
        self.began
    }

    /// The load: one rider at each of these moments. Returns when all have come; their answers may still be on the way.
    pub(super) async fn load(&self, arrivals: &[Duration], asking: &mut JoinSet<()>) {
        for (number, offset) in (1..).zip(arrivals) {
            self.ask(number, *offset, true, asking).await;
        }
    }

    /// Riders at an even rate, until dropped.
    pub(super) async fn trickle(&self, first: u32, from: Duration, rate: f64, asking: &mut JoinSet<()>) {
        if rate <= 0.0 {
            return std::future::pending().await;
        }
        for (number, count) in (first..).zip(0_u32..) {
            self.ask(number, from + Duration::from_secs_f64(f64::from(count) / rate), false, asking).await;
        }
    }

    async fn ask(&self, number: u32, offset: Duration, load: bool, asking: &mut JoinSet<()>) {
        tokio::time::sleep_until((self.began + offset).into()).await;
        while asking.try_join_next().is_some() {}
        let riders = self.clone();
        asking.spawn(async move {
            let wanted = riders.book(number, offset, load).await;
            riders.told().push(wanted);
        });
    }

    /// What riders have been told so far, in the order of their numbers.
    pub(super) fn rides(&self) -> Vec<Wanted> {
        let mut rides = self.told().clone();
        rides.sort_by_key(|ride| ride.number);
        rides
    }

    /// How many were told what.
    pub(super) fn statuses(&self) -> BTreeMap<u16, usize> {
        let mut statuses = BTreeMap::new();
        for ride in self.told().iter() {
            *statuses.entry(ride.status).or_default() += 1;
        }
        statuses
    }

    async fn book(&self, number: u32, offset: Duration, load: bool) -> Wanted {
        let mut random = fastrand::Rng::with_seed(self.seed ^ u64::from(number));
        let key = (self.kind == ClientKind::Browser).then(|| format!("{:016x}-{number}", self.seed));
        let mut attempts = 1;
        let answer = loop {
            let answer = self.attempt(number, load, key.as_deref()).await;
            let again = matches!(answer.status, 0 | 429 | 500..);
            if self.kind == ClientKind::None || !again || attempts == ATTEMPTS {
                break answer;
            }
            let pause = PAUSE * 2_u32.pow(attempts - 1);
            let pause = pause.mul_f64(0.5 + random.f64()).max(answer.retry_after.unwrap_or_default());
            tokio::time::sleep(pause).await;
            attempts += 1;
        };
        Wanted {
            number,
            at: self.scale.scenario(offset),
            load,
            status: answer.status,
            latency_ms: self.began.elapsed().saturating_sub(offset).as_secs_f64() * 1000.0,
            attempts,
            request_id: answer.request_id,
            ride_id: answer.ride_id,
        }
    }

    async fn attempt(&self, number: u32, load: bool, key: Option<&str>) -> Answer {
        let none = Answer { status: 0, request_id: None, ride_id: None, retry_after: None };
        let (media_type, body) = match self.body {
            Body::Bad if load => bad::request(number),
            _ => {
                ("application/json", serde_json::json!({"PickupLocation": ledger::location(number)}).to_string().into())
            }
        };
        let mut request = Request::post(&self.url).header(header::CONTENT_TYPE, media_type);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let Ok(request) = request.body(Full::new(body)) else { return none };
        let answered = async {
            let response = self.client.request(request).await.ok()?;
            let (parts, body) = response.into_parts();
            let body = body.collect().await.ok()?.to_bytes();
            let ride: Value = serde_json::from_slice(&body).unwrap_or_default();
            Some(Answer {
                status: parts.status.as_u16(),
                request_id: text(&parts.headers, "x-request-id"),
                ride_id: ride["RideId"].as_str().map(str::to_owned),
                retry_after: text(&parts.headers, "retry-after")
                    .and_then(|text| text.parse().ok())
                    .map(Duration::from_secs),
            })
        };
        tokio::time::timeout(PATIENCE, answered).await.ok().flatten().unwrap_or(none)
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Vec<Wanted>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
