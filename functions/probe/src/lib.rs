//! The heartbeat: books a ride as a rider would, and says by a metric whether that worked. Riders are not there at every
//! hour, and a system that nobody asks reports no failures.

mod missed;
mod settings;

pub use missed::Missed;
pub use settings::Settings;

use http::{Method, StatusCode};
use shared::budget::{Budget, Limits};
use shared::context::{RequestContext, trace_header};
use shared::http::{Answer, Call, Client};
use shared::panic::caught;
use shared::params::{Parameter, Store};
use shared::request_id::RequestId;
use shared::ride::{Ride, RideId};
use shared::telemetry::metrics::{HEARTBEAT_RIDES, OfService, Recorder};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};
use tracing::Instrument;

/// The name of this service.
pub const SERVICE: &str = "probe";

/// What is booked: a unicorn to where the equator meets the prime meridian, in the sea. No rider stands there.
const BOOKING: &[u8] = br#"{"PickupLocation":{"Latitude":0.0,"Longitude":0.0}}"#;

/// What is known about an invocation.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// Lambda's id of it.
    pub request_id: String,
    /// Its deadline, in milliseconds since the Unix epoch.
    pub deadline_ms: u64,
    /// The X-Ray trace header of it.
    pub xray_trace_id: Option<String>,
}

/// The handler, over the store that knows the address.
#[derive(Debug)]
pub struct Probe<S> {
    address: Parameter<S>,
    client: Client,
    timeout: Duration,
    attempt_timeout: Duration,
    cold: AtomicBool,
}

impl<S: Store> Probe<S> {
    /// A probe that books through this client where this store says.
    pub fn new(settings: Settings, store: S, client: Client) -> Self {
        let Settings { url_parameter, parameters, timeout, attempt_timeout, .. } = settings;
        let address = Parameter::new(url_parameter, Arc::new(store), parameters);
        Self { address, client, timeout, attempt_timeout, cold: AtomicBool::new(true) }
    }

    /// Books a ride and writes `HeartbeatRides`: 1 if there was one, else 0. Whatever happens, it is written.
    pub async fn beat(&self, caller: &Caller) -> bool {
        let context = self.context(caller);
        let span = tracing::error_span!(
            "invocation",
            function_request_id = caller.request_id.as_str(),
            request_id = context.request_id.as_str(),
            xray_trace_id = context.trace_id(),
            cold_start = self.cold.swap(false, Ordering::Relaxed),
        );
        self.measure(&context).instrument(span).await
    }

    async fn measure(&self, context: &RequestContext) -> bool {
        let started = Instant::now();
        let metrics = Recorder::default();
        let booked = match caught(Box::pin(metrics.clone().during(self.book(context)))).await {
            Ok(booked) => booked,
            Err(panicked) => Err(Missed::Panicked(panicked)),
        };
        let duration_ms = started.elapsed().as_micros() as f64 / 1_000.0;
        match &booked {
            Ok(ride) => tracing::info!(duration_ms, ride_id = %ride, "heartbeat"),
            Err(missed) => tracing::error!(duration_ms, error = missed as &dyn Error, "heartbeat missed"),
        }
        metrics.record(HEARTBEAT_RIDES, OfService, booked.is_ok().into());
        metrics.flush();
        booked.is_ok()
    }

    async fn book(&self, context: &RequestContext) -> Result<RideId, Missed> {
        let url = self.address.get(&context.budget).await?;
        let call = Call {
            dependency: "request-ride",
            method: Method::POST,
            url: &url,
            body: BOOKING.to_vec(),
            json: true,
            attempt_timeout: self.attempt_timeout,
        };
        ride(&self.client.send(&call, context).await?)
    }

    fn context(&self, caller: &Caller) -> RequestContext {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now_ms = u64::try_from(since_epoch.as_millis()).unwrap_or_default();
        let limits = Limits { now_ms, deadline_ms: caller.deadline_ms, timeout: self.timeout, caller_waits: None };
        RequestContext {
            request_id: RequestId::parse(&caller.request_id).unwrap_or_else(|| RequestId::of(&Default::default())),
            budget: Budget::start_at(Instant::now(), &limits),
            trace: caller.xray_trace_id.as_deref().and_then(trace_header),
            traceparent: None,
        }
    }
}

/// The ride in an answer. A 201 without one is no ride: the page of a rider could show nothing.
fn ride(answer: &Answer) -> Result<RideId, Missed> {
    if let Some(why) = answer.forbidden() {
        return Err(Missed::Forbidden(why.to_owned()));
    }
    if answer.status != StatusCode::CREATED {
        return Err(Missed::Status(answer.status));
    }
    let ride = answer.is_json.then(|| Ride::parse(&answer.body).ok()).flatten();
    ride.map(|ride| ride.ride_id).ok_or(Missed::NotARide)
}
