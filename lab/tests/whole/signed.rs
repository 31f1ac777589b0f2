//! Signed calls of the routes that ask for a signature.

use bytes::Bytes;
use http::{Method, Request};
use jiff::Timestamp;
use lab::assembly::Lab;
use lab::gateway::auth::signer;
use lab::gateway::auth::sigv4::{Credentials, Scope};
use lab::keyring::PERSON;
use serde_json::json;

use crate::client::{Answer, send};
use crate::stack::{Variation, url};

/// The project's stack, in which request-ride's role may call every method of every route: so that the tests reach what
/// a function answers to methods that no role of ours may use.
pub(crate) fn with_an_open_role() -> Variation {
    Variation::default().changed(|stack| {
        let role_arn = stack.functions["RequestRideFunction"].role_arn.clone();
        let role = stack.roles.values_mut().find(|role| Some(&role.arn) == role_arn.as_ref()).expect("a role");
        role.statements.push(json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}));
    })
}

/// Signs a request as request-ride and sends it.
pub(crate) async fn send_signed(
    lab: &Lab,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Answer {
    let function = &lab.stack.functions["RequestRideFunction"].name;
    let key = lab.endpoints.keyring.of_function(function).expect("a key");
    send_as(lab, key, method, path, headers, body.into()).await
}

/// Signs a request as the person at the machine, who may call every route, and sends it.
pub(crate) async fn send_as_person(lab: &Lab, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
    let credentials = lab.endpoints.keyring.credentials(PERSON).expect("a key");
    let headers = [("content-type", "application/json")];
    send_as(lab, (PERSON.to_owned(), credentials), method, path, &headers, body.into()).await
}

async fn send_as(
    lab: &Lab,
    (access_key, credentials): (String, Credentials),
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Answer {
    let host = lab.origin.trim_start_matches("http://").to_owned();
    let mut request = Request::builder().method(method.clone()).uri(path).header("host", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut parts = request.body(()).expect("a request").into_parts().0;
    let scope = Scope { region: "eu-west-1".to_owned(), service: "execute-api".to_owned() };
    signer::sign(&mut parts, &body, &scope, &access_key, &credentials, Timestamp::now()).expect("signed");
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("text")));
    send(method, &url(lab, path), &headers.collect::<Vec<_>>(), body).await
}

/// Posts JSON, signed.
pub(crate) async fn post_signed(lab: &Lab, path: &str, body: impl Into<Bytes>) -> Answer {
    send_signed(lab, Method::POST, path, &[("content-type", "application/json")], body).await
}

/// Gets, signed.
pub(crate) async fn get_signed(lab: &Lab, path: &str) -> Answer {
    send_signed(lab, Method::GET, path, &[], "").await
}
