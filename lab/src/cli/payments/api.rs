//! Signed calls of the stack's API: the running lab's or a deployed one's, both in the same way.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;
use shared::params::{Ssm, Store};

use crate::cli::faults::{Target, store};
use crate::cli::state::State;
use crate::cli::{nearest_template, workspace_of};
use crate::gateway::auth::signer;
use crate::gateway::auth::sigv4::{Credentials, Scope};
use crate::load::https;

/// API Gateway gives up after 29 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// The API of a stack, and who calls it.
#[derive(Debug, Clone)]
pub(super) struct Api {
    /// Its address with the stage, without a slash at the end.
    base: String,
    scope: Scope,
    access_key: String,
    credentials: Credentials,
    client: reqwest::Client,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Api {
    /// The API that is meant.
    ///
    /// # Errors
    /// No lab runs; or region, credentials or the address of the deployed stack are not to be had.
    pub(super) async fn of(target: Target) -> anyhow::Result<Self> {
        match target.stage {
            Some(stage) => Self::deployed(&stage, target.region).await,
            None => {
                let template = target.template.map_or_else(nearest_template, Ok)?;
                let state = State::read(&workspace_of(&template));
                Self::of_the_lab(&state.context("no lab runs here; start one with `cargo lab up`")?)
            }
        }
    }

    fn of_the_lab(state: &State) -> anyhow::Result<Self> {
        let other = "the lab that runs is of another version; stop it and start it again";
        let key = state.person.clone().context(other)?;
        let base = state.ride_url.strip_suffix("/ride").context(other)?.to_owned();
        let credentials = Credentials { secret: key.secret, session_token: key.session_token, expires: None };
        Self::new(base, state.region.clone(), key.access_key, credentials)
    }

    async fn deployed(stage: &str, region: Option<String>) -> anyhow::Result<Self> {
        store::check_name(stage)?;
        let environment = store::aws(region)?;
        let ssm = Ssm::new(&environment, Duration::from_secs(20), Duration::from_secs(5)).context(
            "credentials come out of the environment; `eval \"$(aws configure export-credentials --format env)\"` puts those of a profile there",
        )?;
        // The address of one of its routes says where the API is.
        let parameter = format!("/wild-rydes-ride-record/{stage}/URL");
        let route = ssm.get(&parameter).await.with_context(|| format!("could not read the parameter {parameter}"))?;
        let base = route.trim().strip_suffix("/record").filter(|base| base.starts_with("https://"));
        let base =
            base.with_context(|| format!("the parameter {parameter} is no address of a route /record"))?.to_owned();
        let credentials = Credentials {
            secret: environment.text("AWS_SECRET_ACCESS_KEY")?,
            session_token: environment.optional("AWS_SESSION_TOKEN").map(str::to_owned),
            expires: None,
        };
        Self::new(base, environment.text("AWS_REGION")?, environment.text("AWS_ACCESS_KEY_ID")?, credentials)
    }

    fn new(base: String, region: String, access_key: String, credentials: Credentials) -> anyhow::Result<Self> {
        let scope = Scope { region, service: "execute-api".to_owned() };
        let client = https().timeout(PATIENCE).build()?;
        Ok(Self { base, scope, access_key, credentials, client })
    }

    /// Where it is, for people.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// One signed call: `path` begins with a slash and may have a query.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> anyhow::Result<Answer> {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base)).body(())?;
        *request.headers_mut() = headers;
        let (mut parts, ()) = request.into_parts();
        let authority = parts.uri.authority().context("the address has no host")?;
        let host = HeaderValue::from_str(authority.as_str())?;
        parts.headers.insert(header::HOST, host);
        signer::sign(&mut parts, &body, &self.scope, &self.access_key, &self.credentials, Timestamp::now())?;
        let request = reqwest::Request::try_from(http::Request::from_parts(parts, body))?;
        let response = self.client.execute(request).await.map_err(reqwest::Error::without_url);
        let response = response.with_context(|| format!("{} did not answer", self.base))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.map_err(reqwest::Error::without_url)?;
        Ok(Answer { status, headers, body })
    }

    /// A call that answers JSON; a refusal is an error in its own words.
    ///
    /// # Errors
    /// There is no answer, or it is a refusal.
    pub(super) async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut headers = HeaderMap::new();
        if body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let answer = self.call(method, path, headers, bytes).await?;
        let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        anyhow::ensure!(answer.status.is_success(), "{}", refusal(answer.status, &value));
        Ok(value)
    }
}

/// What a problem document says, or API Gateway's own message.
fn refusal(status: StatusCode, body: &Value) -> String {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let detail = text("detail").or_else(|| text("message")).unwrap_or("no reason was given");
    let fields = body["errors"].as_array().into_iter().flatten();
    let fields: Vec<String> = fields
        .filter_map(|field| Some(format!("{} {}", field["pointer"].as_str()?, field["detail"].as_str()?)))
        .collect();
    if fields.is_empty() { format!("{status}: {detail}") } else { format!("{status}: {}", fields.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_names_the_fields_or_the_reason() {
        let said = |body| refusal(StatusCode::UNPROCESSABLE_ENTITY, &body);
        let fields = json!({"detail": "One or more", "errors": [{"pointer": "/limit", "detail": "must be 1"}]});
        assert_eq!(said(fields), "422 Unprocessable Entity: /limit must be 1");
        assert_eq!(said(json!({"message": "Forbidden"})), "422 Unprocessable Entity: Forbidden");
        assert_eq!(said(Value::Null), "422 Unprocessable Entity: no reason was given");
    }
}
