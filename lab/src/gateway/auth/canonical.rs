//! The canonical request of Signature Version 4, for every service but S3.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request>
//!
//! Why not the crate aws-sigv4: it signs, and decides by itself which headers it signs, whereas a verifier has to
//! rebuild what the caller says it has signed.
//!
//! Everything here is bytes. Text that is no UTF-8 must not be replaced on the way: two different requests would
//! become the same one.

use std::fmt::Write;

use aws_lc_rs::digest;
use http::HeaderMap;

/// The parts of a request that a signature covers, as they came over the wire.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// Method.
    pub method: &'a str,
    /// Path, still encoded, the stage included.
    pub path: &'a str,
    /// Query without the question mark, still encoded; empty where there is none.
    pub query: &'a str,
    /// Every header.
    pub headers: &'a HeaderMap,
    /// Names of the headers that are signed: lower case, in order.
    pub names: &'a [&'a str],
    /// The body, always the real one: API Gateway takes no `UNSIGNED-PAYLOAD`, and no hash that the caller states.
    /// <https://github.com/aws/aws-sdk-js-v3/issues/308>
    pub body: &'a [u8],
}

/// The canonical request.
pub fn request(signed: Signed<'_>) -> Vec<u8> {
    let mut request = Vec::new();
    for line in [signed.method, &path(signed.path), &query(signed.query)] {
        request.extend_from_slice(line.as_bytes());
        request.push(b'\n');
    }
    for name in signed.names {
        request.extend_from_slice(name.as_bytes());
        request.push(b':');
        request.extend_from_slice(&header(signed.headers, name));
        request.push(b'\n');
    }
    request.push(b'\n');
    request.extend_from_slice(signed.names.join(";").as_bytes());
    request.push(b'\n');
    request.extend_from_slice(hash(signed.body).as_bytes());
    request
}

/// SHA-256 in lower-case hexadecimal.
pub(super) fn hash(bytes: &[u8]) -> String {
    hexadecimal(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The path without `.`, `..` and empty parts, encoded once more than it came.
fn path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut open = false;
    for part in path.split('/').skip(1) {
        open = matches!(part, "" | "." | "..");
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut canonical = String::from("/");
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            canonical.push('/');
        }
        encode(part.as_bytes(), &mut canonical);
    }
    if open && !parts.is_empty() {
        canonical.push('/');
    }
    canonical
}

/// The parameters in order of name, then value; a presigned URL's own signature is not among them.
fn query(query: &str) -> String {
    let mut parameters: Vec<(String, String)> = parameters(query)
        .map(|(name, value)| {
            let (mut encoded_name, mut encoded_value) = (String::new(), String::new());
            encode(&name, &mut encoded_name);
            encode(&value, &mut encoded_value);
            (encoded_name, encoded_value)
        })
        .filter(|(name, _)| name != "X-Amz-Signature")
        .collect();
    parameters.sort();
    parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Names and values of a query, decoded.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name), decode(value))
    })
}

/// A header's values, each without outer and repeated blanks, joined by commas.
fn header(headers: &HeaderMap, name: &str) -> Vec<u8> {
    let values: Vec<Vec<u8>> = headers.get_all(name).iter().map(|value| single_spaced(value.as_bytes())).collect();
    values.join(&b',')
}

fn single_spaced(value: &[u8]) -> Vec<u8> {
    let words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&b' ')
}

fn encode(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(*byte)),
            byte => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
}

fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let escaped = match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        at += if escaped.is_some() { 3 } else { 1 };
        decoded.push(escaped.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_normalised_and_encoded_again() {
        for (given, expected) in [
            ("/", "/"),
            ("/dev/record", "/dev/record"),
            ("/a/", "/a/"),
            ("//a//b", "/a/b"),
            ("/a/./b/../c", "/a/c"),
            ("/..", "/"),
            ("/a%2Fb", "/a%252Fb"),
            ("/a=b:c", "/a%3Db%3Ac"),
        ] {
            assert_eq!(path(given), expected, "{given}");
        }
    }

    #[test]
    fn a_query_is_sorted_by_encoded_name_and_value() {
        for (given, expected) in [
            ("", ""),
            ("b=2&a=1", "a=1&b=2"),
            ("a=2&a=1&a", "a=&a=1&a=2"),
            ("a=%7e%2f&A=+", "A=%20&a=~%2F"),
            ("a=b=c&%=x", "%25=x&a=b%3Dc"),
            ("a=1&X-Amz-Signature=0", "a=1"),
        ] {
            assert_eq!(query(given), expected, "{given}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_stay_apart() {
        assert_ne!(query("a=%FE"), query("a=%FF"));
        let of = |byte: u8| {
            let mut headers = HeaderMap::new();
            headers.insert("a", http::HeaderValue::from_bytes(&[byte]).expect("a header value"));
            header(&headers, "a")
        };
        assert_ne!(of(0xFE), of(0xFF));
    }

    #[test]
    fn a_repeated_header_is_one_line_in_the_order_sent() {
        let mut headers = HeaderMap::new();
        for value in ["  b   c ", "a"] {
            headers.append("x", value.parse().expect("a header value"));
        }
        assert_eq!(header(&headers, "x"), b"b c,a");
    }
}
