//! Answers of the AWS JSON 1.0 protocol, with the header by which SDKs know SQS's older error codes.
//! <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#x-amzn-query-error>

use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::error::{Code, SqsError};
use crate::aws::Outage;
use crate::listen::{self, Answer};

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// A success.
pub(super) fn ok(body: &Value) -> Answer {
    with_id(listen::answer(StatusCode::OK, CONTENT_TYPE, body.to_string()))
}

/// An error.
pub(super) fn error(error: &SqsError) -> Answer {
    let code = error.code;
    let body = json!({"__type": format!("com.amazonaws.sqs#{}", code.name()), "message": error.message});
    let mut answer = listen::answer(code.status(), CONTENT_TYPE, body.to_string());
    let fault = if code.is_the_senders() { "Sender" } else { "Receiver" };
    if let Ok(value) = HeaderValue::from_str(&format!("{};{fault}", code.query_code())) {
        answer.headers_mut().insert("x-amzn-query-error", value);
    }
    with_id(answer)
}

/// IAM's refusal, which is made for all services, in the protocol of this one.
pub(super) fn refused(mut answer: Answer) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
    headers.insert("x-amzn-query-error", HeaderValue::from_static("AccessDenied;Sender"));
    with_id(answer)
}

/// What a broken service answers.
pub(super) fn outage(outage: Outage) -> SqsError {
    match outage {
        Outage::Failed => SqsError::new(
            Code::InternalFailure,
            "The request processing has failed because of an unknown error, exception or failure.",
        ),
        Outage::Unavailable => {
            SqsError::new(Code::ServiceUnavailable, "The request has failed due to a temporary failure of the server.")
        }
        Outage::Throttled => SqsError::new(Code::RequestThrottled, "The request was denied due to request throttling."),
    }
}

fn with_id(mut answer: Answer) -> Answer {
    if let Ok(value) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
        answer.headers_mut().insert("x-amzn-requestid", value);
    }
    answer
}
