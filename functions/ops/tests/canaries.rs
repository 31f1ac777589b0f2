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
use lambda_http::tower::Service;
use lambda_http::{Context, RequestExt};
use ops::store::{Alarm, Rings, Watches};
use ops::{Ops, PaymentTables, Queues, SERVICE, routes};
use serde_json::{Value, json};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::payments::Tables;
use shared::service::{Settings, service};
use std::time::Duration;

const SAMPLES: [&str; 5] = [
    include_str!("../../../events/ops-get.json"),
    include_str!("../../../events/payments-get.json"),
    include_str!("../../../events/count-get.json"),
    include_str!("../../../events/payment-redrive-post.json"),
    include_str!("../../../events/payments-redrive-post.json"),
];

struct Nothing;

impl Watches for Nothing {
    async fn faults(&self, _: &Budget) -> Option<Vec<&'static str>> {
        Some(Vec::new())
    }
}

impl Rings for Nothing {
    async fn ringing(&self, _: &RequestContext) -> Option<Vec<Alarm>> {
        None
    }
}

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
        let tables = Tables { payments: "payments".into(), counts: "counts".into() };
        let client = shared::dynamodb::client(&environment).expect("a whole environment");
        let queues = shared::sqs::client(&environment).expect("a whole environment");
        let queues = Queues::new(queues, fake.url("/jobs"), fake.url("/dead"));
        let handler = Ops::new("dev".into(), PaymentTables::new(client, tables), queues, Nothing);
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
