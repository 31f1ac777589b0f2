//! One invocation: what goes in and what can come out.

use bytes::Bytes;
use serde_json::json;

/// Most bytes of a synchronous invocation's payload, in either direction.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// What a caller hands to a function.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The event, JSON.
    pub payload: Bytes,
    /// X-Ray trace header, `Root=1-...;Parent=...;Sampled=0|1`.
    pub trace_header: String,
    /// Lambda's request id, by which the function's log lines are found.
    pub request_id: String,
}

impl Invocation {
    /// An invocation with a request id of its own.
    pub fn new(payload: impl Into<Bytes>, trace_header: &str) -> Self {
        let request_id = uuid::Uuid::new_v4().to_string();
        Self { payload: payload.into(), trace_header: trace_header.to_owned(), request_id }
    }
}

/// How long an invocation took, as its REPORT line tells.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Timing {
    /// Init of the environment, where the invocation started one.
    pub init: Option<std::time::Duration>,
    /// From handing the event over to the function's answer.
    pub duration: std::time::Duration,
}

/// How an invocation ended, as the Invoke API tells it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The function's response.
    Success(Bytes),
    /// `X-Amz-Function-Error: Unhandled`: the function reported an error, ended, or ran out of time.
    FunctionError(FunctionError),
    /// 429 `TooManyRequestsException`, reason `ReservedFunctionConcurrentInvocationLimitExceeded`.
    Throttled,
    /// 413 `RequestTooLargeException`.
    RequestTooLarge,
    /// 404 `ResourceNotFoundException`.
    NoSuchFunction,
}

/// A function error's payload.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionError {
    /// `Runtime.ExitError`, `Sandbox.Timedout`, or what the function said.
    pub error_type: String,
    /// JSON with `errorType` and `errorMessage`.
    pub payload: Bytes,
}

impl FunctionError {
    pub(super) fn new(error_type: &str, message: &str) -> Self {
        let payload = json!({"errorType": error_type, "errorMessage": message}).to_string();
        Self { error_type: error_type.to_owned(), payload: payload.into() }
    }

    /// What a function posted to the Runtime API's error route.
    pub(super) fn reported(payload: Bytes) -> Self {
        let error_type = serde_json::from_slice::<serde_json::Value>(&payload)
            .ok()
            .and_then(|body| body.get("errorType").and_then(|kind| kind.as_str().map(str::to_owned)))
            .unwrap_or_else(|| "Unhandled".to_owned());
        Self { error_type, payload }
    }

    pub(super) fn timed_out(request_id: &str, limit: std::time::Duration) -> Self {
        let message = format!("RequestId: {request_id} Error: Task timed out after {:.2} seconds", limit.as_secs_f64());
        Self::new("Sandbox.Timedout", &message)
    }

    pub(super) fn exited(request_id: &str, how: &str) -> Self {
        Self::new("Runtime.ExitError", &format!("RequestId: {request_id} Error: {how}"))
    }

    pub(super) fn response_too_large() -> Self {
        Self::new(
            "Function.ResponseSizeTooLarge",
            &format!("Response payload size exceeded maximum allowed payload size ({PAYLOAD_LIMIT} bytes)."),
        )
    }
}
