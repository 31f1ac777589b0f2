//! The id that follows one request through every service and every log line.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::fmt;
use uuid::Uuid;

/// The header that carries the id, in both directions.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The older header, which callers of the original services send.
pub const X_TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

const LONGEST: usize = 128;

/// 1 to 128 characters of `[A-Za-z0-9._:-]`: safe in a header, a log line and a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The first acceptable id among `X-Trace-ID` and `X-Request-ID`, else a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        [X_TRACE_ID, X_REQUEST_ID]
            .iter()
            .filter_map(|name| headers.get(name)?.to_str().ok())
            .find_map(Self::parse)
            .unwrap_or_else(|| Self(Uuid::new_v4().to_string()))
    }

    /// An id from outside, if it is acceptable.
    pub fn parse(text: &str) -> Option<Self> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        let acceptable = (1..=LONGEST).contains(&text.len()) && text.bytes().all(legal);
        acceptable.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id as a header value.
    pub fn to_header(&self) -> HeaderValue {
        // Every legal character is a legal header byte; the empty value is unreachable and harmless.
        HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headers(pairs: &[(HeaderName, &[u8])]) -> HeaderMap {
        let value = |bytes: &[u8]| HeaderValue::from_bytes(bytes).expect("a legal header value");
        pairs.iter().map(|(name, bytes)| (name.clone(), value(bytes))).collect()
    }

    #[test]
    fn the_trace_id_wins_over_the_request_id() {
        let id = RequestId::of(&headers(&[(X_REQUEST_ID, b"second"), (X_TRACE_ID, b"first")]));
        assert_eq!(id.as_str(), "first");
    }

    #[test]
    fn an_unacceptable_id_gives_way_to_the_next_one() {
        let id = RequestId::of(&headers(&[(X_TRACE_ID, b"a b"), (X_REQUEST_ID, b"second")]));
        assert_eq!(id.as_str(), "second");
    }

    #[test]
    fn hostile_ids_are_replaced_by_a_new_uuid() {
        let long = vec![b'a'; 10 * 1024];
        for hostile in [&long[..], b"", b"a b", b"<script>", b"\xff\xfe", b"a\tb", b"{\"a\":1}", &long[..129]] {
            let id = RequestId::of(&headers(&[(X_REQUEST_ID, hostile)]));
            assert!(Uuid::parse_str(id.as_str()).is_ok(), "{id}");
        }
        assert_eq!(RequestId::parse("a\nb"), None);
    }

    proptest! {
        #[test]
        fn whatever_comes_in_the_id_is_short_and_legal(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut map = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                map.insert(X_REQUEST_ID, value);
            }
            let id = RequestId::of(&map);
            prop_assert!(RequestId::parse(id.as_str()).is_some());
            prop_assert_eq!(id.to_header(), id.as_str());
        }
    }
}
