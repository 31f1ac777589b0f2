//! `GET /unicorn`: a random unicorn of the fleet.

use request_unicorn::{CachedFleet, RequestUnicorn, SERVICE, UnicornsTable, routes};
use shared::budget::Budget;
use shared::config::Environment;
use shared::faults::{self, Faults};
use shared::{dynamodb, service, telemetry};
use std::process::ExitCode;
use std::time::Duration;

/// The longest that the start waits for the fleet.
const WARM_UP: Duration = Duration::from_millis(1_000);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    telemetry::start(SERVICE, &environment);
    telemetry::exit_code(serve(&environment).await)
}

async fn serve(environment: &Environment) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let settings = service::Settings::read(SERVICE, environment)?;
    let ttl = environment.seconds("FLEET_TTL_SECONDS")?;
    let table = UnicornsTable::new(dynamodb::client(environment)?, environment.text("UNICORNS_TABLE")?);
    let fleet = CachedFleet::new(table, ttl);
    let budget = Budget::lasting(WARM_UP);
    // Best effort: what fails here is logged there, and the first request tries again.
    let (faults, _) = tokio::join!(Faults::warmed(SERVICE, environment), fleet.unicorns(&budget));
    faults::run(faults, service::service(settings, routes(), RequestUnicorn::new(fleet))).await
}
