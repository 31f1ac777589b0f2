//! The Lambda proxy integration.

use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;

use super::context::Context;
use super::error::{BAD_GATEWAY, GatewayError, MISCONFIGURED, NOT_INVOKED, TIMED_OUT, TOO_LARGE};
use super::trace::Tracing;
use super::{Gateway, proxy_response};
use crate::lambda::{Invocation, Outcome};
use crate::listen::Answer;

impl Gateway {
    /// Has the function answer, for as long as the integration waits.
    pub(super) async fn invoke(
        &self,
        context: &mut Context,
        tracing: &Tracing,
        function: &str,
        timeout: Duration,
        payload: Bytes,
    ) -> Result<Answer, GatewayError> {
        let invocation = Invocation::new(payload, &tracing.invocation_header());
        context.integration.request_id = Some(invocation.request_id.clone());
        context.integration.function = Some(function.to_owned());
        context.integration.started = Some(Timestamp::now());
        let started = Instant::now();
        let outcome = tokio::time::timeout(timeout, self.lambda.invoke_timed(function, invocation)).await;
        context.integration.latency_ms = Some(started.elapsed().as_millis());
        let (outcome, timing) = outcome.map_err(|_| TIMED_OUT)?;
        context.integration.cold = timing.init.is_some();
        let mut ended = |status: u16, error: Option<String>| {
            context.integration.lambda_status = Some(status);
            context.integration.error = error;
        };
        match outcome {
            Outcome::Success(payload) => {
                let answer = proxy_response::parse(&payload);
                ended(200, answer.is_none().then(|| "Malformed Lambda proxy response".to_owned()));
                context.integration.function_status = answer.as_ref().map(|answer| answer.status().as_u16());
                answer.ok_or(BAD_GATEWAY)
            }
            Outcome::FunctionError(failure) => {
                // The Invoke API answers 200 and a header; the cause stays in the function's log.
                ended(200, Some(failure.error_type));
                Err(BAD_GATEWAY)
            }
            Outcome::Throttled => {
                ended(429, Some("Rate Exceeded.".to_owned()));
                Err(NOT_INVOKED)
            }
            Outcome::RequestTooLarge => {
                ended(413, Some("RequestTooLargeException".to_owned()));
                Err(TOO_LARGE)
            }
            Outcome::NoSuchFunction => {
                ended(404, Some("ResourceNotFoundException".to_owned()));
                Err(MISCONFIGURED)
            }
        }
    }
}
