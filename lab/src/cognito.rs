//! A Cognito user pool: the keys it signs with, the documents it publishes, and tokens for local use.
//!
//! Nobody signs up here. Whoever knows the pool's mint secret, which `cargo lab up` writes to its state file, gets a
//! token for any rider.

mod key;
mod room;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::gateway::auth::jwt::Issuer;
use crate::keyring;
pub use key::KeyError;
use key::SigningKey;
pub(crate) use room::{Mint, SECRET_HEADER};

/// The scope that Cognito gives to every user who signed in by its API.
const USER_SCOPE: &str = "aws.cognito.signin.user.admin";

/// A user pool. Clones share it.
#[derive(Debug, Clone)]
pub struct UserPool(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    id: String,
    issuer: Issuer,
    identity_key: SigningKey,
    access_key: SigningKey,
    mint_secret: String,
}

/// The tokens of one sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// For API Gateway's authoriser.
    pub id_token: String,
    /// For routes that ask for scopes.
    pub access_token: String,
    /// The rider, as the ride's `Rider`: a UUID that is the same for the same name.
    pub sub: String,
}

impl UserPool {
    /// A pool with new keys: one for ID tokens and one for access tokens, as Cognito has them.
    ///
    /// # Errors
    /// When no RSA key can be made.
    pub fn new(region: &str, id: &str, clients: Vec<String>) -> Result<Self, KeyError> {
        let (identity_key, access_key) = (SigningKey::generate()?, SigningKey::generate()?);
        let keys = [&identity_key, &access_key].map(|key| (key.kid.clone(), key.public.clone()));
        let issuer = Issuer {
            name: format!("https://cognito-idp.{region}.amazonaws.com/{id}"),
            clients,
            keys: BTreeMap::from(keys),
        };
        let mint_secret = keyring::random();
        Ok(Self(Arc::new(Pool { id: id.to_owned(), issuer, identity_key, access_key, mint_secret })))
    }

    /// What a verifier needs to know.
    pub fn issuer(&self) -> &Issuer {
        &self.0.issuer
    }

    /// The pool's id, `eu-west-1_Ab129faBb`.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// What has to be shown to get tokens.
    pub fn mint_secret(&self) -> &str {
        &self.0.mint_secret
    }

    /// The tokens of a rider who signed in at `now` with this client. A negative lifetime makes expired ones.
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn tokens(&self, rider: &str, client: &str, lifetime_s: i64, now: Timestamp) -> Result<Tokens, KeyError> {
        let Pool { id, issuer, identity_key, access_key, .. } = &*self.0;
        let sub = subject(id, rider);
        let unique = || uuid::Uuid::new_v4().to_string();
        let now = now.as_second();
        let mut identity = json!({
            "sub": sub, "iss": issuer.name, "origin_jti": unique(), "event_id": unique(),
            "auth_time": now, "iat": now, "exp": now.saturating_add(lifetime_s),
        });
        let mut access = identity.clone();
        for (claims, own) in [
            (
                &mut identity,
                [("token_use", "id"), ("aud", client), ("cognito:username", rider), ("jti", &unique())].as_slice(),
            ),
            (
                &mut access,
                &[
                    ("token_use", "access"),
                    ("client_id", client),
                    ("username", rider),
                    ("scope", USER_SCOPE),
                    ("jti", &unique()),
                ],
            ),
        ] {
            for (name, value) in own {
                claims[*name] = Value::from(*value);
            }
        }
        Ok(Tokens { id_token: identity_key.sign(&identity)?, access_token: access_key.sign(&access)?, sub })
    }

    /// A token with any claims and header: what no honest pool would sign. The key's id is filled in.
    #[cfg(test)]
    pub(crate) fn sign_for_test(
        &self,
        mut header: Value,
        claims: &Value,
        encoding: &'static dyn aws_lc_rs::signature::RsaEncoding,
    ) -> String {
        if header["kid"].is_null() {
            header["kid"] = self.0.identity_key.kid.clone().into();
        }
        self.0.identity_key.sign_as(&header, claims, encoding).expect("signed")
    }

    /// `/.well-known/jwks.json`.
    pub fn jwks(&self) -> Value {
        json!({"keys": [self.0.identity_key.jwk(), self.0.access_key.jwk()]})
    }
}

/// A version 4 UUID as Cognito gives it, but made of the name, so that a rider stays the same over restarts.
fn subject(pool: &str, rider: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{pool}/{rider}").as_bytes());
    let bytes = hash.as_ref().first_chunk::<16>().copied().unwrap_or_default();
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rider_is_the_same_in_every_run_and_another_in_another_pool() {
        assert_eq!(subject("eu-west-1_a", "ada"), subject("eu-west-1_a", "ada"));
        assert_ne!(subject("eu-west-1_a", "ada"), subject("eu-west-1_a", "bob"));
        assert_ne!(subject("eu-west-1_a", "ada"), subject("eu-west-1_b", "ada"));
        assert!(uuid::Uuid::parse_str(&subject("p", "ada")).is_ok_and(|id| id.get_version_num() == 4));
    }
}
