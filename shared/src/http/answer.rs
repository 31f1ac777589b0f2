use super::CallError;
use crate::media_type::is_json;
use http::{HeaderName, HeaderValue, StatusCode, header};

/// API Gateway's name for why it refused a call.
const X_AMZN_ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The longest answer that is read, in bytes.
pub const LONGEST_ANSWER: usize = 64 * 1024;

/// What another service answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Whether the answer claims to be JSON.
    pub is_json: bool,
    /// The kind of error, when API Gateway itself refused the call. Its body must not be logged instead: a wrong
    /// signature is answered with the whole signed request, session token included.
    pub error_type: Option<String>,
    /// When to come again, as the service spells it: seconds or a date.
    pub retry_after: Option<String>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Why the gateway let the call not through, if that is what happened: our role, our signature or our clock.
    pub fn forbidden(&self) -> Option<&str> {
        let forbidden = matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        forbidden.then(|| self.error_type.as_deref().unwrap_or("no reason given"))
    }

    /// Reads a response to its end, for as long as it is no longer than it may be.
    pub(super) async fn read(
        mut response: reqwest::Response,
        failed: impl Fn(reqwest::Error) -> CallError,
    ) -> Result<Self, CallError> {
        let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let (status, is_json) = (response.status(), content_type.is_some_and(is_json));
        let error_type = response.headers().get(X_AMZN_ERROR_TYPE).and_then(error_type);
        let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let mut answer = Self { status, is_json, error_type, retry_after, body: Vec::new() };
        while let Some(chunk) = response.chunk().await.map_err(&failed)? {
            let room = LONGEST_ANSWER - answer.body.len();
            answer.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                return Err(CallError::TooLong { limit: LONGEST_ANSWER, begun: answer });
            }
        }
        Ok(answer)
    }
}

/// A name such as `AccessDeniedException`, for the log. Anything else is not of AWS's making.
fn error_type(value: &HeaderValue) -> Option<String> {
    let name = value.to_str().ok()?;
    let name = name.split(':').next().unwrap_or(name); // some services add an address after a colon
    let plain = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_is_the_type_of_an_error() {
        let of = |text: &'static str| error_type(&HeaderValue::from_static(text));
        assert_eq!(of("AccessDeniedException").as_deref(), Some("AccessDeniedException"));
        assert_eq!(of("ValidationException:http://aws.example/").as_deref(), Some("ValidationException"));
        let long: &'static str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        for odd in ["", ":", "ada@example.com", "a b", long] {
            assert_eq!(of(odd), None, "{odd}");
        }
    }

    #[test]
    fn who_is_not_let_in_is_told_from_who_fails() {
        let of = |status, error_type: Option<&str>| {
            let error_type = error_type.map(str::to_owned);
            let answer = Answer { status, is_json: true, error_type, retry_after: None, body: Vec::new() };
            answer.forbidden().map(str::to_owned)
        };
        let denied = Some("AccessDeniedException");
        assert_eq!(of(StatusCode::FORBIDDEN, denied).as_deref(), denied);
        assert_eq!(of(StatusCode::UNAUTHORIZED, None).as_deref(), Some("no reason given"));
        assert_eq!(of(StatusCode::INTERNAL_SERVER_ERROR, denied), None);
    }
}
