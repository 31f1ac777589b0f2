//! What makes two errors the same one: service and text, without what differs each time.

use std::sync::LazyLock;

use regex_lite::Regex;

/// What is replaced, in this order, and by what.
static CHANGING: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules = [
        (r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}", "<id>"),
        (r"1-[0-9a-f]{8}-[0-9a-f]{24}", "<id>"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?", "<time>"),
        (r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(:\d+)?", "<address>"),
        (r"\b[0-9A-Fa-f]*\d[0-9A-Fa-f]{14,}\b", "<id>"),
        (r"\b[A-Z0-9]{40,}\b", "<id>"),
        (r"\d+(\.\d+)?", "<n>"),
    ];
    // A pattern that did not compile would be found by the test beside it.
    rules.iter().filter_map(|(pattern, by)| Some((Regex::new(pattern).ok()?, *by))).collect()
});

/// Longest text that is compared; what differs beyond is the same error.
const COMPARED: usize = 500;

/// The text with ids, times, addresses and numbers replaced.
pub(super) fn normalised(text: &str) -> String {
    let text: String = text.chars().take(COMPARED).collect();
    CHANGING.iter().fold(text, |text, (pattern, by)| pattern.replace_all(&text, *by).into_owned())
}

/// Sixteen hexadecimal digits of service and normalised text: the same in every lab, so that it can be written down.
pub(super) fn of(service: &str, normalised: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("{service}\n{normalised}").as_bytes());
    digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(CHANGING.len(), 7);
    }

    #[test]
    fn what_differs_each_time_is_left_out() {
        for (text, expected) in [
            ("Task timed out after 3.00 seconds", "Task timed out after <n> seconds"),
            ("ride 018f3395-1e99-7000-8000-000000000001 is lost", "ride <id> is lost"),
            ("at 2026-11-21T14:00:00.123Z", "at <time>"),
            ("http://127.0.0.1:41234/dev/record: refused", "http://<address>/dev/record: refused"),
            ("in 1-5759e988-bd862e3fe1be46a994272793 of 53995c3f42cd8ad8", "in <id> of <id>"),
            ("DynamoDB refused PutItem", "DynamoDB refused PutItem"),
        ] {
            assert_eq!(normalised(text), expected);
        }
        assert_ne!(of("a", "x"), of("b", "x"));
        assert_eq!(of("a", "x").len(), 16);
    }
}
