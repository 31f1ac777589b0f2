//! The heartbeat: books a ride as a rider would, and says by a metric whether that worked. Riders are not there at every
//! hour, and a system that nobody asks reports no failures.

mod missed;
mod settings;

pub use missed::Missed;
pub use settings::Settings;

use http::{HeaderMap, Method, StatusCode};
use shared::context::RequestContext;
use shared::events::{Caller, Events};
use shared::http::{Answer, Call, Client};
use shared::panic::caught;
use shared::params::{Parameter, Store};
use shared::ride::{Ride, RideId};
use shared::telemetry::metrics::{HEARTBEAT_RIDES, OfService, Recorder};
use shared::telemetry::trace::{Blame, Outcome};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The name of this service.
pub const SERVICE: &str = "probe";

/// What is booked: a unicorn to where the equator meets the prime meridian, in the sea. No rider stands there.
const BOOKING: &[u8] = br#"{"PickupLocation":{"Latitude":0.0,"Longitude":0.0}}"#;

/// The handler, over the store that knows the address.
#[derive(Debug)]
pub struct Probe<S> {
    events: Events,
    address: Parameter<S>,
    client: Client,
    attempt_timeout: Duration,
}

impl<S: Store> Probe<S> {
    /// A probe that books through this client where this store says.
    pub fn new(settings: Settings, store: S, client: Client) -> Self {
        let Settings { common, url_parameter, parameters, attempt_timeout, .. } = settings;
        let address = Parameter::new(url_parameter, Arc::new(store), parameters);
        Self { events: Events::new(common), address, client, attempt_timeout }
    }

    /// Books a ride and writes `HeartbeatRides`: 1 if there was one, else 0. Whatever happens, it is written.
    pub async fn beat(&self, caller: &Caller) -> bool {
        let invocation = self.events.begin(caller);
        let context = invocation.context().clone();
        let judge = |booked: &Result<_, Missed>| booked.as_ref().err().map_or_else(Outcome::fine, Blame::blame);
        invocation.run(self.measure(&context), judge).await.is_ok()
    }

    async fn measure(&self, context: &RequestContext) -> Result<RideId, Missed> {
        let started = Instant::now();
        let booked = match caught(Box::pin(self.book(context))).await {
            Ok(booked) => booked,
            Err(panicked) => Err(Missed::Panicked(panicked)),
        };
        let duration_ms = started.elapsed().as_micros() as f64 / 1_000.0;
        match &booked {
            Ok(ride) => tracing::info!(duration_ms, ride_id = %ride, "heartbeat"),
            Err(missed) => tracing::error!(duration_ms, error = missed as &dyn Error, "heartbeat missed"),
        }
        Recorder::current().record(HEARTBEAT_RIDES, OfService, booked.is_ok().into());
        booked
    }

    async fn book(&self, context: &RequestContext) -> Result<RideId, Missed> {
        let url = self.address.get(&context.budget).await?;
        let call = Call {
            dependency: "request-ride",
            method: Method::POST,
            url: &url,
            body: BOOKING.to_vec(),
            headers: HeaderMap::new(),
            json: true,
            attempt_timeout: self.attempt_timeout,
        };
        ride(&self.client.send(&call, context).await?)
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
