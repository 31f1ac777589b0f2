//! Problem documents (RFC 9457): the one shape of every answer that is not a success.

mod failure;

pub use failure::Failure;

use crate::request_id::RequestId;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde::Serialize;

/// The media type of a problem document.
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A field that is wrong, by JSON pointer (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where in the body.
    pub pointer: String,
    /// What is wrong, for a person.
    pub detail: String,
}

/// What went wrong, in terms of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The body is not a JSON object.
    NotAnObject(String),
    /// The request makes no sense, for this reason. It must not repeat what only the caller may know.
    BadRequest(String),
    /// A header has a value that cannot be used. The text names the header, never the value.
    BadHeader(String),
    /// Whoever calls may not, for this reason.
    Forbidden(&'static str),
    /// No such path.
    NotFound,
    /// The path knows other methods.
    MethodNotAllowed(Method),
    /// What is stored already says otherwise.
    Conflict(&'static str),
    /// The same request is being worked on.
    InProgress {
        /// Seconds after which to ask again.
        retry_after_s: u32,
    },
    /// The idempotency key belongs to another request.
    KeyReused,
    /// The body is longer than this many bytes.
    TooLarge(usize),
    /// The body does not claim to be JSON in UTF-8.
    NotJson,
    /// The body is compressed, or encoded in another way.
    Encoded,
    /// The body is JSON, but not what is asked for.
    InvalidFields(Vec<FieldError>),
    /// A bug: nothing about it is told.
    Internal,
    /// Something this depends on failed, or there is no time left.
    Unavailable {
        /// What, for the caller.
        detail: &'static str,
        /// Seconds after which to try again.
        retry_after_s: u32,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    // "about:blank" says that the title is the status's own phrase (RFC 9457, section 4.2.1).
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotAnObject(_) | Self::BadRequest(_) | Self::BadHeader(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) | Self::InProgress { .. } => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson | Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidFields(_) | Self::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the caller is told.
    pub fn detail(&self) -> String {
        match self {
            Self::NotAnObject(detail) | Self::BadRequest(detail) | Self::BadHeader(detail) => detail.clone(),
            Self::NotFound => "There is nothing at this path.".into(),
            Self::MethodNotAllowed(allowed) => format!("This path answers {allowed} only."),
            Self::Conflict(detail) | Self::Forbidden(detail) => (*detail).into(),
            Self::InProgress { .. } => "The same request is being worked on; ask again in a moment.".into(),
            Self::KeyReused => "This Idempotency-Key was used for a request with another body.".into(),
            Self::TooLarge(limit) => format!("The body is longer than {limit} bytes."),
            Self::NotJson => "The body must be sent as application/json, in UTF-8.".into(),
            Self::Encoded => "The body must be sent without a Content-Encoding.".into(),
            Self::InvalidFields(_) => "One or more fields of the request are missing or wrong.".into(),
            Self::Internal => "Something went wrong on our side.".into(),
            Self::Unavailable { detail, .. } => (*detail).into(),
        }
    }

    /// The whole answer. Header `X-Request-ID` is left to the service, which sets it on every response.
    pub fn into_response(self, request_id: &RequestId) -> Response<String> {
        let status = self.status();
        let document = Document {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: &self.detail(),
            request_id: request_id.as_str(),
            errors: if let Self::InvalidFields(errors) = &self { errors } else { &[] },
        };
        // Strings and a number: there is nothing in it that could fail to serialise.
        let mut response = Response::new(serde_json::to_string(&document).unwrap_or_default());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
        match &self {
            Self::MethodNotAllowed(allowed) => {
                if let Ok(allowed) = HeaderValue::from_str(allowed.as_str()) {
                    headers.insert(header::ALLOW, allowed);
                }
            }
            // Tells this 415 from the other (RFC 9110, section 15.5.16).
            Self::Encoded => {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            }
            Self::Unavailable { retry_after_s, .. } | Self::InProgress { retry_after_s } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
            }
            _ => {}
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn answer(problem: Problem) -> (Response<()>, Value) {
        let id = RequestId::parse("r-1").expect("a legal id");
        let (parts, body) = problem.into_response(&id).into_parts();
        (Response::from_parts(parts, ()), serde_json::from_str(&body).expect("a JSON document"))
    }

    #[test]
    fn a_document_has_the_members_of_the_standard_and_the_request_id() {
        let (response, document) = answer(Problem::NotFound);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let detail = "There is nothing at this path.";
        assert_eq!(
            document,
            json!({"type": "about:blank", "title": "Not Found", "status": 404, "detail": detail, "requestId": "r-1"})
        );
    }

    #[test]
    fn every_wrong_field_is_listed() {
        let error = FieldError { pointer: "/A/b~1c".into(), detail: "is required".into() };
        let (response, document) = answer(Problem::InvalidFields(vec![error]));
        assert_eq!(response.status(), 422);
        assert_eq!(document["errors"], json!([{"pointer": "/A/b~1c", "detail": "is required"}]));
    }

    #[test]
    fn the_headers_that_belong_to_a_status_are_there() {
        let (response, _) = answer(Problem::MethodNotAllowed(Method::POST));
        assert_eq!(response.headers()[header::ALLOW], "POST");
        let (response, _) = answer(Problem::Unavailable { detail: "later", retry_after_s: 2 });
        assert_eq!(
            (response.status().as_u16(), &response.headers()[header::RETRY_AFTER]),
            (503, &"2".parse().expect("ascii"))
        );
    }
}
