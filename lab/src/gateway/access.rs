//! Whether a request may have its method, and whose it is.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::request::Parts;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::auth::jwt::{self, Demand};
use super::auth::sigv4::{self, Scope};
use super::auth::{Refusal, jwt::Issuer};
use super::context::Context;
use crate::aws::Guard;
use crate::cognito::UserPool;
use crate::iam::{self, Decision, PolicyError};
use crate::keyring::{Identity, Keyring};
use crate::template::{Authorization, RestApi};

/// The action of a call.
const INVOKE: &str = "execute-api:Invoke";

/// Who can be told apart: functions by their keys, riders by the user pools' tokens.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Region that signatures are for.
    pub region: String,
    /// Every function's key.
    pub keyring: Keyring,
    /// Keeps what roles call.
    pub guard: Guard,
    /// User pools by ARN.
    pub user_pools: BTreeMap<String, UserPool>,
}

/// Whose a request is.
#[derive(Debug, Clone, Default)]
pub(super) enum Caller {
    /// Anybody's, or not known yet.
    #[default]
    Anyone,
    /// Of a role's session.
    Session { access_key: String, identity: Identity },
    /// Of a user, with the claims as events show them.
    User(Map<String, Value>),
}

/// Why an API's methods cannot be guarded.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A role that may call cannot be judged.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A method asks for tokens of a pool that is not there.
    #[error("{path} asks for tokens of the user pool {arn}, which the template does not make")]
    NoPool {
        /// Resource path.
        path: String,
        /// ARN.
        arn: String,
    },
}

impl Access {
    /// Whether every method of the API can be guarded, so that what the lab cannot judge is known at start.
    pub(super) fn check(&self, api: &RestApi) -> Result<(), AccessError> {
        for route in &api.routes {
            match &route.authorization {
                Authorization::None => {}
                Authorization::Iam => self.keyring.check(INVOKE)?,
                Authorization::Cognito { pools, .. } => {
                    if let Some(arn) = pools.iter().find(|arn| !self.user_pools.contains_key(*arn)) {
                        return Err(AccessError::NoPool { path: route.path.clone(), arn: arn.clone() });
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether the headers are a function's: its access key with the session token that goes with it, which nobody else
    /// has. Enough to know whose a request is before its body has come, and not to let it in.
    pub(super) fn is_of_the_stack(&self, headers: &HeaderMap) -> bool {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (Some(authorization), Some(token)) = (text("authorization"), text("x-amz-security-token")) else {
            return false;
        };
        let access_key = authorization.split_once("Credential=").and_then(|(_, rest)| rest.split('/').next());
        let known = access_key.and_then(|access_key| self.keyring.credentials(access_key));
        known.is_some_and(|known| known.session_token.as_deref() == Some(token))
    }

    /// Lets a request in, or says why not.
    pub(super) fn admit(
        &self,
        authorization: &Authorization,
        context: &Context,
        parts: &Parts,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Caller, Refusal> {
        match authorization {
            Authorization::None => Ok(Caller::Anyone),
            Authorization::Iam => self.session(context, parts, body, now),
            Authorization::Cognito { pools, clients, scopes } => {
                let issuers: Vec<&Issuer> =
                    pools.iter().filter_map(|arn| self.user_pools.get(arn)).map(UserPool::issuer).collect();
                let claims = jwt::verify(&parts.headers, &issuers, Demand { clients, scopes }, now)?;
                Ok(Caller::User(jwt::in_event(&claims)))
            }
        }
    }

    fn session(&self, context: &Context, parts: &Parts, body: &[u8], now: Timestamp) -> Result<Caller, Refusal> {
        let scope = Scope { region: self.region.clone(), service: "execute-api".to_owned() };
        let keys = |access_key: &str| self.keyring.credentials(access_key);
        let access_key = sigv4::verify(parts, body, &scope, &keys, now)?.access_key;
        let identity = self.keyring.identity(&access_key).ok_or_else(Refusal::unknown_key)?.clone();
        let resource = arn(&self.region, context);
        match iam::evaluate(&identity.statements, INVOKE, &resource) {
            Ok(Decision::Allowed) => {
                self.guard.record(&parts.headers, INVOKE.to_owned(), resource, http::StatusCode::OK);
                Ok(Caller::Session { access_key, identity })
            }
            // What cannot be judged was found at start.
            Ok(Decision::ImplicitlyDenied) | Err(_) => {
                Err(Refusal::denied(&identity.arn(), &resource, &context.account_id, false))
            }
            Ok(Decision::ExplicitlyDenied) => {
                Err(Refusal::denied(&identity.arn(), &resource, &context.account_id, true))
            }
        }
    }
}

/// What a request invokes: the path as it came, without the slash before it. It is not normalised, as the routes are not:
/// `//record` is neither the route nor the resource `/record`, although its signature is the same.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html>
fn arn(region: &str, context: &Context) -> String {
    let Context { account_id, api_id, stage, method, path, .. } = context;
    format!(
        "arn:aws:execute-api:{region}:{account_id}:{api_id}/{stage}/{method}/{}",
        path.strip_prefix('/').unwrap_or(path)
    )
}

impl Caller {
    /// A member of `requestContext.identity` that says who signed; `None` where nobody did.
    pub(super) fn identity(&self, member: &str) -> Option<String> {
        let Self::Session { access_key, identity } = self else { return None };
        match member {
            "accessKey" => Some(access_key.clone()),
            "accountId" => Some(identity.account_id.clone()),
            "caller" | "user" => Some(identity.caller()),
            "userArn" => Some(identity.arn()),
            _ => None,
        }
    }

    /// The claims of a user's token.
    pub(super) fn claims(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::User(claims) => Some(claims),
            Self::Anyone | Self::Session { .. } => None,
        }
    }

    /// One claim.
    pub(super) fn claim(&self, name: &str) -> Option<String> {
        self.claims()?.get(name)?.as_str().map(str::to_owned)
    }
}

#[cfg(test)]
mod tests;
