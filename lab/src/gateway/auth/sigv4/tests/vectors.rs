//! AWS's own test suite: `lab/tests/data/sigv4`.

use std::path::{Path, PathBuf};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use serde_json::Value;

use super::*;

/// A request as the suite writes it down. Some paths are no URIs, so it is taken apart by hand.
struct Written {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Written {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        // A line that begins with a blank goes on with the header before it.
        let head = head.replace("\n  ", " ");
        let mut lines = head.lines();
        let first = lines.next().expect("a request line");
        let (method, target) = first.trim_end_matches(" HTTP/1.1").split_once(' ').expect("a method and a target");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':').expect("a header");
            let name: HeaderName = name.parse().expect("a header name");
            headers.append(name, HeaderValue::from_bytes(value.trim().as_bytes()).expect("a header value"));
        }
        let length: usize = headers
            .get("content-length")
            .map_or(0, |length| length.to_str().ok().and_then(|length| length.parse().ok()).expect("a length"));
        let body = body.as_bytes()[..length].to_vec();
        Self { method: method.to_owned(), path: path.to_owned(), query: query.to_owned(), headers, body }
    }

    fn canonical(&self, names: &str) -> Vec<u8> {
        let names: Vec<&str> = names.split(';').collect();
        let Self { method, path, query, headers, body } = self;
        canonical::request(Signed { method, path, query, headers, names: &names, body })
    }

    /// `None` where the target is no URI.
    fn parts(&self) -> Option<Parts> {
        let target = if self.query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, self.query) };
        let uri: Uri = target.is_ascii().then(|| target.parse().ok()).flatten()?;
        let mut parts = http::Request::new(()).into_parts().0;
        parts.method = self.method.parse().expect("a method");
        (parts.uri, parts.headers) = (uri, self.headers.clone());
        Some(parts)
    }
}

fn read(case: &Path, file: &str) -> String {
    let path = case.join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn cases() -> Vec<PathBuf> {
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sigv4");
    let entries = suite.read_dir().expect("the suite is there").map(|entry| entry.expect("readable").path());
    let mut cases: Vec<PathBuf> = entries.filter(|path| path.join("context.json").is_file()).collect();
    cases.sort();
    cases
}

/// Checks one form (`header` or `query`) of a case; says whether `verify` could be asked too.
fn check(case: &Path, form: &str) -> bool {
    let context: Value = serde_json::from_str(&read(case, "context.json")).expect("JSON");
    let text = |pointer: &str| context.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let scope = Scope { region: text("/region").expect("a region"), service: text("/service").expect("a service") };
    let date: Timestamp = text("/timestamp").and_then(|time| time.parse().ok()).expect("a time");
    let credentials = Credentials {
        secret: text("/credentials/secret_access_key").expect("a secret"),
        session_token: text("/credentials/token"),
        expires: None,
    };
    let request = Written::parse(&read(case, &format!("{form}-signed-request.txt")));
    let expected = read(case, &format!("{form}-canonical-request.txt"));
    // The line before the hash lists the signed headers.
    let names = expected.lines().rev().nth(1).expect("a list of headers");
    let canonical = request.canonical(names);
    assert_eq!(String::from_utf8_lossy(&canonical), expected, "{form} {}", case.display());
    let string_to_sign = string_to_sign(&canonical, date, &scope);
    assert_eq!(string_to_sign, read(case, &format!("{form}-string-to-sign.txt")), "{form} {}", case.display());
    let signature = signature(&credentials.secret, date, &scope, &string_to_sign);
    assert_eq!(signature, read(case, &format!("{form}-signature.txt")), "{form} {}", case.display());
    let Some(parts) = request.parts() else { return false };
    let keys = |key: &str| (key == "AKIDEXAMPLE").then(|| credentials.clone());
    let caller = verify(&parts, &request.body, &scope, &keys, date);
    assert_eq!(caller.map(|caller| caller.access_key), Ok("AKIDEXAMPLE".to_owned()), "{form} {}", case.display());
    true
}

#[test]
fn every_vector_in_the_authorization_header_is_met() {
    let cases = cases();
    let verified = cases.iter().filter(|case| check(case, "header")).count();
    // A blank or a letter beyond ASCII in the target is no URI: three cases end at the signature.
    assert_eq!((cases.len(), verified), (31, 28));
}

#[test]
fn every_vector_of_a_presigned_url_is_met() {
    // Its token is left out of the signed query, which only AWS IoT does.
    let cases: Vec<PathBuf> = cases().into_iter().filter(|case| !case.ends_with("post-sts-header-after")).collect();
    let verified = cases.iter().filter(|case| check(case, "query")).count();
    assert_eq!((cases.len(), verified), (30, 27));
}

#[test]
fn an_encoded_path_is_encoded_again() {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sigv4/double-url-encode");
    let canonical = Written::parse(&read(&case, "header-signed-request.txt")).canonical("host;x-amz-date");
    assert_eq!(String::from_utf8_lossy(&canonical), read(&case, "header-canonical-request.txt").trim_end());
    let scope = Scope { region: "us-east-2".to_owned(), service: "lambda".to_owned() };
    let date = "2021-05-11T15:40:45Z".parse().expect("a time");
    assert_eq!(string_to_sign(&canonical, date, &scope), read(&case, "header-string-to-sign.txt").trim_end());
}
