//! `POST /record`: stores a ride, once.

use put_ride_record::{PutRideRecord, RidesTable, SERVICE, routes};
use shared::config::Environment;
use shared::faults::{self, Faults};
use shared::{dynamodb, service, telemetry};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    telemetry::start(SERVICE, &environment);
    telemetry::exit_code(serve(&environment).await)
}

async fn serve(environment: &Environment) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let settings = service::Settings::read(SERVICE, environment)?;
    let table = environment.text("RIDES_TABLE")?;
    let client = dynamodb::client(environment)?;
    let (faults, ()) = tokio::join!(Faults::warmed(SERVICE, environment), dynamodb::warm(&client, dynamodb::WARM_UP));
    let service = service::service(settings, routes(), PutRideRecord::new(RidesTable::new(client, table)));
    faults::run(faults, service).await
}
