//! What the gateway answers itself, before the template's gateway responses.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use std::borrow::Cow;

use super::auth::Refusal;

/// Why the gateway itself answered.
#[derive(Debug, Clone)]
pub(super) struct GatewayError {
    /// `INTEGRATION_TIMEOUT`, ...
    pub(super) response_type: &'static str,
    pub(super) message: Cow<'static, str>,
    /// For `x-amzn-ErrorType`.
    pub(super) exception: &'static str,
    /// The default status.
    pub(super) status: u16,
}

impl From<Refusal> for GatewayError {
    fn from(refusal: Refusal) -> Self {
        let Refusal { response_type, status, exception, message } = refusal;
        Self { response_type, message: Cow::Owned(message), exception, status }
    }
}

const fn error(
    response_type: &'static str,
    status: u16,
    message: &'static str,
    exception: &'static str,
) -> GatewayError {
    GatewayError { response_type, message: Cow::Borrowed(message), exception, status }
}

pub(super) const BAD_BODY: GatewayError = error("BAD_REQUEST_BODY", 400, "Invalid request body", "BadRequestException");
/// API Gateway is reached by its name: a request without a proper one never gets to a function.
pub(super) const BAD_HOST: GatewayError = error("DEFAULT_4XX", 400, "Bad Request", "BadRequestException");
pub(super) const HEAD_TOO_LARGE: GatewayError =
    error("DEFAULT_4XX", 431, "Request Header Fields Too Large", "BadRequestException");
pub(super) const NO_METHOD: GatewayError =
    error("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token", "MissingAuthenticationTokenException");
pub(super) const TOO_LARGE: GatewayError =
    error("REQUEST_TOO_LARGE", 413, "Request Too Long", "RequestTooLargeException");
pub(super) const UNSUPPORTED: GatewayError =
    error("UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported Media Type", "BadRequestException");
pub(super) const THROTTLED: GatewayError = error("THROTTLED", 429, "Too Many Requests", "TooManyRequestsException");
/// A mock without a status.
pub(super) const MISCONFIGURED: GatewayError =
    error("API_CONFIGURATION_ERROR", 500, "Internal server error", "InternalServerErrorException");
/// Lambda answered 429: a 500 to the caller, unless the gateway response says otherwise.
/// <https://repost.aws/knowledge-center/api-gateway-internal-server-error>
pub(super) const NOT_INVOKED: GatewayError =
    error("INTEGRATION_FAILURE", 500, "Internal server error", "InternalServerErrorException");
/// A function error or a malformed answer.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html>
pub(super) const BAD_GATEWAY: GatewayError =
    error("DEFAULT_5XX", 502, "Internal server error", "InternalServerErrorException");
pub(super) const TIMED_OUT: GatewayError =
    error("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out", "InternalServerErrorException");
