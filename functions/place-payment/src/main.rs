//! Between the rides' stream and the queue: gives each stored ride its payment.

use place_payment::{PaymentsTable, PlacePayment, SERVICE, Settings};
use shared::config::Environment;
use shared::faults::Faults;
use shared::{dynamodb, events, telemetry};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    telemetry::start(SERVICE, &environment);
    telemetry::exit_code(serve(&environment).await)
}

async fn serve(environment: &Environment) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let settings = Settings::read(environment)?;
    let client = dynamodb::client(environment)?;
    let (faults, ()) = tokio::join!(Faults::warmed(SERVICE, environment), dynamodb::warm(&client, dynamodb::WARM_UP));
    let table = PaymentsTable::new(client, settings.tables.clone());
    let place = &PlacePayment::new(settings.common, table, faults);
    events::run(|event, caller| async move { place.handle(&event, &caller).await }).await
}
