//! The heartbeat: books a ride and measures whether that worked.

use probe::{Probe, SERVICE, Settings};
use shared::config::Environment;
use shared::http::{Client, Signer};
use shared::params::Ssm;
use shared::{events, telemetry};
use std::convert::Infallible;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    telemetry::start(SERVICE, &environment);
    telemetry::exit_code(serve(&environment).await)
}

async fn serve(environment: &Environment) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let settings = Settings::read(environment)?;
    let ssm = Ssm::new(environment, settings.parameters.timeout, settings.connect_timeout)?;
    let client = Client::new(settings.connect_timeout, Settings::SCHEDULE)?.signed_by(Signer::new(environment)?);
    let probe = &Probe::new(settings, ssm, client);
    let beat = |_, caller| async move {
        probe.beat(&caller).await;
        // A ride that could not be booked is a measurement, not an error of this function.
        Ok::<(), Infallible>(())
    };
    events::run(beat).await
}
