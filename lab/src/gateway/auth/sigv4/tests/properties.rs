//! Whatever is signed is accepted, and no byte of it may change.

use http::{HeaderValue, Method, Request};
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

/// Left out: what the canonical form does not tell apart on purpose, such as `//` and `/`, `%2f` and `%2F`, or
/// two blanks and one.
fn request() -> impl Strategy<Value = (Parts, Vec<u8>)> {
    let method = prop_oneof![Just(Method::GET), Just(Method::POST), Just(Method::PUT), Just(Method::DELETE)];
    let path = "(/[A-Za-z0-9_~-]{1,12}){1,4}";
    let query = "([a-z0-9]{1,6}=[A-Za-z0-9]{1,8}(&[a-z0-9]{1,6}=[A-Za-z0-9]{1,8}){0,3})?";
    let header = "[A-Za-z0-9]{1,20}";
    let body = prop::collection::vec(any::<u8>(), 0..64);
    (method, path, query, header, body).prop_map(|(method, path, query, header, body)| {
        let target = if query.is_empty() { path } else { format!("{path}?{query}") };
        let request =
            Request::builder().method(method).uri(target).header("host", "127.0.0.1:3000").header("x-own", header);
        let mut parts = request.body(()).expect("a request").into_parts().0;
        signer::sign(&mut parts, &body, &scope(), KEY, &credentials(), noon()).expect("signed");
        (parts, body)
    })
}

/// Replaces one byte, not one before `from`, by another of `alphabet`. `None` where there is none.
fn changed(text: &str, at: Index, with: Index, alphabet: &str, from: usize) -> Option<String> {
    let at = from + at.index(text.len().checked_sub(from).filter(|length| *length > 0)?);
    let choices: Vec<char> = alphabet.chars().filter(|choice| !text[at..].starts_with(*choice)).collect();
    let mut changed = text.to_owned();
    changed.replace_range(at..=at, &with.get(&choices).to_string());
    Some(changed)
}

fn set(parts: &mut Parts, name: &'static str, value: &str) {
    parts.headers.insert(name, HeaderValue::from_str(value).expect("a header value"));
}

const WORD: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

proptest! {
    #[test]
    fn what_is_signed_is_accepted((parts, body) in request()) {
        prop_assert!(verify(&parts, &body, &scope(), &keys, noon()).is_ok());
    }

    #[test]
    fn another_method_is_refused((mut parts, body) in request()) {
        parts.method = if parts.method == Method::GET { Method::HEAD } else { Method::GET };
        prop_assert!(verify(&parts, &body, &scope(), &keys, noon()).is_err());
    }

    #[test]
    fn another_byte_of_the_path_is_refused((mut parts, body) in request(), at: Index, with: Index) {
        let path = changed(parts.uri.path(), at, with, &format!("{WORD}/.~-_=%"), 1).expect("a path");
        let target = parts.uri.query().map_or(path.clone(), |query| format!("{path}?{query}"));
        parts.uri = target.parse().expect("a target");
        prop_assert!(verify(&parts, &body, &scope(), &keys, noon()).is_err());
    }

    #[test]
    fn another_byte_of_the_query_is_refused((mut parts, body) in request(), at: Index, with: Index) {
        let query = parts.uri.query().unwrap_or_default();
        // Where there is none, one is added.
        let query = changed(query, at, with, &format!("{WORD}&=.%+"), 0).unwrap_or_else(|| "a=1".to_owned());
        parts.uri = format!("{}?{query}", parts.uri.path()).parse().expect("a target");
        prop_assert!(verify(&parts, &body, &scope(), &keys, noon()).is_err());
    }

    #[test]
    fn another_byte_of_a_signed_header_is_refused(
        (mut parts, body) in request(), at: Index, with: Index,
        name in prop::sample::select(vec!["host", "x-own", "x-amz-date", "x-amz-security-token"]),
    ) {
        let value = changed(parts.headers[name].to_str().expect("text"), at, with, WORD, 0).expect("a value");
        set(&mut parts, name, &value);
        prop_assert!(verify(&parts, &body, &scope(), &keys, noon()).is_err());
    }

    #[test]
    fn another_byte_of_the_body_is_refused((parts, mut body) in request(), at: Index, flip in 1u8..) {
        if body.is_empty() {
            body.push(flip);
        } else {
            let at = at.index(body.len());
            body[at] ^= flip;
        }
        prop_assert!(verify(&parts, &body, &scope(), &keys, noon()).is_err());
    }

    /// The blanks and commas between the parts are read generously; they sign nothing.
    #[test]
    fn another_byte_of_the_authorization_header_is_refused((mut parts, body) in request(), at: Index, with: Index) {
        let header = parts.headers["authorization"].to_str().expect("text").to_owned();
        let header = changed(&header, at, with, &format!("{WORD};/=-_"), 0).expect("a header");
        set(&mut parts, "authorization", &header);
        prop_assert!(verify(&parts, &body, &scope(), &keys, noon()).is_err());
    }

    #[test]
    fn nothing_that_is_sent_makes_it_panic(header in ".*", date in ".*", query in "[!$-;=?-~]*") {
        let Ok(request) = Request::get(format!("/?{query}")).body(()) else { return Ok(()) };
        let mut parts = request.into_parts().0;
        for (name, value) in [("authorization", header), ("x-amz-date", date)] {
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                parts.headers.insert(name, value);
            }
        }
        prop_assert!(verify(&parts, b"", &scope(), &keys, noon()).is_err());
    }
}
