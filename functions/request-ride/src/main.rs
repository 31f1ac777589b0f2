//! `POST /ride`: books a unicorn and stores the ride.

use request_ride::{ClaimsTable, RequestRide, SERVICE, Services, Settings, routes};
use shared::budget::Budget;
use shared::config::Environment;
use shared::faults::{self, Faults};
use shared::http::{Client, Signer};
use shared::idempotency::Once;
use shared::params::Ssm;
use shared::{dynamodb, service, telemetry};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    telemetry::start(SERVICE, &environment);
    telemetry::exit_code(serve(&environment).await)
}

async fn serve(environment: &Environment) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let common = service::Settings::read(SERVICE, environment)?;
    let settings = Settings::read(environment)?;
    let ssm = Ssm::new(environment, settings.parameters.timeout, settings.connect_timeout)?;
    let client = Client::new(settings.connect_timeout, settings.schedule)?.signed_by(Signer::new(environment)?);
    let services = Services::new(&settings, ssm, client);
    let dynamodb = dynamodb::client(environment)?;
    let budget = Budget::lasting(settings.parameters.timeout);
    let (faults, (), ()) = tokio::join!(
        Faults::warmed(SERVICE, environment),
        services.warm(&budget),
        dynamodb::warm(&dynamodb, dynamodb::WARM_UP)
    );
    let once = Once::new(ClaimsTable::new(dynamodb, settings.idempotency_table.clone()), settings.idempotency);
    let service = service::service(common, routes(&settings), RequestRide::new(services, once));
    faults::run(faults, service).await
}
