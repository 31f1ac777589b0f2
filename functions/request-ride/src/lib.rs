//! Books a unicorn: asks the fleet for one, stores the ride, and only then answers 201.

mod fleet;
mod record;
mod rider;
mod services;
mod settings;

pub use fleet::{Fleet, FleetError};
pub use record::{RecordError, Records};
pub use services::Services;
pub use settings::Settings;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use shared::ride::{Record, Ride, pickup_location};
use shared::service::{Answer, Call, Handler, Routes, json};

/// The name of this service.
pub const SERVICE: &str = "request-ride";

/// The handler, over the two services it needs.
#[derive(Debug)]
pub struct RequestRide<S> {
    services: S,
}

impl<S> RequestRide<S> {
    /// A handler that calls these services.
    pub fn new(services: S) -> Self {
        Self { services }
    }
}

impl<S: Fleet + Records + 'static> Handler for RequestRide<S> {
    async fn handle(&self, call: Call) -> Answer {
        let asked = Timestamp::now();
        let rider = rider::rider(&call)?;
        let pickup_location = pickup_location(call.json_body()?)?;
        let unicorn = self.services.unicorn(&call.context).await?;
        let ride = Ride::asked_for(asked, unicorn);
        let record = Record { ride, pickup_location, rider };
        // The one way to a 201 leads through here.
        self.services.record(&record, &call.context).await?;
        json(StatusCode::CREATED, &record.ride)
    }
}

/// The paths of this service, with the CORS headers that a page from elsewhere needs on every answer, errors included.
pub fn routes(settings: &Settings) -> Routes {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, settings.cors_origin.clone());
    let exposed = HeaderValue::from_static("X-Request-ID,Retry-After");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    if settings.cors_origin != "*" {
        // A cache must not give the answer for one origin to another.
        headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    Routes { method: Method::POST, path: "/ride", health: "/health", headers }
}
