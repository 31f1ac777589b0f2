//! Verification of a user pool's tokens, as API Gateway does it on routes of the authorisation `COGNITO_USER_POOLS`.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html>,
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html>

use std::collections::BTreeMap;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// What is known of a user pool that may have issued a token.
#[derive(Clone)]
pub struct Issuer {
    /// `iss`.
    pub name: String,
    /// Ids of the pool's app clients.
    pub clients: Vec<String>,
    /// Public keys by `kid`.
    pub keys: BTreeMap<String, DecodingKey>,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Issuer")
            .field("name", &self.name)
            .field("clients", &self.clients)
            .finish_non_exhaustive()
    }
}

/// What a route asks of a token.
#[derive(Debug, Clone, Copy, Default)]
pub struct Demand<'a> {
    /// App clients that may call; any client of the pool where it is empty.
    pub clients: &'a [String],
    /// With scopes, an access token that has one of them; without, an ID token.
    pub scopes: &'a [String],
}

/// Verifies the token of a request and returns its claims.
///
/// # Errors
/// The answer to give, when there is no token or it is not good here and now.
pub fn verify(
    headers: &HeaderMap,
    issuers: &[&Issuer],
    demand: Demand<'_>,
    now: Timestamp,
) -> Result<Map<String, Value>, Refusal> {
    let claims = authentic(token_of(headers)?, issuers)?;
    check(&claims, demand, now).map(|()| claims)
}

/// The token, with `Bearer` or without, as API Gateway takes both.
fn token_of(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(http::header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Refusal::unauthorized()) };
    let text = value.to_str().map_err(|_| Refusal::unauthorized())?.trim();
    Ok(text.strip_prefix("Bearer ").unwrap_or(text).trim_start())
}

/// The claims of a token that one of the issuers has signed.
fn authentic(token: &str, issuers: &[&Issuer]) -> Result<Map<String, Value>, Refusal> {
    let refuse = |_| Refusal::unauthorized();
    let header = jsonwebtoken::decode_header(token).map_err(refuse)?;
    // A critical extension that is not understood must be refused (RFC 7515, 4.1.11), and none is understood here.
    let kid = header.kid.filter(|_| header.crit.is_none()).ok_or_else(Refusal::unauthorized)?;
    let (issuer, key) =
        issuers.iter().find_map(|issuer| Some((issuer, issuer.keys.get(&kid)?))).ok_or_else(Refusal::unauthorized)?;
    // The algorithm is ours, not the token's: `none`, and HS256 with the public key as its secret, end here.
    let mut validation = Validation::new(Algorithm::RS256);
    // The crate's own checks of the claims use the host's clock; `check` does them all.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let claims = jsonwebtoken::decode::<Map<String, Value>>(token, key, &validation).map_err(refuse)?.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let client = match text("token_use") {
        Some("id") => text("aud"),
        Some("access") => text("client_id"),
        _ => None,
    };
    let of_client = client.is_some_and(|client| issuer.clients.iter().any(|known| known == client));
    if text("iss") == Some(&issuer.name) && of_client { Ok(claims) } else { Err(Refusal::unauthorized()) }
}

fn check(claims: &Map<String, Value>, demand: Demand<'_>, now: Timestamp) -> Result<(), Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_access = text("token_use") == "access";
    let client = text(if is_access { "client_id" } else { "aud" });
    let may = demand.clients.is_empty() || demand.clients.iter().any(|allowed| allowed == client);
    let has_scope = text("scope").split(' ').any(|scope| demand.scopes.iter().any(|wanted| wanted == scope));
    let fits = if demand.scopes.is_empty() { !is_access } else { is_access && has_scope };
    if text("sub").is_empty() || !may || !fits {
        return Err(Refusal::unauthorized());
    }
    let seconds =
        |name: &str| claims.get(name).map(|value| value.as_i64().ok_or_else(Refusal::unauthorized)).transpose();
    let now = now.as_second();
    let expires = seconds("exp")?.ok_or_else(Refusal::unauthorized)?;
    if seconds("nbf")?.is_some_and(|not_before| now < not_before) {
        return Err(Refusal::unauthorized());
    }
    if now >= expires { Err(Refusal::expired_token()) } else { Ok(()) }
}

/// The claims as `requestContext.authorizer.claims` has them: every value is a text, lists are joined by commas, and
/// `exp` and `iat` read as dates.
/// <https://github.com/amazon-archives/amazon-cognito-identity-js/issues/92>
pub fn in_event(claims: &Map<String, Value>) -> Map<String, Value> {
    let text = |name: &str, value: &Value| match value {
        Value::Number(seconds) if matches!(name, "exp" | "iat") => {
            seconds.as_i64().and_then(date).unwrap_or_else(|| seconds.to_string())
        }
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let texts = values.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            texts.collect::<Vec<_>>().join(",")
        }
        value => value.to_string(),
    };
    claims.iter().map(|(name, value)| (name.clone(), Value::String(text(name, value)))).collect()
}

/// `Fri Jul 29 18:52:53 UTC 2016`.
fn date(seconds: i64) -> Option<String> {
    let time = Timestamp::from_second(seconds).ok()?.to_zoned(TimeZone::UTC);
    Some(time.strftime("%a %b %d %H:%M:%S UTC %Y").to_string())
}

#[cfg(test)]
mod tests;
