//! The function as main builds it: real clients, an engine for the tables, sockets for the queue and for finance.

use crate::fake::{Fake, Reply};
use crate::payment_tables::names;
use crate::tables::client;
use crate::world::job;
use process_payment::{
    BreakerTable, FinanceService, Guard, Parts, PaymentsQueue, PaymentsTable, ProcessPayment, SERVICE, Settings,
};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::config::Environment;
use shared::events::Caller;
use shared::faults::{Faults, Means, Reading};
use shared::http::Client;
use shared::params::Store;
use shared::payments::Payment;
use std::time::Duration;

/// Before a parameter that is read within a second.
pub(crate) const SLOW: &str = "slow:";

/// A parameter that nobody can read without a panic.
pub(crate) const PANIC: &str = "panic";

/// The one parameter, or none.
#[derive(Debug)]
pub(crate) struct Parameters(pub(crate) Option<String>);

#[derive(Debug, thiserror::Error)]
#[error("no such parameter")]
pub(crate) struct Missing;

impl Store for Parameters {
    type Error = Missing;

    async fn get(&self, _: &str) -> Result<String, Missing> {
        let value = self.0.as_deref().ok_or(Missing)?;
        assert_ne!(value, PANIC, "a bug");
        let Some(value) = value.strip_prefix(SLOW) else { return Ok(value.to_owned()) };
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok(value.to_owned())
    }
}

pub(crate) fn environment(more: &[(&'static str, &str)]) -> Environment {
    let fixed = [
        ("STAGE", "dev"),
        ("TIMEOUT_MS", "20000"),
        ("FINANCE_AUTH", "none"),
        ("FINANCE_URL_PARAMETER", "/wild-rydes-finance/dev/URL"),
        ("PARAMETER_TTL_SECONDS", "60"),
        ("SSM_TIMEOUT_MS", "1000"),
        ("CONNECT_TIMEOUT_MS", "1000"),
        ("FINANCE_ATTEMPT_TIMEOUT_MS", "500"),
        ("SAVE_TIMEOUT_MS", "5000"),
        ("PAYMENTS_SIDE_BY_SIDE", "5"),
        ("PAYMENT_ATTEMPTS", "2"),
        ("BACKOFF_BASE_MS", "2000"),
        ("BACKOFF_CAP_MS", "900000"),
        ("PAYMENTS_TABLE", "payments"),
        ("PAYMENT_COUNTS_TABLE", "payment-counts"),
        ("PAYMENTS_QUEUE_URL", "http://127.0.0.1/1/payments"),
        ("PAYMENTS_DEAD_LETTERS_URL", "http://127.0.0.1/1/payments-dead-letters"),
        ("BREAKER_FAILURES", "10"),
        ("BREAKER_OPEN_MS", "15000"),
        ("BREAKER_LONGEST_OPEN_MS", "60000"),
        ("DRAIN_CALLS", "20"),
        ("DRAIN_INTERVAL_MS", "10000"),
        ("DYNAMODB_ATTEMPTS", "2"),
        ("DYNAMODB_ATTEMPT_TIMEOUT_MS", "1000"),
        ("SQS_ATTEMPTS", "2"),
        ("SQS_ATTEMPT_TIMEOUT_MS", "1000"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    fixed.iter().chain(more).map(|(key, value)| (*key, (*value).to_owned())).collect()
}

/// A queue that does what it is told.
pub(crate) async fn queue() -> Fake {
    Fake::judging(|_, request| {
        let is_send = request.header("x-amz-target").is_some_and(|target| target.ends_with("SendMessage"));
        let body = if is_send { "{\"MessageId\":\"1\"}" } else { "{}" };
        Reply::json(200, body)
    })
    .await
}

pub(crate) type System = ProcessPayment<FinanceService<Parameters>, PaymentsTable, PaymentsQueue, BreakerTable>;

pub(crate) fn system(tables: &str, queue: &Fake, finance: Option<String>, more: &[(&'static str, &str)]) -> System {
    faulty_system(tables, queue, finance, more, None)
}

pub(crate) fn faulty_system(
    tables: &str,
    queue: &Fake,
    finance: Option<String>,
    more: &[(&'static str, &str)],
    faults: Option<Faults>,
) -> System {
    let queue_url = queue.url("");
    let environment = environment(&[&[("AWS_ENDPOINT_URL_SQS", queue_url.as_str())], more].concat());
    let settings = Settings::read(&environment).expect("a whole environment");
    let dynamodb = client(tables);
    let http = Client::new(settings.connect_timeout, Settings::ONE_ATTEMPT).expect("a TLS stack");
    let parts = Parts {
        finance: FinanceService::new(&settings, Parameters(finance), http),
        payments: PaymentsTable::new(dynamodb.clone(), settings.tables.clone()),
        queue: PaymentsQueue::new(shared::sqs::client(&environment).expect("whole"), &settings),
        breaker: Guard::new(BreakerTable::new(dynamodb, settings.tables.counts.clone()), settings.breaker),
    };
    ProcessPayment::new(settings.common, settings.rules, parts, faults)
}

/// The faults of this configuration.
pub(crate) fn faults(configuration: &'static str) -> Option<Faults> {
    let read = move || -> Reading { Box::pin(async move { Ok(configuration.to_owned()) }) };
    let means = Means {
        read: Box::new(read),
        ttl: Duration::from_secs(60),
        pause: Box::new(|wait| Box::pin(tokio::time::sleep(wait))),
        directory: std::env::temp_dir(),
        seed: 1,
    };
    Some(Faults::new(SERVICE, means))
}

pub(crate) fn caller() -> Caller {
    Caller { request_id: "invocation-1".into(), deadline_ms: 0, xray_trace_id: None }
}

pub(crate) fn sample() -> Value {
    serde_json::from_str(include_str!("../../../../events/payments-queue.json")).expect("a sample")
}

pub(crate) async fn again(system: &System, event: &Value) -> Vec<String> {
    let failures = system.handle(event, &caller()).await.expect("a batch");
    failures.ids().map(str::to_owned).collect()
}

pub(crate) async fn row(tables: &str, number: u128) -> Option<Payment> {
    let table = PaymentsTable::new(client(tables), names());
    let budget = Budget::lasting(Duration::from_secs(5));
    process_payment::Payments::read(&table, job(number).ride_id, &budget).await.expect("an engine")
}

pub(crate) fn only(event: &Value, body: &str, received: u32) -> Value {
    let mut record = event["Records"][0].clone();
    record["body"] = body.into();
    record["attributes"]["ApproximateReceiveCount"] = received.to_string().into();
    json!({"Records": [record]})
}
