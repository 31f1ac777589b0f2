//! An RS256 key of a user pool.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaEncoding, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

/// Why a key was not made or did not sign.
#[derive(Debug, thiserror::Error)]
#[error("the user pool's RSA key could not be made or used")]
pub struct KeyError;

pub(super) struct SigningKey {
    pub(super) kid: String,
    pub(super) public: DecodingKey,
    modulus: String,
    exponent: String,
    pair: RsaKeyPair,
}

impl SigningKey {
    /// A new key of 2048 bits.
    pub(super) fn generate() -> Result<Self, KeyError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError)?;
        let public = pair.public_key();
        let modulus = public.modulus().big_endian_without_leading_zero();
        let exponent = public.exponent().big_endian_without_leading_zero();
        let kid = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, modulus));
        Ok(Self {
            kid,
            public: DecodingKey::from_rsa_raw_components(modulus, exponent),
            modulus: URL_SAFE_NO_PAD.encode(modulus),
            exponent: URL_SAFE_NO_PAD.encode(exponent),
            pair,
        })
    }

    /// A token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, KeyError> {
        self.sign_as(&json!({"kid": self.kid, "alg": "RS256"}), claims, &RSA_PKCS1_SHA256)
    }

    /// A token with any header, signed in any way.
    pub(super) fn sign_as(
        &self,
        header: &Value,
        claims: &Value,
        encoding: &'static dyn RsaEncoding,
    ) -> Result<String, KeyError> {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).map_err(|_| KeyError)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The public half, as `jwks.json` lists it.
    pub(super) fn jwk(&self) -> Value {
        json!({"alg": "RS256", "e": self.exponent, "kid": self.kid, "kty": "RSA", "n": self.modulus, "use": "sig"})
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}
