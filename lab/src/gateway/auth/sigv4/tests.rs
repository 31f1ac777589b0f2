mod presigned;
mod properties;
mod sdk;
mod vectors;

use super::*;
use crate::gateway::auth::signer;
use http::Request;

pub(super) const KEY: &str = "LAB.request-ride";
pub(super) const BODY: &[u8] = br#"{"RideId":"1"}"#;

pub(super) fn scope() -> Scope {
    Scope { region: "eu-west-1".to_owned(), service: "execute-api".to_owned() }
}

pub(super) fn credentials() -> Credentials {
    Credentials { secret: "a secret".to_owned(), session_token: Some("a session".to_owned()), expires: None }
}

pub(super) fn keys(key: &str) -> Option<Credentials> {
    (key == KEY).then(credentials)
}

pub(super) fn noon() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().expect("a time")
}

/// `POST /dev/record` as request-ride sends it, before it is signed.
fn unsigned() -> Parts {
    let request =
        Request::post("/dev/record").header("host", "127.0.0.1:3000").header("content-type", "application/json");
    request.body(()).expect("a request").into_parts().0
}

fn signed() -> Parts {
    let mut parts = unsigned();
    signer::sign(&mut parts, BODY, &scope(), KEY, &credentials(), noon()).expect("signed");
    parts
}

fn refusal(parts: &Parts) -> Refusal {
    verify(parts, BODY, &scope(), &keys, noon()).expect_err("refused")
}

/// Why a request is refused whose `Authorization` header has `from` replaced by `to`.
fn refusal_with(from: &str, to: &str) -> String {
    let mut parts = signed();
    let header = parts.headers["authorization"].to_str().expect("text").to_owned();
    assert!(header.contains(from), "{header}");
    parts.headers.insert("authorization", header.replace(from, to).parse().expect("a header value"));
    refusal(&parts).message
}

#[test]
fn a_signed_request_names_its_key() {
    assert_eq!(verify(&signed(), BODY, &scope(), &keys, noon()), Ok(Caller { access_key: KEY.to_owned() }));
}

#[test]
fn an_unsigned_request_lacks_an_authentication_token() {
    assert_eq!(refusal(&unsigned()), Refusal::unsigned());
    let mut empty = unsigned();
    empty.headers.insert("authorization", "".parse().expect("a header value"));
    assert_eq!(refusal(&empty), Refusal::unsigned());
}

#[test]
fn a_header_that_is_no_signature_is_told_what_it_lacks() {
    let of = |value: &str| {
        let mut parts = unsigned();
        parts.headers.insert("authorization", value.parse().expect("a header value"));
        let refusal = refusal(&parts);
        assert_eq!((refusal.status, refusal.exception), (403, "IncompleteSignatureException"));
        refusal.message
    };
    assert!(of("Bearer token").starts_with("Invalid key=value pair (missing equal-sign) in Authorization header"));
    let all = "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed";
    assert!(of("eyJhbGciOiJSUzI1NiJ9").starts_with(all));
    assert!(of("AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0").contains("'X-Amz-Date' or a 'Date'"));
    assert!(refusal_with(&format!("Credential={KEY}/"), "Credential=").contains("exactly 5 slash-delimited elements"));
    assert!(refusal_with("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256").contains("Unsupported AWS 'algorithm'"));
    assert!(refusal_with(", Signature=", ", Signature=0, Signature=").contains("twice"));
}

#[test]
fn a_wrong_secret_key_or_session_is_refused() {
    let with = |change: fn(&mut Credentials)| {
        let mut wrong = credentials();
        change(&mut wrong);
        let mut parts = unsigned();
        signer::sign(&mut parts, BODY, &scope(), KEY, &wrong, noon()).expect("signed");
        refusal(&parts)
    };
    let forged = with(|wrong| wrong.secret.push('x'));
    assert_eq!(forged.exception, "InvalidSignatureException");
    assert!(forged.message.starts_with(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'POST\n/dev/record\n"
    ));
    assert_eq!(with(|wrong| wrong.session_token = None), Refusal::unknown_key());
    assert_eq!(with(|wrong| wrong.session_token = Some("other".to_owned())), Refusal::unknown_key());
    assert_eq!(refusal_with(KEY, "LAB.nobody"), Refusal::unknown_key().message);
}

#[test]
fn an_ended_session_is_refused_as_expired() {
    let ended = |key: &str| keys(key).map(|credentials| Credentials { expires: Some(noon()), ..credentials });
    let refusal = verify(&signed(), BODY, &scope(), &ended, noon()).expect_err("refused");
    assert_eq!(refusal.response_type, "EXPIRED_TOKEN");
    assert!(verify(&signed(), BODY, &scope(), &ended, noon() - SignedDuration::from_secs(1)).is_ok());
}

#[test]
fn a_signature_for_another_region_service_or_day_is_refused() {
    for (from, to, expected) in [
        ("/eu-west-1/", "/us-east-1/", "Credential should be scoped to a valid region, not 'us-east-1'. "),
        ("/execute-api/", "/dynamodb/", "Credential should be scoped to correct service: 'execute-api'. "),
        (
            "/eu-west-1/execute-api/",
            "/us-east-1/s3/",
            "Credential should be scoped to a valid region, not 'us-east-1'. Credential should be scoped to correct service: 'execute-api'. ",
        ),
        ("aws4_request", "aws5", "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. "),
        (
            "/20261120/",
            "/20261119/",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261119' != '20261120', from '20261120T120000Z'. ",
        ),
    ] {
        assert_eq!(refusal_with(from, to), expected);
    }
}

#[test]
fn a_clock_may_be_five_minutes_off_and_no_second_more() {
    let parts = signed();
    let after = |seconds: i64| verify(&parts, BODY, &scope(), &keys, noon() + SignedDuration::from_secs(seconds));
    for seconds in [-300, -1, 0, 1, 300] {
        assert!(after(seconds).is_ok(), "{seconds}");
    }
    assert_eq!(
        after(301).expect_err("replayed").message,
        "Signature expired: 20261120T120000Z is now earlier than 20261120T120001Z (20261120T120501Z - 5 min.)"
    );
    assert_eq!(
        after(-301).expect_err("too early").message,
        "Signature not yet current: 20261120T120000Z is still later than 20261120T115959Z (20261120T115459Z + 5 min.)"
    );
}

#[test]
fn a_body_other_than_the_signed_one_is_refused_whatever_hash_is_stated() {
    for stated in [None, Some("UNSIGNED-PAYLOAD".to_owned()), Some(canonical::hash(b"other"))] {
        let mut parts = unsigned();
        if let Some(stated) = &stated {
            parts.headers.insert("x-amz-content-sha256", stated.parse().expect("a header value"));
        }
        signer::sign(&mut parts, BODY, &scope(), KEY, &credentials(), noon()).expect("signed");
        assert!(verify(&parts, b"other", &scope(), &keys, noon()).is_err(), "{stated:?}");
    }
}

#[test]
fn the_host_must_be_signed_and_the_list_in_order() {
    let expected = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
    assert_eq!(refusal_with("content-type;host;", "content-type;"), expected);
    for changed in ["host;content-type;", "content-type;host;host;", "Content-Type;host;", "content-type;host;unsent;"]
    {
        assert!(refusal_with("content-type;host;", changed).starts_with("The request signature"), "{changed}");
    }
}

#[test]
fn a_list_that_no_signer_makes_is_refused_although_the_signature_fits_it() {
    let accepted = |names: &[&str]| {
        let mut parts = unsigned();
        parts.headers.insert("x-amz-date", basic(noon()).parse().expect("a header value"));
        parts.headers.insert("x-amz-security-token", "a session".parse().expect("a header value"));
        let (method, path, headers) = ("POST", "/dev/record", &parts.headers);
        let request = canonical::request(Signed { method, path, query: "", headers, names, body: BODY });
        let signature = signature("a secret", noon(), &scope(), &string_to_sign(&request, noon(), &scope()));
        let header = format!(
            "{ALGORITHM} Credential={KEY}/20261120/eu-west-1/execute-api/aws4_request, SignedHeaders={}, Signature={signature}",
            names.join(";")
        );
        parts.headers.insert("authorization", header.parse().expect("a header value"));
        verify(&parts, BODY, &scope(), &keys, noon()).is_ok()
    };
    assert!(accepted(&["content-type", "host", "x-amz-date"]));
    assert!(accepted(&["host"]), "the date is signed anyway");
    for names in [["host", "content-type"], ["host", "host"], ["host", "unsent"], ["Content-Type", "host"]] {
        assert!(!accepted(&names), "{names:?}");
    }
}

#[test]
fn headers_that_decide_must_not_be_repeated() {
    for name in ["authorization", "x-amz-date", "x-amz-security-token"] {
        let mut parts = signed();
        let value = parts.headers[name].clone();
        parts.headers.append(name, value);
        assert_eq!(refusal(&parts).message, format!("The header '{name}' must not be repeated."));
    }
    let mut parts = signed();
    parts.headers.append("content-type", "text/plain".parse().expect("a header value"));
    assert_eq!(refusal(&parts).exception, "InvalidSignatureException");
}

#[test]
fn a_header_that_is_not_signed_may_change() {
    let mut parts = signed();
    parts.headers.insert("x-forwarded-for", "203.0.113.7".parse().expect("a header value"));
    assert!(verify(&parts, BODY, &scope(), &keys, noon()).is_ok());
}
