//! Stands in for the finance service, outside production.

use finance::{Finance, FinanceTable, SERVICE, routes};
use put_ride_record::RidesTable;
use shared::config::Environment;
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
    let (books, rides) = (environment.text("FINANCE_TABLE")?, environment.text("RIDES_TABLE")?);
    let client = dynamodb::client(environment)?;
    dynamodb::warm(&client, dynamodb::WARM_UP).await;
    let finance = Finance::new(FinanceTable::new(client.clone(), books), RidesTable::new(client, rides));
    service::run(settings, routes(), finance).await
}
