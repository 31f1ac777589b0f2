//! Nothing of what a caller or the table says comes out in logs, errors or headers.

#[path = "../../../shared/tests/canary/mod.rs"]
mod canary;

use canary::{Log, assert_clean, planted};
use lambda_http::tower::Service;
use lambda_http::{Context, RequestExt};
use put_ride_record::{Put, PutRideRecord, Rides, SERVICE, StoreError, routes};
use serde_json::Value;
use shared::budget::Budget;
use shared::ride::Record;
use shared::service::{Settings, service};
use std::time::Duration;

struct Always(Put);

impl Rides for Always {
    async fn create(&self, _: &Record, _: &Budget) -> Result<Put, StoreError> {
        Ok(self.0)
    }
}

#[tokio::test]
async fn nothing_of_a_request_comes_out() {
    let sample: Value = serde_json::from_str(include_str!("../../../events/record-post.json")).expect("JSON");
    let log = Log::of(SERVICE);
    for (place, event) in planted(&sample) {
        for put in [Put::Created, Put::OtherThanBefore] {
            let settings = Settings {
                service: SERVICE,
                stage: "dev".into(),
                timeout: Duration::from_secs(5),
                tracer: Default::default(),
            };
            let request = lambda_http::request::from_str(&event.to_string()).expect("an event that lambda_http knows");
            let mut service = service(settings, routes(), PutRideRecord::new(Always(put)));
            let Ok(response) = service.call(request.with_lambda_context(Context::default())).await;
            assert_clean(&format!("{response:?}"), &place);
            assert_clean(&log.take(), &place);
        }
    }
}
