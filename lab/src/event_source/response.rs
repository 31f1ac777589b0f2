//! Which messages of a batch failed, as the function says.
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting>

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// What becomes of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All went well but these, by their ids.
    AllBut(BTreeSet<String>),
    /// All of it failed.
    Failed,
}

/// Reads the answer of a function that reports partial failures.
///
/// "Lambda treats a batch as a complete success if your function returns" an empty or null `batchItemFailures`, or an empty or
/// null response; "as a complete failure" with invalid JSON, an `itemIdentifier` that is empty, null or has a bad key name, or
/// one "with a message ID that doesn't exist". Of JSON of other shapes nothing is said: it fails here, so that somebody sees it.
pub(super) fn judge(answer: &[u8], ids: &BTreeSet<&str>) -> Verdict {
    if answer.iter().all(u8::is_ascii_whitespace) {
        return Verdict::AllBut(BTreeSet::new());
    }
    let failures = match serde_json::from_slice(answer) {
        Ok(Json::Null) => Json::Null,
        Ok(Json::Object(mut response)) => response.remove("batchItemFailures").unwrap_or_default(),
        Ok(_) | Err(_) => return Verdict::Failed,
    };
    let failures = match failures {
        Json::Null => Vec::new(),
        Json::Array(failures) => failures,
        _ => return Verdict::Failed,
    };
    let id = |failure: &Json| failure["itemIdentifier"].as_str().filter(|id| ids.contains(id)).map(str::to_owned);
    failures.iter().map(id).collect::<Option<BTreeSet<String>>>().map_or(Verdict::Failed, Verdict::AllBut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str, expected: Option<&[&str]>) {
        let verdict = judge(answer.as_bytes(), &BTreeSet::from(["a", "b"]));
        let expected = expected.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
        assert_eq!(verdict, expected.map_or(Verdict::Failed, Verdict::AllBut), "{answer}");
    }

    #[test]
    fn a_batch_succeeds_as_documented() {
        for answer in
            ["", "null", "{}", r#"{"batchItemFailures":[]}"#, r#"{"batchItemFailures":null}"#, r#"{"statusCode":200}"#]
        {
            check(answer, Some(&[]));
        }
    }

    #[test]
    fn messages_fail_by_their_ids() {
        check(r#"{"batchItemFailures":[{"itemIdentifier":"b"}]}"#, Some(&["b"]));
        check(r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"a"}]}"#, Some(&["a", "b"]));
        check(r#"{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"b"}]}"#, Some(&["b"]));
    }

    #[test]
    fn a_batch_fails_as_documented() {
        for answer in [
            "{",
            "\"ok\"",
            "[]",
            r#"{"batchItemFailures":"a"}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":""}]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#,
            r#"{"batchItemFailures":[{"id":"a"}]}"#,
            r#"{"batchItemFailures":["a"]}"#,
            r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"c"}]}"#,
        ] {
            check(answer, None);
        }
    }
}
