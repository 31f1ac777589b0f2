//! The pool over HTTP: its public documents, and the lab's own way to a token.
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html>

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Incoming;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;

use super::UserPool;
use crate::listen::{self, Answer};

/// Header that carries the mint secret.
pub(crate) const SECRET_HEADER: &str = "x-lab-secret";

/// Longest request for a token.
const REQUEST_LIMIT: usize = 4 * 1024;

/// What is asked of `POST /{pool}/lab/token`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mint {
    /// Name of the rider.
    pub(crate) rider: String,
    /// App client; the pool's first where it is not stated.
    pub(crate) client: Option<String>,
    /// Lifetime in seconds.
    pub(crate) expires_in: i64,
}

impl UserPool {
    /// Serves the pool until dropped.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let origin = listener.local_addr().map(|address| format!("http://{address}")).unwrap_or_default();
        listen::serve(listener, move |request, _| {
            let (pool, origin) = (self.clone(), origin.clone());
            async move { pool.answer(request, &origin).await }
        })
        .await;
    }

    async fn answer(&self, request: Request<Incoming>, origin: &str) -> Answer {
        let Some(path) = request.uri().path().strip_prefix(&format!("/{}/", self.id())).map(str::to_owned) else {
            return error(StatusCode::NOT_FOUND, "no such user pool");
        };
        match (request.method(), path.as_str()) {
            (&Method::GET, ".well-known/jwks.json") => json_answer(&self.jwks()),
            (&Method::GET, ".well-known/openid-configuration") => json_answer(&self.configuration(origin)),
            (&Method::POST, "lab/token") => {
                let (parts, body) = request.into_parts();
                match listen::read_body(body, REQUEST_LIMIT).await {
                    Ok(body) => self.mint(&parts.headers, &body),
                    Err(_) => error(StatusCode::BAD_REQUEST, "the body could not be read"),
                }
            }
            _ => error(StatusCode::NOT_FOUND, "the lab's user pool has no such page"),
        }
    }

    /// The issuer is the one of AWS, as in the tokens; the keys are here.
    fn configuration(&self, origin: &str) -> serde_json::Value {
        json!({
            "issuer": self.issuer().name,
            "jwks_uri": format!("{origin}/{}/.well-known/jwks.json", self.id()),
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "token"],
            "subject_types_supported": ["public"],
        })
    }

    fn mint(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        let shown = headers.get(SECRET_HEADER).map(http::HeaderValue::as_bytes).unwrap_or_default();
        if verify_slices_are_equal(self.mint_secret().as_bytes(), shown).is_err() {
            return error(StatusCode::FORBIDDEN, "the mint secret is wrong; it stands in the lab's state file");
        }
        let Ok(Mint { rider, client, expires_in }) = serde_json::from_slice(body) else {
            return error(StatusCode::BAD_REQUEST, "expected {\"rider\":\"...\",\"expires_in\":3600}");
        };
        let Some(client) = client.or_else(|| self.issuer().clients.first().cloned()) else {
            return error(StatusCode::BAD_REQUEST, "the user pool has no app client");
        };
        match self.tokens(&rider, &client, expires_in, Timestamp::now()) {
            Ok(tokens) => json_answer(&json!(tokens)),
            Err(failure) => error(StatusCode::INTERNAL_SERVER_ERROR, &failure.to_string()),
        }
    }
}

fn json_answer(body: &serde_json::Value) -> Answer {
    listen::answer(StatusCode::OK, "application/json", body.to_string())
}

fn error(status: StatusCode, message: &str) -> Answer {
    listen::answer(status, "application/json", json!({"message": message}).to_string())
}
