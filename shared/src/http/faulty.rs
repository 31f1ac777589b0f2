use super::{Answer, Call, CallError};
use crate::faults::{Met, Outbound};
use http::{HeaderName, HeaderValue, StatusCode};
use std::time::Duration;

/// What a fault made of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Injected {
    /// Its host could not be reached.
    #[error("could not connect")]
    Refused,
    /// It began so late that its time was over.
    #[error("no answer within {} ms", .after.as_millis())]
    TimedOut {
        /// The time allowed.
        after: Duration,
    },
}

/// What is left of a call once faults had their way.
pub(super) enum Left {
    /// This answer: nothing is sent.
    Answer(Answer),
    /// The call, with so much of its time and this header.
    Time(Duration, Option<(HeaderName, HeaderValue)>),
}

/// Lets a call that is allowed so much time meet the faults of its invocation.
///
/// # Errors
/// It met one that ends it.
pub(super) async fn meet(call: &Call<'_>, allowed: Duration) -> Result<Left, CallError> {
    let host = call.url.as_url().host_str().unwrap_or_default();
    let Some(outbound) = Outbound::of(call.dependency, call.method.as_str(), host) else {
        return Ok(Left::Time(allowed, None));
    };
    let answered = |status| Answer { status, is_json: false, error_type: None, retry_after: None, body: Vec::new() };
    match outbound.met {
        Some(Met::Refused) => Err(CallError::Injected(Injected::Refused)),
        Some(Met::Status(status)) => Ok(Left::Answer(answered(status))),
        Some(Met::Throttled) => Ok(Left::Answer(answered(StatusCode::TOO_MANY_REQUESTS))),
        Some(Met::Slow(wait)) if wait >= allowed => {
            outbound.pause(allowed).await;
            Err(CallError::Injected(Injected::TimedOut { after: allowed }))
        }
        Some(Met::Slow(wait)) => {
            outbound.pause(wait).await;
            Ok(Left::Time(allowed - wait, Some(outbound.header())))
        }
        None => Ok(Left::Time(allowed, Some(outbound.header()))),
    }
}
