//! What the person at the machine orders by the API's own routes, signed.

use std::time::Duration;

use http::{HeaderValue, Method, Request, header};
use jiff::Timestamp;
use serde_json::Value;

use crate::assembly::Lab;
use crate::gateway::auth::signer;
use crate::gateway::auth::sigv4::Scope;
use crate::keyring::PERSON;
use crate::load::https;

/// API Gateway gives up after 29 s.
const PATIENCE: Duration = Duration::from_secs(30);

/// Posts a document to a route, and returns the answer's text.
///
/// # Errors
/// It could not be sent, or was not answered with success.
pub(super) async fn post(lab: &Lab, route: &str, body: &Value) -> Result<String, String> {
    let stage = lab.stack.apis.values().next().map(|api| api.stage.as_str()).ok_or("the stack has no API")?;
    let credentials = lab.endpoints.keyring.credentials(PERSON).ok_or("nobody can sign")?;
    let body = body.to_string().into_bytes();
    let uri = format!("{}/{stage}{route}", lab.origin);
    let request = Request::builder().method(Method::POST).uri(&uri).body(()).map_err(said)?;
    let (mut parts, ()) = request.into_parts();
    let host = parts.uri.authority().ok_or("the API has no host")?.as_str();
    let host = HeaderValue::from_str(host).map_err(said)?;
    parts.headers.insert(header::HOST, host);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let scope = Scope { region: lab.stack.region.clone(), service: "execute-api".to_owned() };
    signer::sign(&mut parts, &body, &scope, PERSON, &credentials, Timestamp::now()).map_err(said)?;
    let request = reqwest::Request::try_from(Request::from_parts(parts, body)).map_err(said)?;
    let client = https().timeout(PATIENCE).build().map_err(said)?;
    let answer = client.execute(request).await.map_err(said)?;
    let status = answer.status();
    let text = answer.text().await;
    if status.is_success() {
        return text.map_err(said);
    }
    Err(format!("{route} answered {status}: {}", text.unwrap_or_default()))
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
