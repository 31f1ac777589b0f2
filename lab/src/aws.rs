//! What the AWS JSON services have in common: who calls, which operation, and how an error looks.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use crate::keyring::ACCESS_KEY_PREFIX;
use crate::listen::{self, Answer};

/// One call of an AWS service, as the lab saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Physical name of the function that signed it; `None` when the caller is no function.
    pub function: Option<String>,
    /// The IAM action, e.g. `dynamodb:PutItem`.
    pub action: String,
    /// What it acts on: a table's or a parameter's name.
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

/// The function behind a request: the access key of its `Credential=` names it.
pub(crate) fn caller(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    let key = credential.split('/').next()?;
    key.strip_prefix(ACCESS_KEY_PREFIX).map(str::to_owned)
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
