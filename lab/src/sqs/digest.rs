//! The MD5 sums by which some SDKs check what they sent and received.
//!
//! The SDKs for Java and Go verify them; the Rust SDK shows them and verifies none.
//! How attributes are summed:
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation>

use std::collections::BTreeMap;

use super::engine::{Attribute, Value};

/// Of a body.
pub(crate) fn of_body(body: &str) -> String {
    format!("{:x}", md5::compute(body))
}

/// Of attributes, by name: of each its name, its type, one byte for text or binary, and its value, all but that byte with
/// their length before them. None of none.
pub(crate) fn of_attributes<'a>(attributes: impl IntoIterator<Item = (&'a String, &'a Attribute)>) -> Option<String> {
    let sorted: BTreeMap<&String, &Attribute> = attributes.into_iter().collect();
    if sorted.is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    let mut with_length = |part: &[u8], mark: Option<u8>| {
        bytes.extend(mark);
        // No attribute is longer than a message, which is far below 4 GiB.
        bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    };
    for (name, attribute) in sorted {
        with_length(name.as_bytes(), None);
        with_length(attribute.data_type.as_bytes(), None);
        let mark = match attribute.value {
            Value::Text(_) => 1,
            Value::Binary(_) => 2,
        };
        with_length(attribute.value.bytes(), Some(mark));
    }
    Some(format!("{:x}", md5::compute(bytes)))
}

/// Of the system attributes of a message that is sent: there is one, `AWSTraceHeader`.
pub(super) fn of_trace_header(header: &str) -> Option<String> {
    let attribute = Attribute { data_type: "String".to_owned(), value: Value::Text(header.to_owned()) };
    of_attributes([(&"AWSTraceHeader".to_owned(), &attribute)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bodys_sum_is_the_one_of_awss_own_example() {
        // https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html, the example event's body "Test message." and "test".
        assert_eq!(of_body("test"), "098f6bcd4621d373cade4e832627b4f6");
        assert_eq!(of_body("Test message."), "e4e68fb7bd0e697a0ae8f1bb342846b3");
    }

    #[test]
    fn attributes_are_summed_by_name_with_their_lengths() {
        let text = |text: &str| Attribute { data_type: "String".to_owned(), value: Value::Text(text.to_owned()) };
        let binary = Attribute { data_type: "Binary".to_owned(), value: Value::Binary(vec![0, 255]) };
        let attributes = BTreeMap::from([("b".to_owned(), binary), ("a".to_owned(), text("x"))]);
        let expected = b"\0\0\0\x01a\0\0\0\x06String\x01\0\0\0\x01x\0\0\0\x01b\0\0\0\x06Binary\x02\0\0\0\x02\0\xff";
        assert_eq!(of_attributes(&attributes), Some(format!("{:x}", md5::compute(expected))));
        assert_eq!(of_attributes(&BTreeMap::new()), None);
    }
}
