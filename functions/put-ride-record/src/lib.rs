//! Stores a ride: created once, never overwritten.

mod coordinate;
mod item;
mod table;

pub use table::{Put, RidesTable, StoreError};

use http::{HeaderMap, Method, StatusCode};
use serde_json::json;
use shared::budget::Budget;
use shared::problem::{Failure, Problem};
use shared::ride::Record;
use shared::service::{Answer, Call, Handler, Routes, json};
use shared::telemetry::metrics::{OfRide, RIDES_RECORDED, Recorder};
use std::future::Future;

/// The name of this service.
pub const SERVICE: &str = "put-ride-record";

/// Where rides are stored.
pub trait Rides: Send + Sync + 'static {
    /// Creates a ride, or says what is there under its id.
    fn create(&self, record: &Record, budget: &Budget) -> impl Future<Output = Result<Put, StoreError>> + Send;
}

/// The handler, over the one operation it needs.
#[derive(Debug)]
pub struct PutRideRecord<R> {
    rides: R,
}

impl<R> PutRideRecord<R> {
    /// A handler that stores rides here.
    pub fn new(rides: R) -> Self {
        Self { rides }
    }
}

impl<R: Rides> Handler for PutRideRecord<R> {
    async fn handle(&self, call: Call) -> Answer {
        let record = Record::parse(call.json_body()?)?;
        let put = self.rides.create(&record, &call.context.budget).await?;
        if put == Put::Created {
            let ride = OfRide(record.ride.request_time.instant());
            Recorder::current().record(RIDES_RECORDED, ride, 1);
        }
        match put {
            // The same ride again is a retry whose first answer was lost: it is stored, which is what was asked for.
            Put::Created | Put::SameAsBefore => json(StatusCode::CREATED, &json!({"success": true})),
            Put::OtherThanBefore => Err(Problem::Conflict("Another ride is already stored under this RideId.").into()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let problem = match &error {
            StoreError::Call(_) | StoreError::NothingOld => {
                Problem::Unavailable { detail: "The ride could not be stored.", retry_after_s: 1 }
            }
        };
        Self::caused_by(problem, error)
    }
}

/// The paths of this service.
pub fn routes() -> Routes {
    let headers = HeaderMap::new();
    Routes {
        method: Method::POST,
        path: "/record",
        also: &[],
        more: &[],
        health: "/record/health",
        caller_budget: true,
        headers,
    }
}
