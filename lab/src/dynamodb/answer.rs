//! Answers as DynamoDB gives them.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};

use super::throttle::Throttle;
use crate::aws::Outage;
use crate::listen::{self, Answer};

/// The namespace of the service's errors.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
const NAMESPACE: &str = "com.amazonaws.dynamodb.v20120810";

/// The header that carries a request's id, of 52 capital letters and digits.
const REQUEST_ID: &str = "x-amzn-requestid";

/// An answer with DynamoDB's headers.
pub(super) fn answer(status: StatusCode, body: &Value) -> Answer {
    let answer = listen::answer(status, "application/x-amz-json-1.0", Bytes::new());
    let (parts, _) = answer.into_parts();
    with_body(parts, body.to_string().into())
}

/// An error; `body` has its message and what else it says.
pub(super) fn error(status: StatusCode, kind: &str, mut body: Value) -> Answer {
    body["__type"] = format!("{NAMESPACE}#{kind}").into();
    answer(status, &body)
}

/// The status and body of <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>; a
/// throttled call has its own.
pub(super) fn outage(outage: Outage) -> (StatusCode, &'static str, &'static str) {
    match outage {
        Outage::Failed => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "The server encountered an internal error trying to fulfill the request.",
        ),
        // The body of this one is nowhere documented.
        Outage::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", "DynamoDB is currently unavailable.")
        }
        Outage::Throttled => {
            (StatusCode::BAD_REQUEST, "ThrottlingException", "Rate of requests exceeds the allowed throughput.")
        }
    }
}

/// A transaction that capacity cancels: one reason an item, in the order of the request.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_Errors>
pub(super) fn cancelled(items: &[Vec<Throttle>]) -> Answer {
    let reason = |item: &Vec<Throttle>| item.first().map_or_else(|| json!({"Code": "None"}), Throttle::cancellation);
    let reasons: Vec<Value> = items.iter().map(reason).collect();
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let message =
        format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    let body = json!({"Message": message, "CancellationReasons": reasons});
    error(StatusCode::BAD_REQUEST, "TransactionCanceledException", body)
}

/// These headers with that body, its length, its checksum and a request's id.
pub(super) fn with_body(mut parts: http::response::Parts, body: Bytes) -> Answer {
    parts.headers.insert("x-amz-crc32", HeaderValue::from(crc32(&body)));
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    if !parts.headers.contains_key(REQUEST_ID)
        && let Ok(id) = HeaderValue::from_str(&request_id())
    {
        parts.headers.insert(REQUEST_ID, id);
    }
    Answer::from_parts(parts, Full::new(body))
}

fn request_id() -> String {
    const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    (0..52).filter_map(|_| fastrand::choice(CHARACTERS)).map(|character| char::from(*character)).collect()
}

/// The checksum that some SDKs verify.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        let crc = crc ^ u32::from(*byte);
        (0..8).fold(crc, |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_every_crc32() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn an_error_has_dynamodbs_headers() {
        let error = error(StatusCode::BAD_REQUEST, "ValidationException", json!({"message": "no"}));
        let header = |name: &str| error.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        assert_eq!(header("content-type"), "application/x-amz-json-1.0");
        let id = header(REQUEST_ID);
        assert!(id.len() == 52 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), "{id}");
        assert!(header("x-amz-crc32").parse::<u32>().is_ok());
    }
}
