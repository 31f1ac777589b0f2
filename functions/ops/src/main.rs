//! `GET /ops`, `/payments`, `/count` and the redrives.

use ops::{Alarms, Ops, Outlook, PaymentTables, Queues, SERVICE, Settings, Watch, routes};
use shared::config::Environment;
use shared::http::{Client, Signer};
use shared::params::Ssm;
use shared::retry::Schedule;
use shared::{dynamodb, service, sqs, telemetry};
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
    let client = dynamodb::client(environment)?;
    dynamodb::warm(&client, dynamodb::WARM_UP).await;
    let tables = PaymentTables::new(client, settings.tables.clone());
    let queues = Queues::new(sqs::client(environment)?, settings.queue_url.clone(), settings.dead_letters_url.clone());
    let ssm = Ssm::new(environment, settings.ssm_timeout, settings.connect_timeout)?;
    let watch = Watch::new(ssm, settings.faults_parameter.clone(), settings.ssm_timeout);
    let stage = common.stage.clone();
    let once = Schedule { attempts: 1, base: settings.cloudwatch_timeout, cap: settings.cloudwatch_timeout };
    let client = Client::new(settings.connect_timeout, once)?.signed_by(Signer::of_service(environment, "monitoring")?);
    let alarms = Alarms::new(environment, client, &stage, settings.cloudwatch_timeout)?;
    let outlook = Outlook { watch, alarms };
    // No faults on purpose here: whoever experiments needs to see.
    service::run(common, routes(), Ops::new(stage, tables, queues, outlook)).await?;
    Ok(())
}
