//! Nothing of what a caller or a table says comes out in logs, errors or headers.

#[path = "../../../shared/tests/aws/mod.rs"]
mod aws;
#[path = "../../../shared/tests/canary/mod.rs"]
mod canary;
#[path = "../../../shared/tests/fake/mod.rs"]
#[expect(dead_code, reason = "shared by several tests, each of which needs a part")]
mod fake;

use canary::{Log, SECRETS, assert_clean, planted};
use fake::{Fake, Reply};
use finance::{Finance, FinanceTable, SERVICE, routes};
use lambda_http::tower::Service;
use lambda_http::{Context, RequestExt};
use put_ride_record::RidesTable;
use serde_json::{Value, json};
use shared::service::{Settings, service};
use std::time::Duration;

const SAMPLES: [&str; 3] = [
    include_str!("../../../events/finance-process-payment-post.json"),
    include_str!("../../../events/finance-scenario-post.json"),
    include_str!("../../../events/finance-charges-get.json"),
];

#[tokio::test]
async fn nothing_of_a_request_or_of_a_failed_call_comes_out() {
    let error = json!({"__type": "x#ValidationException", "message": SECRETS[0]}).to_string();
    let log = Log::of(SERVICE);
    for reply in [Reply::json(200, "{}"), Reply::json(400, &error)] {
        let fake = Fake::start(move |_| reply.clone()).await;
        let environment = aws::environment(&fake.url("/"), 1, 1_000);
        let settings = Settings {
            service: SERVICE,
            stage: "dev".into(),
            timeout: Duration::from_secs(5),
            tracer: Default::default(),
        };
        let client = shared::dynamodb::client(&environment).expect("a whole environment");
        let books = FinanceTable::new(client.clone(), "finance".into());
        let handler = Finance::new(books, RidesTable::new(client, "rides".into()));
        let mut service = service(settings, routes(), handler);
        for sample in SAMPLES {
            let sample: Value = serde_json::from_str(sample).expect("JSON");
            for (place, event) in planted(&sample) {
                let request = lambda_http::request::from_str(&event.to_string());
                let request = request.expect("an event that lambda_http knows").with_lambda_context(Context::default());
                let Ok(response) = service.call(request).await;
                assert_clean(&format!("{response:?}"), &place);
                assert_clean(&log.take(), &place);
            }
        }
    }
}
