//! What one invocation knows about itself and hands on to those it calls.

use crate::budget::{Budget, X_REMAINING_MS};
use crate::request_id::{RequestId, X_REQUEST_ID};
use crate::telemetry::trace::TraceHeader;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// AWS X-Ray's trace header.
pub const X_AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
/// The W3C's trace header.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// One invocation.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The id of the request, the caller's or a new one.
    pub request_id: RequestId,
    /// The time that is left.
    pub budget: Budget,
    /// The X-Ray trace header out of the invocation's context: the process environment holds another's when one
    /// process serves several requests.
    pub trace: Option<String>,
    /// The caller's W3C trace, handed on as it came.
    pub traceparent: Option<HeaderValue>,
}

impl RequestContext {
    /// The id of the whole X-Ray trace, as access logs have it.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace.as_deref()?.split(';').find_map(|part| part.strip_prefix("Root="))
    }

    /// The headers that an outbound call carries.
    pub fn outbound_headers(&self, attempt: Duration) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, self.request_id.to_header());
        headers.insert(X_REMAINING_MS, HeaderValue::from(u64::try_from(attempt.as_millis()).unwrap_or(u64::MAX)));
        if let Some(trace) = self.trace.as_deref().and_then(|trace| HeaderValue::from_str(trace).ok()) {
            headers.insert(X_AMZN_TRACE_ID, trace);
        }
        if let Some(traceparent) = &self.traceparent {
            headers.insert(TRACEPARENT, traceparent.clone());
        }
        headers
    }
}

/// An X-Ray trace header, reduced to what is one: trace, parent and sampling decision, each in its one shape. A caller
/// can put anything else into the header, and gateways hand it on, to logs and services where it has no business.
pub fn trace_header(text: &str) -> Option<String> {
    TraceHeader::parse(text).map(|header| header.to_string())
}

/// How many digits a number in lower-case hexadecimal has; none if it is something else.
fn hex_digits(text: &str) -> usize {
    let hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if hex { text.len() } else { 0 }
}

/// The W3C trace of a request, if it has the one shape that version 00 of the standard allows.
pub fn traceparent(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(TRACEPARENT)?;
    value.to_str().ok()?.split('-').map(hex_digits).eq([2, 32, 16, 2]).then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outbound_call_carries_id_time_and_traces() {
        let parent = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let context = RequestContext {
            request_id: RequestId::parse("ride-1").expect("a legal id"),
            budget: Budget::lasting(Duration::from_secs(9)),
            trace: Some("Root=1-5f-a;Parent=b;Sampled=1".into()),
            traceparent: Some(parent.clone()),
        };
        let headers = context.outbound_headers(Duration::from_millis(1_999));
        assert_eq!(headers[X_REQUEST_ID], "ride-1");
        assert_eq!(headers[X_REMAINING_MS], "1999");
        assert_eq!(headers[X_AMZN_TRACE_ID], "Root=1-5f-a;Parent=b;Sampled=1");
        assert_eq!(headers[TRACEPARENT], parent);
    }

    #[test]
    fn a_trace_header_is_reduced_to_its_three_parts() {
        let (root, parent) = ("Root=1-5759e988-bd862e3fe1be46a994272793", "Parent=53995c3f42cd8ad8");
        let whole = format!("{root};{parent};Sampled=1");
        assert_eq!(trace_header(&whole), Some(whole.clone()));
        let more = format!("Self=1-x;{root}; {parent} ;mail=ada@example.com;Sampled=1;Lineage=a:1");
        assert_eq!(trace_header(&more), Some(whole));
        for odd in ["Parent=", "Parent=ada@example.com", "Sampled=yes", "Root", ""] {
            assert_eq!(trace_header(&format!("{root};{odd}")).as_deref(), Some(root), "{odd}");
        }
        let upper = "Root=1-5759E988-BD862E3FE1BE46A994272793";
        for wrong in ["", ";", "Root=", "Root=1-a-b", parent, upper, "Root=2-5759e988-bd862e3fe1be46a994272793"] {
            assert_eq!(trace_header(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_well_formed_traceparent_is_handed_on() {
        let parsed = |text: &'static str| {
            traceparent(&[(TRACEPARENT, HeaderValue::from_static(text))].into_iter().collect()).is_some()
        };
        assert!(parsed("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        for wrong in ["", "00", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "a-b-c-d", "00-x-y-01-zz"] {
            assert!(!parsed(wrong), "{wrong}");
        }
    }
}
