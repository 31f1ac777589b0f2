//! What the AWS JSON services have in common: who calls, which operation, and how an error looks.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::iam::{self, Decision};
use crate::keyring::{Identity, Keyring};
use crate::listen::{self, Answer};

/// One call of an AWS service, as the lab saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Physical name of the function that signed it; `None` when the caller is no function.
    pub function: Option<String>,
    /// The IAM action, e.g. `dynamodb:PutItem`.
    pub action: String,
    /// ARN of what it acts on.
    pub resource: String,
    /// Status of the answer.
    pub status: u16,
}

/// Calls kept; the oldest go first.
const KEPT: usize = 100_000;

/// Every call of the AWS services of a lab. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<std::collections::VecDeque<Call>>>);

impl Calls {
    /// The calls so far, oldest first.
    pub fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(crate) fn push(&self, call: Call) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == KEPT {
            calls.pop_front();
        }
        calls.push_back(call);
    }
}

/// Stands before the AWS services: knows who calls, asks IAM, and keeps every call.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    keyring: Keyring,
    calls: Calls,
}

impl Guard {
    /// A guard that knows the functions by their keys.
    pub fn new(keyring: Keyring, calls: Calls) -> Self {
        Self { keyring, calls }
    }

    /// Whether the function that signed may do this; the error answer where it may not. Any other key is the person's at
    /// the machine, who may do everything. The signature itself is not verified here, as it is for the API: whoever
    /// reaches these ports can read the tables anyway.
    pub(crate) fn admit(&self, headers: &HeaderMap, action: &str, resource: &str) -> Result<(), Answer> {
        let Some(identity) = self.identity(headers) else { return Ok(()) };
        let why = match iam::evaluate(&identity.statements, action, resource) {
            Ok(Decision::Allowed) => return Ok(()),
            Ok(Decision::ExplicitlyDenied) => "with an explicit deny in an identity-based policy".to_owned(),
            Ok(Decision::ImplicitlyDenied) => format!("because no identity-based policy allows the {action} action"),
            Err(error) => format!("because the lab cannot judge its policy: {error}"),
        };
        let user = identity.arn();
        let message = format!("User: {user} is not authorized to perform: {action} on resource: {resource} {why}");
        Err(error(StatusCode::BAD_REQUEST, "AccessDeniedException", &message))
    }

    /// Keeps a call.
    pub(crate) fn record(&self, headers: &HeaderMap, action: String, resource: String, status: StatusCode) {
        let function = self.identity(headers).map(|identity| identity.function.clone());
        self.calls.push(Call { function, action, resource, status: status.as_u16() });
    }

    /// Who is behind the access key of the `Credential=` of a request.
    fn identity(&self, headers: &HeaderMap) -> Option<&Identity> {
        let authorization = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
        let (_, credential) = authorization.split_once("Credential=")?;
        self.keyring.identity(credential.split('/').next()?)
    }
}

/// The operation of `X-Amz-Target: DynamoDB_20120810.PutItem`.
pub(crate) fn operation(headers: &HeaderMap) -> Option<String> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    target.rsplit_once('.').map(|(_, operation)| operation.to_owned())
}

/// A string member of a JSON request.
pub(crate) fn member(body: &Bytes, name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    body.get(name)?.as_str().map(str::to_owned)
}

/// An error of the AWS JSON protocols.
/// <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
pub(crate) fn error(status: StatusCode, kind: &str, message: &str) -> Answer {
    listen::answer(status, "application/x-amz-json-1.1", json!({"__type": kind, "message": message}).to_string())
}

/// How a room is made to misbehave, by tests and scenarios.
#[derive(Debug, Clone, Default)]
pub struct Switch(Arc<Mutex<Option<Trouble>>>);

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Every call is answered with a 500.
    Fail,
    /// Every call waits this long first.
    Slow(std::time::Duration),
}

impl Switch {
    /// Turns the trouble on, or off with `None`.
    pub fn set(&self, trouble: Option<Trouble>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Waits, or returns the error to answer with.
    pub(crate) async fn pass(&self) -> Result<(), Answer> {
        let trouble = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match trouble {
            None => Ok(()),
            Some(Trouble::Slow(wait)) => {
                tokio::time::sleep(wait).await;
                Ok(())
            }
            Some(Trouble::Fail) => Err(error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerError",
                "The lab was told to fail this service.",
            )),
        }
    }
}
