//! What the AWS JSON services have in common: who calls, which operation, and how an error looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tokio::sync::Notify;

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

    /// The error answer where the function that signed may not do this; `None` where it may. Any other key is the person's at
    /// the machine, who may do everything. The signature itself is not verified here, as it is for the API: whoever
    /// reaches these ports can read the tables anyway.
    pub(crate) fn refusal(&self, headers: &HeaderMap, action: &str, resource: &str) -> Option<Answer> {
        let identity = self.identity(headers)?;
        let why = match iam::evaluate(&identity.statements, action, resource) {
            Ok(Decision::Allowed) => return None,
            Ok(Decision::ExplicitlyDenied) => "with an explicit deny in an identity-based policy".to_owned(),
            Ok(Decision::ImplicitlyDenied) => format!("because no identity-based policy allows the {action} action"),
            Err(error) => format!("because the lab cannot judge its policy: {error}"),
        };
        let user = identity.arn();
        let message = format!("User: {user} is not authorized to perform: {action} on resource: {resource} {why}");
        Some(error(StatusCode::BAD_REQUEST, "AccessDeniedException", &message))
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

/// How a room is made to misbehave, by tests, by scenarios and by `cargo lab break`.
#[derive(Debug, Clone, Default)]
pub struct Switch(Arc<Mutex<Troubles>>);

/// What is wrong with a room.
#[derive(Debug, Default)]
struct Troubles {
    /// With all of it.
    everywhere: Option<Trouble>,
    /// With one resource, by its ARN.
    of: BTreeMap<String, Trouble>,
}

impl Troubles {
    fn with(&self, resource: &str) -> Option<Trouble> {
        self.of.get(resource).or(self.everywhere.as_ref()).cloned()
    }
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// Every call is answered with a 500.
    Fail,
    /// Every call waits this long first.
    Slow(Duration),
    /// One call is never answered: whoever makes it can be killed right there.
    Hold(Hold),
}

/// Which call is held, and when.
#[derive(Debug, Clone)]
pub struct Hold {
    /// IAM action.
    pub action: &'static str,
    /// End of the ARN that it acts on.
    pub resource: &'static str,
    /// Before the call takes effect, or after it has.
    pub moment: Moment,
    /// How many such calls pass first.
    pub skip: usize,
    /// Told when the call is held.
    pub reached: Arc<Notify>,
}

/// On which side of its effect a call is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing has happened yet.
    Before,
    /// It has happened, and the caller does not know.
    After,
}

impl Switch {
    /// Turns the trouble on, or off with `None`.
    pub fn set(&self, trouble: Option<Trouble>) {
        self.lock().everywhere = trouble;
    }

    /// The same for one resource only, by its ARN.
    pub fn set_for(&self, resource: &str, trouble: Option<Trouble>) {
        let mut troubles = self.lock();
        match trouble {
            Some(trouble) => troubles.of.insert(resource.to_owned(), trouble),
            None => troubles.of.remove(resource),
        };
    }

    /// Waits, or returns the error to answer with.
    pub(crate) async fn before(&self, action: &str, resource: &str) -> Option<Answer> {
        let trouble = self.lock().with(resource);
        match trouble {
            None => None,
            Some(Trouble::Slow(wait)) => {
                tokio::time::sleep(wait).await;
                None
            }
            Some(Trouble::Fail) => Some(error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalServerError",
                "The lab was told to fail this service.",
            )),
            Some(Trouble::Hold(_)) => {
                self.hold(action, resource, Moment::Before).await;
                None
            }
        }
    }

    /// Holds the call if it is the one to be held.
    pub(crate) async fn after(&self, action: &str, resource: &str) {
        self.hold(action, resource, Moment::After).await;
    }

    async fn hold(&self, action: &str, resource: &str, moment: Moment) {
        let reached = match self.lock().everywhere.as_mut() {
            Some(Trouble::Hold(hold))
                if hold.moment == moment && hold.action == action && resource.ends_with(hold.resource) =>
            {
                match hold.skip.checked_sub(1) {
                    Some(left) => {
                        hold.skip = left;
                        return;
                    }
                    None => hold.reached.clone(),
                }
            }
            _ => return,
        };
        // Only this call: whoever comes next finds the service in order.
        self.set(None);
        reached.notify_one();
        std::future::pending().await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Troubles> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
