//! Request id, the caller's patience, traces, deadline, content type and idempotency key, out of arbitrary values.
#![no_main]

use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use shared::budget::{self, Budget, Limits};
use shared::idempotency::{ClaimId, Key};
use shared::request_id::RequestId;
use shared::{context, media_type};
use std::time::{Duration, Instant};

const NAMES: [&str; 8] = [
    "x-trace-id",
    "x-request-id",
    "x-remaining-ms",
    "traceparent",
    "content-type",
    "idempotency-key",
    "x-amzn-trace-id",
    "deadline",
];

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
    // Not a header of a stranger's, but a text out of one all the same.
    let deadline = headers.get("deadline").and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
    let timeout = Duration::from_secs(25);
    let limits = Limits {
        now_ms: 1_790_000_000_000,
        deadline_ms: deadline,
        timeout,
        caller_waits: budget::caller_waits(&headers),
    };
    assert!(limits.caller_waits.is_none_or(|caller| limits.allowance() <= caller));
    let start = Instant::now();
    assert!(Budget::start_at(start, &limits).remaining_at(start) <= limits.allowance());
    if let Some(Ok(text)) = headers.get("x-amzn-trace-id").map(HeaderValue::to_str)
        && let Some(trace) = context::trace_header(text)
    {
        assert_eq!(context::trace_header(&trace), Some(trace.clone()), "what is reduced stays as it is");
        assert!(trace.len() <= 100 && HeaderValue::from_str(&trace).is_ok(), "{trace:?}");
    }
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
