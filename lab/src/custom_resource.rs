//! Custom resources: CloudFormation's side of the exchange with the function behind `ServiceToken`.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html>

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::lambda::{Invocation, Lambda, Outcome};
use crate::listen;
use crate::task::DropTask;
use crate::template::{CustomResource, Stack};

/// Largest response taken: CloudFormation's own limit is 4096 bytes.
const RESPONSE_LIMIT: usize = 4096;

/// Why a custom resource did not come up. The stack then does not either.
#[derive(Debug, thiserror::Error)]
pub enum CustomResourceError {
    /// No listener for the response.
    #[error("{0}: could not listen on loopback for the response of the custom resource")]
    Listen(String, #[source] std::io::Error),
    /// The function said FAILED.
    #[error("{resource}: {function} reported FAILED: {reason}")]
    Failed {
        /// Logical id.
        resource: String,
        /// Logical id of the function.
        function: String,
        /// `Reason` of its response.
        reason: String,
    },
    /// The function ended in an error before it responded.
    #[error("{resource}: {function} ended without a response: {cause}")]
    NoResponse {
        /// Logical id.
        resource: String,
        /// Logical id of the function.
        function: String,
        /// Its error document, or what the lab waited for.
        cause: String,
    },
}

/// What CloudFormation asks of the function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change<'a> {
    /// The resource is new.
    Create,
    /// The resource exists, and this is what was known of it.
    Update(&'a Provisioned),
}

/// A custom resource as it was last provisioned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provisioned {
    /// The id that the function gave it.
    pub physical_id: String,
    /// Its properties.
    pub properties: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Response {
    status: String,
    #[serde(default)]
    reason: String,
    physical_resource_id: Option<String>,
}

/// Runs the exchange for one custom resource.
///
/// # Errors
/// When the function fails, reports FAILED, or does not respond within the resource's `ServiceTimeout`.
pub async fn provision(
    lambda: &Lambda,
    stack: &Stack,
    resource: &CustomResource,
    change: Change<'_>,
) -> Result<Provisioned, CustomResourceError> {
    let id = resource.logical_id.clone();
    let listener =
        TcpListener::bind(("127.0.0.1", 0)).await.map_err(|error| CustomResourceError::Listen(id.clone(), error))?;
    let address = listener.local_addr().map_err(|error| CustomResourceError::Listen(id.clone(), error))?;
    let token = uuid::Uuid::new_v4();
    let (_server, response) = receive(listener, format!("/response/{token}"));
    let event = event(stack, resource, change, &format!("http://{address}/response/{token}"));
    let invocation = Invocation::new(event, "");
    let invoked = lambda.invoke(&resource.function, invocation);
    let no_response = |cause: String| CustomResourceError::NoResponse {
        resource: id.clone(),
        function: resource.function.clone(),
        cause,
    };
    let exchange = async {
        tokio::pin!(response);
        tokio::select! {
            biased;
            body = &mut response => Ok(body),
            outcome = invoked => match outcome {
                // It has answered Lambda; its response is on the way or already here.
                Outcome::Success(_) => Ok(response.await),
                Outcome::FunctionError(error) => Err(no_response(String::from_utf8_lossy(&error.payload).into_owned())),
                other => Err(no_response(format!("{other:?}"))),
            },
        }
    };
    let waited = tokio::time::timeout(resource.service_timeout, exchange).await;
    let seconds = resource.service_timeout.as_secs();
    let body = waited.map_err(|_| no_response(format!("nothing came within its ServiceTimeout of {seconds} s")))??;
    let body = body.map_err(|_| no_response("the lab stopped listening".to_owned()))?;
    let response: Response =
        serde_json::from_slice(&body).map_err(|error| no_response(format!("its response is not valid: {error}")))?;
    if response.status != "SUCCESS" {
        let function = resource.function.clone();
        return Err(CustomResourceError::Failed { resource: id, function, reason: response.reason });
    }
    // CloudFormation insists on it.
    let physical_id = response
        .physical_resource_id
        .ok_or_else(|| no_response("its response has no PhysicalResourceId".to_owned()))?;
    Ok(Provisioned { physical_id, properties: resource.properties.clone() })
}

/// Waits for one PUT on `path`, as the presigned URL of CloudFormation does.
pub(crate) fn receive(listener: TcpListener, path: String) -> (DropTask, oneshot::Receiver<Bytes>) {
    let (sender, receiver) = oneshot::channel();
    let sender = Arc::new(Mutex::new(Some(sender)));
    let server = DropTask::spawn(listen::serve(listener, move |request, _| {
        let (sender, path) = (sender.clone(), path.clone());
        async move {
            if request.method() != Method::PUT || request.uri().path() != path {
                return listen::answer(
                    StatusCode::FORBIDDEN,
                    "application/xml",
                    "<Error><Code>AccessDenied</Code></Error>",
                );
            }
            let Ok(body) = listen::read_body(request.into_body(), RESPONSE_LIMIT).await else {
                return listen::answer(
                    StatusCode::BAD_REQUEST,
                    "application/xml",
                    "<Error><Code>EntityTooLarge</Code></Error>",
                );
            };
            if let Some(sender) = sender.lock().unwrap_or_else(PoisonError::into_inner).take() {
                // The receiver is gone when the exchange has timed out.
                let _ = sender.send(body);
            }
            listen::answer(StatusCode::OK, "application/xml", "")
        }
    }));
    (server, receiver)
}

fn event(stack: &Stack, resource: &CustomResource, change: Change<'_>, response_url: &str) -> Bytes {
    let mut event = json!({
        "RequestType": "Create",
        "ServiceToken": resource.properties["ServiceToken"],
        "ResponseURL": response_url,
        "StackId": format!(
            "arn:aws:cloudformation:{}:{}:stack/{}/{}", stack.region, stack.account_id, stack.name, uuid::Uuid::nil()
        ),
        "RequestId": uuid::Uuid::new_v4().to_string(),
        "ResourceType": resource.resource_type,
        "LogicalResourceId": resource.logical_id,
        "ResourceProperties": resource.properties,
    });
    if let Change::Update(old) = change {
        event["RequestType"] = "Update".into();
        event["PhysicalResourceId"] = old.physical_id.clone().into();
        event["OldResourceProperties"] = old.properties.clone();
    }
    event.to_string().into()
}
