//! An HTTP client for the tests.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use lab::assembly::Lab;
use serde_json::Value;

/// The body of the contract.
pub(crate) const RIDE: &str = r#"{"PickupLocation":{"Latitude":42.35250862285574,"Longitude":-71.05289904884849}}"#;

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) took: Duration,
}

impl Answer {
    /// The body as JSON; panics with the body when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(method: Method, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).expect("a valid request");
    let client = Client::builder(TokioExecutor::new()).build_http();
    let started = Instant::now();
    let answer = client.request(request).await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
    let (parts, body) = answer.into_parts();
    let body = body.collect().await.expect("a whole body").to_bytes();
    let text = String::from_utf8(body.to_vec()).expect("UTF-8");
    Answer { status: parts.status, headers: parts.headers, text, took: started.elapsed() }
}

/// Posts JSON.
pub(crate) async fn post(url: &str, body: impl Into<Bytes>) -> Answer {
    send(Method::POST, url, &[("content-type", "application/json")], body).await
}

/// Gets.
pub(crate) async fn get(url: &str) -> Answer {
    send(Method::GET, url, &[], "").await
}

/// What the lab's console answers; it must.
pub(crate) async fn ask(lab: &Lab, path: &str) -> Value {
    let answer = get(&format!("{}{path}", lab.console.origin)).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.json()
}

/// Has the console break a resource, as `cargo lab break` does, or mend it, where there is no trouble.
pub(crate) async fn switch(lab: &Lab, resource: &str, trouble: Option<&str>) {
    let to = format!("{}/api/switches", lab.console.origin);
    let order = serde_json::json!({"resource": resource, "trouble": trouble}).to_string();
    let answer = send(Method::POST, &to, &[("x-lab-secret", &lab.console.secret)], order).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}
