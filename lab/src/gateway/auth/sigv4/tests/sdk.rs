//! AWS's own signer, the one behind the SDK and request-ride, against this verification.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::Request;
use proptest::prelude::*;

use super::*;

fn signed_by_the_sdk(method: &str, target: &str, value: &str, body: &[u8]) -> Parts {
    let Credentials { secret, session_token, .. } = credentials();
    let identity = aws_credential_types::Credentials::new(KEY, secret, session_token, None, "test").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name("execute-api")
        .time(SystemTime::from(noon()))
        .settings(SigningSettings::default())
        .build()
        .expect("all is given")
        .into();
    let url = format!("http://127.0.0.1:3000{target}");
    let headers = [("content-type", "application/json"), ("x-own", value)];
    let signable =
        SignableRequest::new(method, &url, headers.into_iter(), SignableBody::Bytes(body)).expect("signable");
    let (instructions, _) = sign(signable, &params).expect("signed").into_parts();
    let mut request = Request::builder().method(method).uri(&url).header("host", "127.0.0.1:3000");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut request = request.body(()).expect("a request");
    instructions.apply_to_request_http1x(&mut request);
    let mut parts = request.into_parts().0;
    // Over the wire goes the target alone.
    parts.uri = target.parse().expect("a target");
    parts
}

proptest! {
    #[test]
    fn what_the_sdk_signs_is_accepted(
        method in prop::sample::select(vec!["GET", "POST", "PUT", "DELETE"]),
        path in "(/([A-Za-z0-9_~.:@!$&*+,;=-]|%[0-9A-F]{2}){0,8}){1,4}",
        query in "([A-Za-z0-9_~.:@!$*,/-]|%(20|2F|3D|26|25|41|7E|C3%A9)){1,6}=([A-Za-z0-9_~.:@/-]|%(20|2F|3D|26|2B|C3%A9)){0,6}",
        value in "[!-~]([ -~]{0,12}[!-~])?",
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let target = format!("{path}?{query}&a=1");
        let parts = signed_by_the_sdk(method, &target, &value, &body);
        let judged = verify(&parts, &body, &scope(), &keys, noon());
        prop_assert!(judged.is_ok(), "{target}: {judged:?}");
    }
}

#[test]
fn what_the_sdk_signs_at_another_time_or_for_another_body_is_refused() {
    let parts = signed_by_the_sdk("POST", "/dev/record", "x", BODY);
    assert!(verify(&parts, BODY, &scope(), &keys, noon()).is_ok());
    assert!(verify(&parts, b"{}", &scope(), &keys, noon()).is_err());
    assert!(verify(&parts, BODY, &scope(), &keys, noon() + SignedDuration::from_secs(301)).is_err());
}
