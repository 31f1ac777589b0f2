//! Faults of AWS calls, below the SDK: its retries, time limits and errors are then the real ones.

use super::outbound::{Met, Outbound};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::json;
use std::sync::Arc;

/// A client whose calls may meet faults. `service` is the SDK's spelling, such as `DYNAMODB`.
pub(crate) fn faulty(inner: SharedHttpClient, service: &str) -> SharedHttpClient {
    SharedHttpClient::new(Client { inner, service: service.to_ascii_lowercase().into() })
}

#[derive(Debug)]
struct Client {
    inner: SharedHttpClient,
    service: Arc<str>,
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        SharedHttpConnector::new(Connector { inner, service: Arc::clone(&self.service) })
    }

    fn validate_base_client_config(&self, parts: &RuntimeComponentsBuilder, bag: &ConfigBag) -> Result<(), BoxError> {
        HttpClient::validate_base_client_config(&self.inner, parts, bag)
    }

    fn validate_final_config(&self, parts: &RuntimeComponents, bag: &ConfigBag) -> Result<(), BoxError> {
        HttpClient::validate_final_config(&self.inner, parts, bag)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    service: Arc<str>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // `DynamoDB_20120810.PutItem`
        let operation = request.headers().get("x-amz-target").and_then(|target| target.rsplit('.').next());
        let uri: Option<http::Uri> = request.uri().parse().ok();
        let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
        let Some(outbound) = Outbound::of(&self.service, operation.unwrap_or_default(), host) else {
            return self.inner.call(request);
        };
        match outbound.met {
            None => self.inner.call(request),
            Some(Met::Slow(wait)) => {
                let inner = self.inner.clone();
                HttpConnectorFuture::new(async move {
                    outbound.pause(wait).await;
                    inner.call(request).await
                })
            }
            Some(Met::Refused) => {
                let refused = "could not connect, by an injected fault";
                HttpConnectorFuture::ready(Err(ConnectorError::io(refused.into())))
            }
            Some(Met::Status(status)) => {
                let kind = if status.is_server_error() { "InternalServerError" } else { "ValidationException" };
                HttpConnectorFuture::ready(refusal(status.as_u16(), kind))
            }
            Some(Met::Throttled) => HttpConnectorFuture::ready(refusal(400, throttle(&self.service))),
        }
    }
}

/// How a service says that it was asked too much.
///
/// DynamoDB: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>,
/// others: <https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html>.
fn throttle(service: &str) -> &'static str {
    match service {
        "dynamodb" => "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        _ => "ThrottlingException",
    }
}

/// An answer in the JSON protocol of these services.
fn refusal(status: u16, kind: &str) -> Result<HttpResponse, ConnectorError> {
    let body = json!({"__type": kind, "message": "An injected fault."}).to_string();
    let status = status.try_into().map_err(|_| ConnectorError::user("a status that is none".into()))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    Ok(response)
}
