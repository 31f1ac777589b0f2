use super::*;
use crate::cognito::UserPool;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use std::sync::LazyLock;

const CLIENT: &str = "1example23456789";
const HOUR: i64 = 3600;

static POOL: LazyLock<UserPool> = LazyLock::new(|| pool("eu-west-1_Example01"));

fn pool(id: &str) -> UserPool {
    UserPool::new("eu-west-1", id, vec![CLIENT.to_owned(), "other-client".to_owned()]).expect("a pool")
}

fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().expect("a time")
}

fn judge_at(token: &str, demand: Demand<'_>, now: Timestamp) -> Result<Map<String, Value>, Refusal> {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().expect("a header value"));
    verify(&headers, &[POOL.issuer()], demand, now)
}

fn judge(token: &str) -> Result<Map<String, Value>, Refusal> {
    judge_at(token, Demand::default(), noon())
}

fn id_token() -> String {
    POOL.tokens("ada", CLIENT, HOUR, noon()).expect("tokens").id_token
}

/// A token with other claims, signed by the pool's own key.
fn signed_with(change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut claims = judge(&id_token()).expect("good");
    change(&mut claims);
    POOL.sign_for_test(json!({"alg": "RS256"}), &Value::Object(claims), &RSA_PKCS1_SHA256)
}

fn parts(token: &str) -> [String; 3] {
    let parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    parts.try_into().expect("three parts")
}

#[test]
fn an_id_token_gives_its_claims_with_bearer_and_without() {
    let claims = judge(&id_token()).expect("good");
    assert_eq!(claims["cognito:username"], "ada");
    assert_eq!(claims["aud"], CLIENT);
    assert_eq!(claims["iss"], "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Example01");
    let mut headers = HeaderMap::new();
    headers.insert("authorization", id_token().parse().expect("a header value"));
    assert!(verify(&headers, &[POOL.issuer()], Demand::default(), noon()).is_ok());
}

#[test]
fn no_token_two_tokens_and_no_jwt_are_unauthorized() {
    let mut headers = HeaderMap::new();
    assert_eq!(verify(&headers, &[POOL.issuer()], Demand::default(), noon()), Err(Refusal::unauthorized()));
    for _ in 0..2 {
        headers.append("authorization", id_token().parse().expect("a header value"));
    }
    assert_eq!(verify(&headers, &[POOL.issuer()], Demand::default(), noon()), Err(Refusal::unauthorized()));
    for token in ["", "a", "a.b", "a.b.c", "a.b.c.d", "..", "AWS4-HMAC-SHA256 Credential=a"] {
        assert_eq!(judge(token), Err(Refusal::unauthorized()), "{token}");
    }
}

#[test]
fn a_token_is_good_until_the_second_it_expires() {
    let token = id_token();
    let at = |seconds: i64| judge_at(&token, Demand::default(), noon() + jiff::SignedDuration::from_secs(seconds));
    assert!(at(HOUR - 1).is_ok());
    for seconds in [HOUR, HOUR + 1, 24 * HOUR] {
        assert_eq!(at(seconds), Err(Refusal::expired_token()), "{seconds}");
    }
    let expired = POOL.tokens("ada", CLIENT, -1, noon()).expect("tokens").id_token;
    assert_eq!(judge(&expired).expect_err("expired").message, "The incoming token has expired");
}

#[test]
fn a_token_of_another_pool_is_unauthorized_even_with_our_key_id() {
    let other = pool("eu-west-1_Example02").tokens("ada", CLIENT, HOUR, noon()).expect("tokens").id_token;
    assert_eq!(judge(&other), Err(Refusal::unauthorized()));
    let [header, _, _] = parts(&id_token());
    let [_, claims, signature] = parts(&other);
    assert_eq!(judge(&format!("{header}.{claims}.{signature}")), Err(Refusal::unauthorized()));
}

#[test]
fn claims_that_are_not_for_us_are_unauthorized_although_signed() {
    type Change = fn(&mut Map<String, Value>);
    let changes: [(&str, Change); 12] = [
        ("another issuer", |claims| claims["iss"] = json!("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_X")),
        ("no issuer", |claims| drop(claims.remove("iss"))),
        ("an unknown client", |claims| claims["aud"] = json!("somebody-else")),
        ("several clients", |claims| claims["aud"] = json!([CLIENT, "x"])),
        ("no client", |claims| drop(claims.remove("aud"))),
        ("an access token", |claims| claims["token_use"] = json!("access")),
        ("no use", |claims| drop(claims.remove("token_use"))),
        ("no subject", |claims| drop(claims.remove("sub"))),
        ("no expiry", |claims| drop(claims.remove("exp"))),
        ("an expiry that is text", |claims| claims["exp"] = json!("4000000000")),
        ("an expiry that is no whole number", |claims| claims["exp"] = json!(4e300)),
        ("a later beginning", |claims| drop(claims.insert("nbf".to_owned(), json!(noon().as_second() + 1)))),
    ];
    for (what, change) in changes {
        assert_eq!(judge(&signed_with(change)), Err(Refusal::unauthorized()), "{what}");
    }
    assert!(judge(&signed_with(|claims| drop(claims.insert("nbf".to_owned(), json!(noon().as_second()))))).is_ok());
}

#[test]
fn the_audience_and_the_scopes_of_a_route_are_kept() {
    let tokens = POOL.tokens("ada", CLIENT, HOUR, noon()).expect("tokens");
    let (ours, other) = ([CLIENT.to_owned()], ["other-client".to_owned()]);
    let scopes = ["aws.cognito.signin.user.admin".to_owned()];
    let judged = |token: &str, clients: &[String], scopes: &[String]| {
        judge_at(token, Demand { clients, scopes }, noon()).is_ok()
    };
    assert!(judged(&tokens.id_token, &ours, &[]));
    assert!(!judged(&tokens.id_token, &other, &[]));
    assert!(!judged(&tokens.access_token, &ours, &[]));
    assert!(judged(&tokens.access_token, &ours, &scopes));
    assert!(!judged(&tokens.access_token, &other, &scopes));
    assert!(!judged(&tokens.access_token, &ours, &["rides/write".to_owned()]));
    assert!(!judged(&tokens.id_token, &ours, &scopes));
}

#[test]
fn the_algorithm_is_ours_not_the_tokens() {
    let [header, claims, signature] = parts(&id_token());
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64")).expect("JSON");
    let jwk = POOL.jwks()["keys"][0].clone();
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().expect("text")).expect("base64");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut header = header.clone();
        change(&mut header);
        format!("{}.{claims}", URL_SAFE_NO_PAD.encode(header.to_string()))
    };
    for algorithm in ["none", "None", "nOnE"] {
        let unsigned = with(&|header| header["alg"] = json!(algorithm));
        for signature in ["", &signature] {
            assert_eq!(judge(&format!("{unsigned}.{signature}")), Err(Refusal::unauthorized()), "{algorithm}");
        }
    }
    // The public key, in the forms a library might take for a secret.
    for secret in [modulus, jwk.to_string().into_bytes(), jwk["n"].to_string().into_bytes()] {
        let message = with(&|header| header["alg"] = json!("HS256"));
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
        let signature = URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, message.as_bytes()));
        assert_eq!(judge(&format!("{message}.{signature}")), Err(Refusal::unauthorized()));
    }
    for (name, value) in [("alg", json!("RS512")), ("kid", json!("x")), ("kid", json!(null)), ("crit", json!(["exp"]))]
    {
        let message = with(&|header| header[name] = value.clone());
        assert_eq!(judge(&format!("{message}.{signature}")), Err(Refusal::unauthorized()), "{name}");
    }
}

#[test]
fn our_own_key_under_another_header_is_unauthorized() {
    let claims = Value::Object(judge(&id_token()).expect("good"));
    let judged = |header, encoding| judge(&POOL.sign_for_test(header, &claims, encoding));
    assert!(judged(json!({"alg": "RS256", "typ": "JWT"}), &RSA_PKCS1_SHA256).is_ok());
    for refused in [
        judged(json!({"alg": "RS512"}), &RSA_PKCS1_SHA512),
        judged(json!({"alg": "PS256"}), &RSA_PSS_SHA256),
        judged(json!({"alg": "RS256", "crit": ["exp"], "exp": 1}), &RSA_PKCS1_SHA256),
        judged(json!({"alg": "RS256", "kid": "x"}), &RSA_PKCS1_SHA256),
    ] {
        assert_eq!(refused, Err(Refusal::unauthorized()));
    }
}

#[test]
fn no_character_of_a_token_may_change() {
    let token = id_token();
    for at in 0..token.len() {
        let replacement = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let mut forged = token.clone();
        forged.replace_range(at..=at, replacement);
        assert_eq!(judge(&forged), Err(Refusal::unauthorized()), "at {at}");
    }
}

#[test]
fn the_event_shows_claims_as_texts_and_dates() {
    let claims = json!({"sub": "s", "exp": 1_469_818_373, "auth_time": 1_469_814_773, "email_verified": true,
                        "cognito:groups": ["a", "b"]});
    let shown = in_event(claims.as_object().expect("an object"));
    assert_eq!(
        Value::Object(shown),
        json!({"sub": "s", "exp": "Fri Jul 29 18:52:53 UTC 2016", "auth_time": "1469814773", "email_verified": "true",
               "cognito:groups": "a,b"})
    );
}
