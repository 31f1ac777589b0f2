//! Nothing of what a caller or the table says comes out in logs, errors or headers.

#[path = "../../../shared/tests/aws/mod.rs"]
mod aws;
#[path = "../../../shared/tests/canary/mod.rs"]
mod canary;
#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use canary::{Log, SECRETS, assert_clean, planted};
use fake::{Fake, Reply};
use lambda_http::tower::Service;
use lambda_http::{Context, RequestExt};
use request_unicorn::{CachedFleet, RequestUnicorn, SERVICE, UnicornsTable, routes};
use serde_json::{Value, json};
use shared::service::{Settings, service};
use std::time::Duration;

#[tokio::test]
async fn nothing_of_a_request_or_a_row_comes_out() {
    let sample: Value = serde_json::from_str(include_str!("../../../events/unicorn-get.json")).expect("JSON");
    let strange = json!({"Items": [{"Name": {"S": SECRETS[2]}, "Card": {"S": SECRETS[1]}}]}).to_string();
    let error = json!({"__type": "x#ValidationException", "message": SECRETS[0]}).to_string();
    let log = Log::of(SERVICE);
    for (reply, responses_only) in [(Reply::json(200, &strange), false), (Reply::json(400, &error), true)] {
        let fake = Fake::start(move |_| reply.clone()).await;
        let environment = aws::environment(&fake.url("/"), 1, 1_000);
        let table = UnicornsTable::new(shared::dynamodb::client(&environment).expect("whole"), "unicorns".into());
        let settings = Settings {
            service: SERVICE,
            stage: "dev".into(),
            timeout: Duration::from_secs(5),
            tracer: Default::default(),
        };
        let fleet = CachedFleet::new(table, Duration::from_secs(60));
        let mut service = service(settings, routes(), RequestUnicorn::new(fleet));
        for (place, event) in planted(&sample) {
            let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
            let Ok(response) = service.call(request.with_lambda_context(Context::default())).await;
            assert_clean(&format!("{response:?}"), &place);
            let lines = log.take();
            // AWS's own words about a failed call belong into the log.
            if !responses_only {
                assert_clean(&lines, &place);
            }
        }
    }
}
