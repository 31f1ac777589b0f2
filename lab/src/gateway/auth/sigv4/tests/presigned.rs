//! The signature in the query of a URL.

use super::*;

/// A presigned `GET /dev/unicorn`, good for `expires` seconds, with more appended to its query before it is signed.
fn presigned(expires: &str, more: &str) -> Parts {
    let credential = format!("{KEY}/20261120/eu-west-1/execute-api/aws4_request").replace('/', "%2F");
    let query = format!(
        "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date=20261120T120000Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Security-Token=a%20session{more}"
    );
    let sign = |query: &str| {
        let target = format!("/dev/unicorn?{query}");
        Request::get(target).header("host", "127.0.0.1:3000").body(()).expect("a request").into_parts().0
    };
    let headers = sign("").headers;
    let (method, path, names) = ("GET", "/dev/unicorn", ["host"].as_slice());
    let request = canonical::request(Signed { method, path, query: &query, headers: &headers, names, body: b"" });
    let signature = signature("a secret", noon(), &scope(), &string_to_sign(&request, noon(), &scope()));
    sign(&format!("{query}&X-Amz-Signature={signature}"))
}

fn judge(parts: &Parts, seconds: i64) -> Result<Caller, Refusal> {
    verify(parts, b"", &scope(), &keys, noon() + SignedDuration::from_secs(seconds))
}

#[test]
fn a_presigned_url_is_good_for_as_long_as_it_says() {
    let url = presigned("3600", "");
    for seconds in [-300, 0, 3600] {
        assert!(judge(&url, seconds).is_ok(), "{seconds}");
    }
    for seconds in [-301, 3601] {
        assert_eq!(judge(&url, seconds).expect_err("refused").exception, "InvalidSignatureException", "{seconds}");
    }
    for expires in ["0", "-1", "604801", "x", "", "99999999999999999999"] {
        assert_eq!(judge(&presigned(expires, ""), 0).expect_err("refused").exception, "IncompleteSignatureException");
    }
}

#[test]
fn a_presigned_url_must_not_say_a_thing_twice_and_must_say_all() {
    for more in ["&X-Amz-Date=20261120T120000Z", "&X-Amz-Expires=9", "&X-Amz-Security-Token=x", "&X-Amz-Signature=0"] {
        let refusal = judge(&presigned("60", more), 0).expect_err("refused");
        assert!(refusal.message.ends_with("twice."), "{}", refusal.message);
    }
    let bare = Request::get("/?X-Amz-Algorithm=AWS4-HMAC-SHA256").header("host", "h").body(()).expect("a request");
    let refusal = judge(&bare.into_parts().0, 0).expect_err("refused");
    assert!(refusal.message.contains("AWS query-string parameters must include"), "{}", refusal.message);
}

#[test]
fn a_changed_presigned_url_is_refused() {
    let url = presigned("60", "&a=1");
    assert!(judge(&url, 0).is_ok());
    for (from, to) in [("a=1", "a=2"), ("Expires=60", "Expires=600"), ("/unicorn", "/record"), ("&a=1", "")] {
        let mut changed = url.clone();
        changed.uri = url.uri.to_string().replace(from, to).parse().expect("a target");
        assert!(judge(&changed, 0).is_err(), "{from}");
    }
    assert!(verify(&url, b"a body", &scope(), &keys, noon()).is_err());
}
