//! Between the rides' stream and the queue: gives each stored ride its payment.

use lambda_runtime::{LambdaEvent, service_fn};
use place_payment::{PaymentsTable, PlacePayment, SERVICE, Settings};
use serde_json::Value;
use shared::config::Environment;
use shared::events::Caller;
use shared::faults::Faults;
use shared::{dynamodb, telemetry};
use std::process::ExitCode;
use std::time::Duration;

/// The longest that the start waits for the connection to the tables.
const WARM_UP: Duration = Duration::from_millis(500);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let environment = Environment::of_process();
    telemetry::start(SERVICE, &environment);
    telemetry::exit_code(serve(&environment).await)
}

async fn serve(environment: &Environment) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let settings = Settings::read(environment)?;
    let client = dynamodb::client(environment)?;
    dynamodb::warm(&client, WARM_UP).await;
    let table = PaymentsTable::new(client, settings.tables.clone());
    let faults = Faults::read(SERVICE, environment);
    if let Some(faults) = &faults {
        faults.warm().await;
    }
    let place = &PlacePayment::new(settings.common, table, faults);
    let handler = service_fn(|event: LambdaEvent<Value>| async move {
        let (event, invocation) = event.into_parts();
        let caller = Caller {
            request_id: invocation.request_id,
            deadline_ms: invocation.deadline,
            xray_trace_id: invocation.xray_trace_id,
        };
        place.handle(&event, &caller).await.map_err(lambda_runtime::Error::from)
    });
    lambda_runtime::run(handler).await
}
