//! Custom resource: seeds the fleet on create and update.

use lambda_runtime::{LambdaEvent, service_fn};
use seed_fleet::{SERVICE, Seeder, Settings, UnicornsTable};
use serde_json::Value;
use shared::config::Environment;
use shared::events::Caller;
use shared::http::Client;
use shared::{dynamodb, telemetry};
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
    let handler = service_fn(|event: LambdaEvent<Value>| async move {
        let (event, invocation) = event.into_parts();
        let caller = Caller {
            request_id: invocation.request_id,
            deadline_ms: invocation.deadline,
            xray_trace_id: invocation.xray_trace_id,
        };
        seeder.handle(event, caller).await.map_err(lambda_runtime::Error::from)
    });
    lambda_runtime::run(handler).await
}
