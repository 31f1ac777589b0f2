//! Charges rides: takes their payments from the queue to the finance service.

use process_payment::{
    BreakerTable, FinanceService, Guard, Parts, PaymentsQueue, PaymentsTable, ProcessPayment, SERVICE, Settings,
};
use shared::config::Environment;
use shared::faults::Faults;
use shared::http::{Client, Signer};
use shared::params::Ssm;
use shared::{dynamodb, events, sqs, telemetry};
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
    let mut client = Client::new(settings.connect_timeout, Settings::ONE_ATTEMPT)?;
    if settings.finance_is_ours {
        client = client.signed_by(Signer::new(environment)?);
    }
    let dynamodb = dynamodb::client(environment)?;
    let breaker = BreakerTable::new(dynamodb.clone(), settings.tables.counts.clone());
    let parts = Parts {
        finance: FinanceService::new(&settings, ssm, client),
        payments: PaymentsTable::new(dynamodb.clone(), settings.tables.clone()),
        queue: PaymentsQueue::new(sqs::client(environment)?, &settings),
        breaker: Guard::new(breaker, settings.breaker),
    };
    let (faults, (), ()) = tokio::join!(
        Faults::warmed(SERVICE, environment),
        parts.finance.warm(),
        dynamodb::warm(&dynamodb, dynamodb::WARM_UP)
    );
    let process = &ProcessPayment::new(settings.common, settings.rules, parts, faults);
    events::run(|event, caller| async move { process.handle(&event, &caller).await }).await
}
