//! What the AWS JSON services have in common: who calls, which operation, how an error looks, and how a service is made to
//! misbehave.

mod calls;
mod fault;
mod guard;
mod hold;
mod switch;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;

pub use calls::{Call, Calls};
pub use fault::{Fault, Trouble};
pub use guard::Guard;
pub use hold::{Hold, Moment};
pub(crate) use switch::Outage;
pub use switch::Switch;

use crate::listen::{self, Answer};

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
