//! Signs a request as an AWS client does: for tests, and for the lab's own commands.

use http::HeaderValue;
use http::request::Parts;
use jiff::Timestamp;

use super::canonical::{self, Signed};
use super::presented::ALGORITHM;
use super::sigv4::{self, Credentials, Scope, TERMINATOR};

/// Adds the headers of a signature over every header that the request has, with the body's real hash.
///
/// # Errors
/// When the access key or the session token is no header value.
pub fn sign(
    parts: &mut Parts,
    body: &[u8],
    scope: &Scope,
    access_key: &str,
    credentials: &Credentials,
    now: Timestamp,
) -> Result<(), http::header::InvalidHeaderValue> {
    parts.headers.insert("x-amz-date", HeaderValue::from_str(&sigv4::basic(now))?);
    if let Some(token) = &credentials.session_token {
        parts.headers.insert("x-amz-security-token", HeaderValue::from_str(token)?);
    }
    parts.headers.remove(http::header::AUTHORIZATION);
    let mut names: Vec<&str> = parts.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let request = canonical::request(Signed {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        names: &names,
        body,
    });
    let string_to_sign = sigv4::string_to_sign(&request, now, scope);
    let signature = sigv4::signature(&credentials.secret, now, scope, &string_to_sign);
    let (day, Scope { region, service }) = (sigv4::day(now), scope);
    let signed = names.join(";");
    let authorization = format!(
        "{ALGORITHM} Credential={access_key}/{day}/{region}/{service}/{TERMINATOR}, SignedHeaders={signed}, Signature={signature}"
    );
    parts.headers.insert(http::header::AUTHORIZATION, HeaderValue::from_str(&authorization)?);
    Ok(())
}
