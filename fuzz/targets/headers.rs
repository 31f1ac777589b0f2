//! Request id, the caller's patience, trace, content type and idempotency key, out of arbitrary header values.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use shared::idempotency::{ClaimId, Key};
use shared::request_id::RequestId;
use shared::{budget, context, media_type};

const NAMES: [&str; 6] =
    ["x-trace-id", "x-request-id", "x-remaining-ms", "traceparent", "content-type", "idempotency-key"];

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for (at, value) in data.split(|byte| *byte == b'\n').enumerate() {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(HeaderName::from_static(NAMES[at % NAMES.len()]), value);
        }
    }
    let id = RequestId::of(&headers);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    assert!((1..=128).contains(&id.as_str().len()) && id.as_str().bytes().all(allowed), "{id:?}");
    let _ = budget::caller_waits(&headers);
    if let Some(trace) = context::traceparent(&headers) {
        assert!(trace.len() == 55, "{trace:?}");
    }
    if let Ok(Some(key)) = Key::of(&headers) {
        let id = ClaimId::new("POST /ride", None, &key);
        assert!(id.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{id:?}");
    }
    if let Some(Ok(text)) = headers.get("content-type").map(HeaderValue::to_str) {
        let _ = media_type::is_json(text);
    }
});
