//! What a function is told of AWS, in a test.

use shared::config::Environment;

/// All of AWS is at this address. A call has so many attempts, of so many milliseconds each.
pub(crate) fn environment(address: &str, attempts: u32, milliseconds: u32) -> Environment {
    let (attempts, milliseconds) = (attempts.to_string(), milliseconds.to_string());
    [
        ("DYNAMODB_ATTEMPTS", attempts.as_str()),
        ("DYNAMODB_ATTEMPT_TIMEOUT_MS", &milliseconds),
        ("SQS_ATTEMPTS", &attempts),
        ("SQS_ATTEMPT_TIMEOUT_MS", &milliseconds),
        ("CONNECT_TIMEOUT_MS", &milliseconds),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_ENDPOINT_URL", address),
    ]
    .into_iter()
    .collect()
}
