//! Who calls an AWS service, and whether it may.

use http::{HeaderMap, StatusCode};

use super::{Call, Calls, error};
use crate::iam::{self, Decision};
use crate::keyring::{Identity, Keyring};
use crate::listen::Answer;

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

    /// Unique id of the function's session that signed; `None` where no function did.
    pub(crate) fn caller(&self, headers: &HeaderMap) -> Option<String> {
        self.identity(headers).map(Identity::caller)
    }

    /// Who is behind the access key of the `Credential=` of a request.
    fn identity(&self, headers: &HeaderMap) -> Option<&Identity> {
        let authorization = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
        let (_, credential) = authorization.split_once("Credential=")?;
        self.keyring.identity(credential.split('/').next()?)
    }
}
