//! Chooses a unicorn of the fleet, which is read from its table now and then and never per request.

mod fleet;
mod table;

pub use fleet::{CachedFleet, NoFleet};
pub use table::{FleetTable, ScanError, UnicornsTable};

use http::{HeaderMap, Method, StatusCode};
use shared::problem::{Failure, Problem};
use shared::service::{Answer, Call, Handler, Routes, json};

/// The name of this service.
pub const SERVICE: &str = "request-unicorn";

/// The handler, over the fleet.
#[derive(Debug)]
pub struct RequestUnicorn<T> {
    fleet: CachedFleet<T>,
}

impl<T> RequestUnicorn<T> {
    /// A handler that chooses from this fleet.
    pub fn new(fleet: CachedFleet<T>) -> Self {
        Self { fleet }
    }
}

impl<T: FleetTable> Handler for RequestUnicorn<T> {
    async fn handle(&self, call: Call) -> Answer {
        let unicorns = self.fleet.unicorns(&call.context.budget).await?;
        let unicorn = fastrand::choice(&*unicorns).ok_or(NoFleet::Empty)?;
        json(StatusCode::OK, unicorn)
    }
}

impl From<NoFleet> for Failure {
    fn from(error: NoFleet) -> Self {
        let detail = match &error {
            NoFleet::Empty => "The fleet is empty.",
            NoFleet::Unread => "The fleet could not be read.",
        };
        Self::caused_by(Problem::Unavailable { detail, retry_after_s: 1 }, error)
    }
}

/// The paths of this service.
pub fn routes() -> Routes {
    let headers = HeaderMap::new();
    Routes {
        method: Method::GET,
        path: "/unicorn",
        also: &[],
        more: &[],
        health: "/unicorn/health",
        caller_budget: true,
        headers,
    }
}
