//! Verification of Signature Version 4, as API Gateway does it on routes of the authorisation `AWS_IAM`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>
//!
//! A signature says who sent these very bytes, and when to within five minutes. It does not say that they come for
//! the first time: within the five minutes the same request is good again.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};

use super::canonical::{self, Signed};
use super::presented::{self, ALGORITHM, Presented};
use super::refusal::Refusal;

/// How far the caller's clock may be off, to either side.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
pub const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

pub(super) const TERMINATOR: &str = "aws4_request";

/// What a signature must be meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `eu-west-1`.
    pub region: String,
    /// `execute-api`.
    pub service: String,
}

/// What belongs to an access key.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Secret access key.
    pub secret: String,
    /// Session token; without one the key is a permanent one.
    pub session_token: Option<String>,
    /// When the session ends.
    pub expires: Option<Timestamp>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credentials").field("expires", &self.expires).finish_non_exhaustive()
    }
}

/// Who sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Access key whose secret signed the request.
    pub access_key: String,
}

/// Finds out who sent a request.
///
/// # Errors
/// The answer to give, when the request is not signed, or not with a key of `keys`, or not for this scope, time and content.
pub fn verify(
    parts: &Parts,
    body: &[u8],
    scope: &Scope,
    keys: &impl Fn(&str) -> Option<Credentials>,
    now: Timestamp,
) -> Result<Caller, Refusal> {
    let presented = presented::read(parts)?;
    let names: Vec<&str> = presented.signed_headers.split(';').collect();
    if !names.contains(&"host") {
        return Err(Refusal::invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."));
    }
    check_scope(&presented, scope)?;
    check_time(&presented, now)?;
    let access_key = presented.credential.access_key.clone();
    let credentials = keys(&access_key).ok_or_else(Refusal::unknown_key)?;
    check_session(&presented, &credentials, now)?;
    let request = canonical::request(Signed {
        method: parts.method.as_str(),
        path: parts.uri.path(),
        query: parts.uri.query().unwrap_or_default(),
        headers: &parts.headers,
        names: &names,
        body,
    });
    let string_to_sign = string_to_sign(&request, presented.date, scope);
    let expected = signature(&credentials.secret, presented.date, scope, &string_to_sign);
    // A list that is out of order, or names what was not sent, has no canonical form that a signer would have signed.
    let well_formed = names.is_sorted_by(|a, b| a < b)
        && names.iter().all(|name| is_lower(name) && parts.headers.contains_key(*name));
    match verify_slices_are_equal(expected.as_bytes(), presented.signature.as_bytes()) {
        Ok(()) if well_formed => Ok(Caller { access_key }),
        _ => Err(Refusal::mismatch(&request, &string_to_sign)),
    }
}

fn is_lower(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn check_scope(presented: &Presented, scope: &Scope) -> Result<(), Refusal> {
    let credential = &presented.credential;
    let mut wrong = Vec::new();
    if credential.region != scope.region {
        wrong.push(format!("Credential should be scoped to a valid region, not '{}'. ", credential.region));
    }
    if credential.service != scope.service {
        wrong.push(format!("Credential should be scoped to correct service: '{}'. ", scope.service));
    }
    if credential.terminator != TERMINATOR {
        wrong.push(format!(
            "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'. ",
            credential.terminator
        ));
    }
    let day = day(presented.date);
    if credential.date != day {
        wrong.push(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}', from '{}'. ",
            credential.date,
            basic(presented.date)
        ));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::invalid(wrong.concat())) }
}

fn check_time(presented: &Presented, now: Timestamp) -> Result<(), Refusal> {
    let lifetime = presented.expires.map_or(MAX_SKEW, SignedDuration::from_secs);
    let (earliest, latest) = (now - lifetime, now + MAX_SKEW);
    let date = basic(presented.date);
    if presented.date < earliest {
        let minutes = lifetime.as_mins();
        let (earliest, now) = (basic(earliest), basic(now));
        return Err(Refusal::invalid(format!(
            "Signature expired: {date} is now earlier than {earliest} ({now} - {minutes} min.)"
        )));
    }
    if presented.date > latest {
        let (latest, now) = (basic(latest), basic(now));
        return Err(Refusal::invalid(format!(
            "Signature not yet current: {date} is still later than {latest} ({now} + 5 min.)"
        )));
    }
    Ok(())
}

fn check_session(presented: &Presented, credentials: &Credentials, now: Timestamp) -> Result<(), Refusal> {
    let matching = match (&credentials.session_token, &presented.session_token) {
        (None, None) => true,
        (Some(expected), Some(token)) => verify_slices_are_equal(expected.as_bytes(), token).is_ok(),
        _ => false,
    };
    if !matching {
        return Err(Refusal::unknown_key());
    }
    match credentials.expires {
        Some(expires) if now >= expires => Err(Refusal::expired_credentials()),
        _ => Ok(()),
    }
}

/// What is signed of a canonical request.
pub fn string_to_sign(canonical_request: &[u8], date: Timestamp, scope: &Scope) -> String {
    let Scope { region, service } = scope;
    let (time, day, hash) = (basic(date), day(date), canonical::hash(canonical_request));
    format!("{ALGORITHM}\n{time}\n{day}/{region}/{service}/{TERMINATOR}\n{hash}")
}

/// The signature, in lower-case hexadecimal.
pub fn signature(secret: &str, date: Timestamp, scope: &Scope, string_to_sign: &str) -> String {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in [day(date).as_str(), &scope.region, &scope.service, TERMINATOR, string_to_sign] {
        key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec();
    }
    canonical::hexadecimal(&key)
}

/// `20150830T123600Z`.
pub(super) fn basic(time: Timestamp) -> String {
    time.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// `20150830`.
pub(super) fn day(time: Timestamp) -> String {
    time.strftime("%Y%m%d").to_string()
}

#[cfg(test)]
mod tests;
