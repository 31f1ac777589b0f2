//! The client that calls other services, against a socket on loopback.
#![cfg(feature = "http")]

#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use fake::{Fake, Reply};
use http::Method;
use shared::budget::Budget;
use shared::config::Environment;
use shared::context::RequestContext;
use shared::http::{Answer, Call, CallError, Client};
use shared::request_id::RequestId;
use shared::retry::Schedule;
use shared::service_url::ServiceUrl;
use std::time::Duration;

/// What a call brings when the pause after its first attempt takes all the time there is.
async fn after_an_endless_pause(reply: Reply) -> (Result<Answer, CallError>, usize) {
    let fake = Fake::start(move |_| reply.clone()).await;
    let budget = Budget::lasting(Duration::from_secs(1));
    // The line that announces the pause is the moment at which to hold the client up.
    let hold_up = move |line: &str| {
        while line.contains("trying again") && !budget.is_spent() {
            std::thread::yield_now();
        }
    };
    let environment: Environment = [("LOG_LEVEL", "TRACE")].into_iter().collect();
    let _guard = tracing::subscriber::set_default(shared::telemetry::subscriber("test", &environment, hold_up));

    let moment = Duration::from_millis(1);
    let schedule = Schedule { attempts: 3, base: moment, cap: moment };
    let client = Client::new(Duration::from_secs(1), schedule).expect("a TLS stack");
    let url = ServiceUrl::try_from(fake.url("/").as_str()).expect("a legal address");
    let attempt_timeout = Duration::from_secs(1);
    let (dependency, method) = ("test", Method::GET);
    let call = Call {
        dependency,
        method,
        url: &url,
        body: Vec::new(),
        headers: Default::default(),
        json: false,
        attempt_timeout,
    };
    let request_id = RequestId::parse("r-1").expect("a legal id");
    let context = RequestContext { request_id, budget, trace: None, traceparent: None };
    (client.send(&call, &context).await, fake.requests().len())
}

#[tokio::test]
async fn without_time_for_another_attempt_the_last_one_is_told() {
    let (result, attempts) = after_an_endless_pause(Reply::json(502, "{}")).await;
    assert!(matches!(&result, Ok(answer) if answer.status == 502), "{result:?}");
    assert_eq!(attempts, 1);
    let (result, attempts) = after_an_endless_pause(Reply::CloseMidBody).await;
    assert!(matches!(&result, Err(CallError::Broken(_))), "{result:?}");
    assert_eq!(attempts, 1);
}
