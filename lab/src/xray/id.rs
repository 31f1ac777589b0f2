//! The identifiers of X-Ray.
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids>

use jiff::Timestamp;

/// A new segment or subsegment id: 64 bits in hexadecimal.
pub fn segment_id() -> String {
    let random = uuid::Uuid::new_v4();
    format!("{:016x}", random.as_u64_pair().0 ^ random.as_u64_pair().1)
}

/// A new trace id: version, seconds since 1970 and 96 bits.
pub fn trace_id(now: Timestamp) -> String {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    format!("1-{:08x}-{}", now.as_second(), &unique[..24])
}

/// Whether a text is a trace id.
pub fn is_trace_id(text: &str) -> bool {
    text.strip_prefix("1-")
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(time, unique)| is_hexadecimal(time, 8) && is_hexadecimal(unique, 24))
}

/// Whether a text is a segment's or subsegment's id.
pub(super) fn is_segment_id(text: &str) -> bool {
    is_hexadecimal(text, 16)
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_valid() {
        let now = Timestamp::from_second(0x5759_e988).expect("in range");
        let trace = trace_id(now);
        assert!(trace.starts_with("1-5759e988-") && is_trace_id(&trace), "{trace}");
        assert!(is_segment_id(&segment_id()));
        assert_ne!(segment_id(), segment_id());
    }

    #[test]
    fn what_only_looks_like_an_id_is_none() {
        for text in ["", "1-5759e988", "2-5759e988-bd862e3fe1be46a994272793", "1-5759e98-bd862e3fe1be46a9942727931"] {
            assert!(!is_trace_id(text), "{text}");
        }
        assert!(!is_segment_id("53995c3f42cd8ad"));
    }
}
