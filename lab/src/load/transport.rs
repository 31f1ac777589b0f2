//! One attempt over HTTP.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::redirect;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::LoadError;
use super::call::Call;
use super::ledger::Failure;

/// Sends requests.
pub(super) trait Transport: Sync {
    /// One attempt: the whole answer, or why there is none.
    fn send(&self, call: &Call) -> impl Future<Output = Result<Answer, Failure>> + Send;
}

/// A whole answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    /// What `Retry-After` asks for, from now on.
    pub(super) retry_after: Option<Duration>,
    pub(super) content_type: String,
    pub(super) body: Bytes,
}

/// A client of HTTP and HTTPS that trusts Mozilla's roots and does nothing by itself.
pub(crate) fn https() -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy() // a proxy of the environment would be measured instead of the target
        .retry(reqwest::retry::never()); // retries are the client policy's, and are in the ledger
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    match ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions() {
        Ok(config) => builder.tls_backend_preconfigured(config.with_root_certificates(roots).with_no_client_auth()),
        // The provider knows every default version.
        Err(_) => builder,
    }
}

/// HTTP/1.1, one connection a request: each rider is a client of its own, and none inherits another's broken connection.
#[derive(Debug)]
pub(super) struct Http {
    client: reqwest::Client,
    base: String,
}

impl Http {
    pub(super) fn new(target: &Url, token: Option<&str>) -> Result<Self, LoadError> {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let mut value: HeaderValue = format!("Bearer {token}").parse().map_err(|_| LoadError::Token)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let builder = https().default_headers(headers).pool_max_idle_per_host(0);
        let client = builder.build().map_err(LoadError::Client)?;
        Ok(Self { client, base: target.as_str().trim_end_matches('/').to_owned() })
    }
}

impl Transport for Http {
    async fn send(&self, call: &Call) -> Result<Answer, Failure> {
        let url = format!("{}{}", self.base, call.path);
        let request =
            self.client.request(call.method.clone(), url).headers(call.headers.clone()).body(call.body.clone());
        let response = request.send().await.map_err(failure)?;
        let status = response.status().as_u16();
        let text = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let answer = Answer {
            status,
            request_id: text("x-request-id"),
            retry_after: text(RETRY_AFTER.as_str()).and_then(|value| retry_after(&value, Timestamp::now())),
            content_type: text(CONTENT_TYPE.as_str()).unwrap_or_default(),
            body: Bytes::new(),
        };
        let body = response.bytes().await.map_err(failure)?;
        Ok(Answer { body, ..answer })
    }
}

/// Seconds, or a date: <https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3>. What is neither is as good as none.
fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

fn failure(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    let mut deepest = error.to_string();
    while let Some(current) = cause {
        if let Some(error) = current.downcast_ref::<io::Error>() {
            match error.kind() {
                io::ErrorKind::ConnectionRefused => return Failure::Refused,
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => return Failure::Reset,
                io::ErrorKind::TimedOut => return Failure::TimedOut,
                _ => {}
            }
        }
        // A connection that ends in order, but before the answer does, is the same to a client.
        if current
            .downcast_ref::<hyper::Error>()
            .is_some_and(|error| error.is_incomplete_message() || error.is_closed())
        {
            return Failure::Reset;
        }
        deepest = current.to_string();
        cause = current.source();
    }
    Failure::Broken(deepest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "1994-11-06T08:49:30Z".parse().expect("an instant");
        assert_eq!(retry_after("5", now), Some(Duration::from_secs(5)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
    }
}
