//! The heartbeat: books a ride and measures whether that worked.

use lambda_runtime::{LambdaEvent, service_fn};
use probe::{Probe, SERVICE, Settings};
use serde_json::Value;
use shared::config::Environment;
use shared::events::Caller;
use shared::http::{Client, Signer};
use shared::params::Ssm;
use shared::telemetry;
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
    let handler = service_fn(|event: LambdaEvent<Value>| async move {
        let invocation = event.context;
        let caller = Caller {
            request_id: invocation.request_id,
            deadline_ms: invocation.deadline,
            xray_trace_id: invocation.xray_trace_id,
        };
        probe.beat(&caller).await;
        // A ride that could not be booked is a measurement, not an error of this function.
        Ok::<(), lambda_runtime::Error>(())
    });
    lambda_runtime::run(handler).await
}
