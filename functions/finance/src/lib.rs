//! Stands in for the finance service that the payments go to, where there is no real one: its rule of dates, its answers
//! that may be repeated, its moods, and a ledger of what it charged. Never in production.

mod ledger;
mod london;
mod order;
mod process;
mod scenario;
mod table;

pub use ledger::{Charge, Charged, Charges, Directs, Entry, Ledger, Scenes, TableError, Tries};
pub use order::Order;
pub use scenario::{BROKEN_DATE, BROKEN_PRODUCT, Behaviour, Scenario};
pub use table::FinanceTable;

use http::{HeaderMap, Method, StatusCode};
use put_ride_record::{Put, Rides};
use serde_json::{Value, json};
use shared::idempotency::Key;
use shared::json::FieldErrors;
use shared::problem::{Failure, Problem};
use shared::ride::{Label, Latitude, Location, Longitude, Record, Ride, Unicorn};
use shared::service::{Answer, Call, Handler, Route, Routes, json};

/// The name of this service.
pub const SERVICE: &str = "finance";

const PROCESS: &str = "/finance/ProcessPayment";
const SCENARIO: &str = "/finance/scenario";
const CHARGES: &str = "/finance/charges";

static MORE: [Route; 2] =
    [Route { method: Method::POST, path: SCENARIO }, Route { method: Method::GET, path: CHARGES }];

/// The handler, over its books and the place where rides are stored.
#[derive(Debug)]
pub struct Finance<B, R> {
    books: B,
    rides: R,
}

impl<B, R> Finance<B, R> {
    /// A service that keeps these books and places broken orders here.
    pub fn new(books: B, rides: R) -> Self {
        Self { books, rides }
    }
}

impl<B: Charges + Tries + Scenes + Directs + Ledger, R: Rides> Handler for Finance<B, R> {
    async fn handle(&self, call: Call) -> Answer {
        match call.route() {
            PROCESS => process::process(&self.books, &call).await,
            SCENARIO => self.direct(&call).await,
            CHARGES => self.charges(&call).await,
            _ => Err(Problem::NotFound.into()),
        }
    }
}

impl<B: Directs + Ledger, R: Rides> Finance<B, R> {
    async fn direct(&self, call: &Call) -> Answer {
        let (scenario, behaviour) = Behaviour::parse(call.json_body()?)?;
        if scenario == Scenario::BrokenOrder {
            // It is placed beside whatever scenario is on.
            let record = broken_order().ok_or(Problem::Internal)?;
            return match self.rides.create(&record, &call.context.budget).await? {
                Put::Created | Put::SameAsBefore => {
                    let placed = json!({"RideId": record.ride.ride_id, "RequestTime": record.ride.request_time});
                    json(StatusCode::OK, &json!({"scenario": scenario.name(), "placed": placed}))
                }
                Put::OtherThanBefore => Err(Problem::Conflict("Another ride is stored under the new id.").into()),
            };
        }
        self.books.set(&behaviour, &call.context.budget).await?;
        let Behaviour { percentage, min_latency_ms, max_latency_ms, seed, .. } = behaviour;
        let told = json!({
            "scenario": scenario.name(), "percentage": percentage,
            "min_latency": min_latency_ms, "max_latency": max_latency_ms, "seed": seed,
        });
        json(StatusCode::OK, &told)
    }

    async fn charges(&self, call: &Call) -> Answer {
        let Some(ride) = call.query("ride") else {
            let charged = self.books.total(&call.context.budget).await?;
            return json(StatusCode::OK, &json!({"charged": charged}));
        };
        let key = Key::parse(ride.as_bytes()).map_err(|_| {
            let mut errors = FieldErrors::default();
            errors.add("/ride", "must be an idempotency key: 1 to 255 visible ASCII characters");
            errors.into_result().err().map_or(Problem::Internal, Problem::InvalidFields)
        })?;
        let entry = self.books.entry(&process::id(&key), &call.context.budget).await?;
        let requests = entry.as_ref().map_or(0, |entry| entry.requests);
        let charges: Vec<Value> = entry
            .into_iter()
            .map(|Entry { order, charged_at, .. }| {
                let Order { product, customer, date } = order;
                json!({"product": product, "customer": customer, "date": date, "chargedAt": charged_at})
            })
            .collect();
        json(StatusCode::OK, &json!({"ride": ride, "charged": charges.len(), "requests": requests, "charges": charges}))
    }
}

/// A ride of the year 3000. It goes the way of every other ride, and its date is what finance refuses.
fn broken_order() -> Option<Record> {
    let name = || Label::try_from(BROKEN_PRODUCT.to_owned()).ok();
    let unicorn = Unicorn { name: name()?, color: name()?, device_id: name()? };
    let pickup_location =
        Location { latitude: Latitude::try_from(0.0).ok()?, longitude: Longitude::try_from(0.0).ok()? };
    Some(Record { ride: Ride::asked_for(BROKEN_DATE.parse().ok()?, unicorn), pickup_location, rider: name() })
}

impl From<TableError> for Failure {
    fn from(error: TableError) -> Self {
        let problem = Problem::Unavailable { detail: "The books cannot be read or written.", retry_after_s: 1 };
        Self::caused_by(problem, error)
    }
}

/// The paths of this service.
pub fn routes() -> Routes {
    Routes {
        method: Method::POST,
        path: PROCESS,
        also: &[],
        more: &MORE,
        health: "/finance/health",
        caller_budget: true,
        headers: HeaderMap::new(),
    }
}
