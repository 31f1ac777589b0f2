use crate::Settings;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::http::{Answer, Call, CallError, Client};
use shared::params::{Parameter, Store, Unknown};
use shared::payments::{Payment, london};
use shared::ride::Label;
use shared::service_url::ServiceUrl;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// What makes all attempts at one ride one charge.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Charges rides.
pub trait Finance: Send + Sync + 'static {
    /// Where it is. Asked before anything is begun: an attempt that nobody can make does not count.
    fn find(&self, budget: &Budget) -> impl Future<Output = Result<ServiceUrl, Unknown>> + Send;

    /// Whether it is a function of our own API, which is called with a signature.
    fn is_ours(&self) -> bool;

    /// Asks for a charge, once and for no longer than this, under the key of the ride.
    fn charge(
        &self,
        url: &ServiceUrl,
        payment: &Payment,
        context: &RequestContext,
        limit: Duration,
    ) -> impl Future<Output = Result<Answer, CallError>> + Send;
}

/// The finance service at the address that a parameter names.
#[derive(Debug)]
pub struct FinanceService<S> {
    client: Client,
    address: Parameter<S>,
    patience: Duration,
    is_ours: bool,
}

impl<S: Store> FinanceService<S> {
    /// Finance, called through this client.
    pub fn new(settings: &Settings, store: S, client: Client) -> Self {
        let address = Parameter::new(&settings.finance_url_parameter, Arc::new(store), settings.parameters);
        Self { client, address, patience: settings.parameters.timeout, is_ours: settings.finance_is_ours }
    }

    /// Reads the address: best effort, which also opens the connection to SSM.
    pub async fn warm(&self) {
        // What fails here is logged there, and the first message tries again.
        let _ = self.address.get(&Budget::lasting(self.patience)).await;
    }
}

/// What finance is asked.
#[derive(Serialize)]
struct Order<'a> {
    product: &'static str,
    customer: &'a str,
    date: String,
}

/// The body of a charge. The same at every attempt, as its key is: so the date is the ride's and not the attempt's.
fn order(payment: &Payment) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&Order {
        product: "Unicorn ride",
        customer: payment.rider.as_ref().map_or("unknown", Label::as_str),
        date: london::rfc3339(payment.placed_at.instant()),
    })
}

impl<S: Store> Finance for FinanceService<S> {
    async fn find(&self, budget: &Budget) -> Result<ServiceUrl, Unknown> {
        self.address.get(budget).await
    }

    fn is_ours(&self) -> bool {
        self.is_ours
    }

    async fn charge(
        &self,
        url: &ServiceUrl,
        payment: &Payment,
        context: &RequestContext,
        limit: Duration,
    ) -> Result<Answer, CallError> {
        let mut headers = HeaderMap::new();
        // Neither fails for a UUID and three texts. If one did, a charge without a key or an order would be far worse.
        let key = HeaderValue::from_str(&payment.ride_id.to_string());
        headers.insert(IDEMPOTENCY_KEY, key.map_err(|error| CallError::Unwritable(error.into()))?);
        let body = order(payment).map_err(|error| CallError::Unwritable(error.into()))?;
        let call = Call {
            dependency: "finance",
            method: Method::POST,
            url,
            body,
            headers,
            json: true,
            attempt_timeout: limit,
        };
        if self.is_ours {
            return self.client.send(&call, context).await;
        }
        // Somebody else's service would send no segment, and a trace of ours is none of its business.
        let outside = RequestContext { trace: None, traceparent: None, ..context.clone() };
        self.client.send(&call, &outside).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use shared::payments::Job;

    fn order_of(request_time: &str, rider: &str) -> String {
        let job =
            format!(r#"{{"RideId":"019a9f3c-7a00-7000-8000-000000000001","RequestTime":"{request_time}"{rider}}}"#);
        let payment = Payment::placed(&Job::parse(&job).expect("a job"), Timestamp::UNIX_EPOCH);
        String::from_utf8(order(&payment).expect("JSON")).expect("text")
    }

    #[test]
    fn an_order_names_the_rider_and_the_rides_own_time_in_london() {
        assert_eq!(
            order_of("2026-07-01T12:00:00Z", r#","Rider":"ada""#),
            r#"{"product":"Unicorn ride","customer":"ada","date":"2026-07-01T13:00:00.000000+01:00"}"#
        );
        assert_eq!(
            order_of("2026-11-20T21:16:20.123456Z", ""),
            r#"{"product":"Unicorn ride","customer":"unknown","date":"2026-11-20T21:16:20.123456+00:00"}"#
        );
    }
}
