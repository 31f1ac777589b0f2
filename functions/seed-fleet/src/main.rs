//! Custom resource: seeds the fleet on create and update.

use seed_fleet::{SERVICE, Seeder, Settings, UnicornsTable};
use shared::config::Environment;
use shared::http::Client;
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
    let table = UnicornsTable::new(dynamodb::client(environment)?, settings.table.clone());
    let client = Client::new(settings.connect_timeout, settings.schedule)?;
    let seeder = &Seeder::new(settings, table, client);
    events::run(|event, caller| seeder.handle(event, caller)).await
}
