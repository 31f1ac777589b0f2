use aws_smithy_types::error::ErrorMetadata;
use std::error::Error;

/// AWS's names for "slower, please", as its SDKs know them.
///
/// See `THROTTLING_ERRORS` in the SDK's crate aws-runtime.
const THROTTLES: [&str; 13] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// Other errors whose texts are of AWS's making alone: they name resources, roles and actions.
///
/// A list of those that may be told, because the others repeat the request: a `ValidationException` quotes the value that
/// it refuses, which may be where a rider stands, and a wrong signature is answered with what should have been signed,
/// session token included.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html>
const PLAIN: [&str; 12] = [
    "AccessDenied", // of a service that spoke the query protocol once, as SQS did
    "AccessDeniedException",
    "ConditionalCheckFailedException",
    "ExpiredTokenException",
    "InternalFailure",
    "InternalServerError",
    "ParameterNotFound",
    "ResourceNotFoundException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "TransactionConflictException",
    "UnrecognizedClientException",
];

/// Whether this error of AWS's asks for less.
pub(super) fn is_throttle(name: &str) -> bool {
    THROTTLES.contains(&name)
}

/// Whether the text of this error of AWS's may be told.
pub(super) fn is_plain(name: &str) -> bool {
    is_throttle(name) || PLAIN.contains(&name)
}

/// Whether an error in a chain may say its text. Those that the SDK has no type for hold AWS's own words; the error above
/// them says their name.
pub(crate) fn may_be_told(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<ErrorMetadata>().is_none_or(|error| error.code().is_some_and(is_plain))
}
