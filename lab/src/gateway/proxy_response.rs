//! What a function may answer, and how it becomes an HTTP response.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format>

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body_util::Full;
use serde_json::{Map, Value};

use crate::listen::Answer;

/// Headers that API Gateway keeps for itself: a function's value arrives under `x-amzn-Remapped-`.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis>
const REMAPPED: [&str; 8] =
    ["authorization", "connection", "content-length", "date", "host", "server", "user-agent", "www-authenticate"];

/// Headers of the connection, which never pass.
const DROPPED: [&str; 4] = ["transfer-encoding", "te", "trailer", "upgrade"];

/// The function's answer; `None` where API Gateway would call it malformed.
pub(super) fn parse(payload: &[u8]) -> Option<Answer> {
    let Value::Object(answer) = serde_json::from_slice(payload).ok()? else { return None };
    let known = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded", "cookies"];
    if answer.keys().any(|key| !known.contains(&key.as_str())) {
        return None;
    }
    let mut response = Answer::new(Full::new(body(answer.get("body"))?));
    *response.status_mut() = status(answer.get("statusCode"))?;
    for (name, value) in members(answer.get("headers"))? {
        insert(&mut response, name, &text(value)?);
    }
    for (name, values) in members(answer.get("multiValueHeaders"))? {
        let Value::Array(values) = values else { return None };
        let texts = values.iter().map(text).collect::<Option<Vec<String>>>()?;
        // One value over both maps is the multi-value one.
        if let Ok(header) = HeaderName::from_bytes(name.as_bytes()) {
            response.headers_mut().remove(header);
        }
        for value in texts {
            insert(&mut response, name, &value);
        }
    }
    let content_type = http::header::CONTENT_TYPE;
    if !response.headers().contains_key(&content_type) {
        response.headers_mut().insert(content_type, HeaderValue::from_static("application/json"));
    }
    Some(response)
}

/// A whole number from 100 to 599, or a string of one.
fn status(value: Option<&Value>) -> Option<StatusCode> {
    let code = match value? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    StatusCode::from_u16(u16::try_from(code).ok()?).ok().filter(|status| status.as_u16() < 600)
}

/// Text, sent as it is: without binary media types API Gateway does not decode base64.
fn body(value: Option<&Value>) -> Option<Bytes> {
    match value {
        None | Some(Value::Null) => Some(Bytes::new()),
        Some(Value::String(text)) => Some(Bytes::from(text.clone())),
        Some(_) => None,
    }
}

fn members(value: Option<&Value>) -> Option<impl Iterator<Item = (&String, &Value)>> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match value {
        None | Some(Value::Null) => Some(NONE.iter()),
        Some(Value::Object(map)) => Some(map.iter()),
        Some(_) => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn insert(response: &mut Answer, name: &str, value: &str) {
    let lower = name.to_ascii_lowercase();
    if DROPPED.contains(&lower.as_str()) {
        return;
    }
    let name = if REMAPPED.contains(&lower.as_str()) { format!("x-amzn-remapped-{lower}") } else { lower };
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        response.headers_mut().append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_answer_passes() {
        let answer =
            parse(br#"{"statusCode":201,"headers":{"X-A":"1"},"multiValueHeaders":{"X-A":["2","3"]},"body":"ok"}"#)
                .expect("well-formed");
        assert_eq!(answer.status(), 201);
        let values: Vec<_> = answer.headers().get_all("x-a").iter().collect();
        assert_eq!(values, ["2", "3"]);
        assert_eq!(answer.headers()["content-type"], "application/json");
    }

    #[test]
    fn what_api_gateway_calls_malformed_is_malformed() {
        for payload in [
            "",
            "null",
            "[]",
            "\"text\"",
            "{}",
            r#"{"statusCode":"x"}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":600}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":200,"headers":[]}"#,
            r#"{"statusCode":200,"headers":{"a":{}}}"#,
            r#"{"statusCode":200,"surprise":1}"#,
        ] {
            assert!(parse(payload.as_bytes()).is_none(), "{payload}");
        }
    }

    #[test]
    fn reserved_headers_are_remapped_and_broken_ones_dropped() {
        let answer =
            parse(br#"{"statusCode":200,"headers":{"Date":"x","Transfer-Encoding":"chunked","a b":"c","e":"f\ng"}}"#)
                .expect("well-formed");
        assert_eq!(answer.headers()["x-amzn-remapped-date"], "x");
        assert_eq!(answer.headers().len(), 2);
    }
}
