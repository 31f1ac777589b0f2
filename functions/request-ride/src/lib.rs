//! Books a unicorn: asks the fleet for one, stores the ride, and only then answers 201.

mod book;
mod claims;
mod counts;
mod fleet;
mod record;
mod rider;
mod services;
mod settings;

pub use book::{Wish, payload};
pub use claims::{ClaimsError, ClaimsTable};
pub use fleet::{Fleet, FleetError};
pub use record::{RecordError, Records};
pub use services::Services;
pub use settings::Settings;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use shared::idempotency::{Claims, Key, Once};
use shared::problem::Problem;
use shared::ride::pickup_location;
use shared::service::{Answer, Call, Handler, Routes, json_text};

/// The name of this service.
pub const SERVICE: &str = "request-ride";

/// The handler, over the two services and the table that it needs.
#[derive(Debug)]
pub struct RequestRide<S, C> {
    services: S,
    once: Once<C>,
}

impl<S, C> RequestRide<S, C> {
    /// A handler that calls these services, and once for every idempotency key.
    pub fn new(services: S, once: Once<C>) -> Self {
        Self { services, once }
    }
}

impl<S: Fleet + Records + 'static, C: Claims> Handler for RequestRide<S, C> {
    async fn handle(&self, call: Call) -> Answer {
        let asked = Timestamp::now();
        let rider = rider::rider(&call)?;
        let pickup_location = pickup_location(call.json_body()?)?;
        let key = Key::of(call.headers()).map_err(|error| Problem::BadHeader(error.to_string()))?;
        let booking = self.book(Wish { asked, pickup_location, rider, key }, &call.context).await?;
        Ok(json_text(StatusCode::CREATED, booking.into_answer()))
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
    Routes {
        method: Method::POST,
        path: "/ride",
        also: &[rider::PROBE_ROUTE],
        more: &[],
        health: "/health",
        caller_budget: false,
        headers,
    }
}
