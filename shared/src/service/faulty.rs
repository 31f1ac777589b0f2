//! Where faults on purpose meet a request. Without the feature, nothing of this is left after compilation.

use super::Answer;
use crate::request_id::RequestId;
use http::{HeaderMap, Response};
use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

/// What is to be injected into one request: nothing, unless faults are compiled in and wanted.
pub(super) struct Faulty {
    #[cfg(feature = "faults")]
    injection: Option<std::sync::Arc<crate::faults::Injection>>,
    #[cfg(feature = "faults")]
    asked: Option<crate::faults::Asked>,
}

impl Faulty {
    /// That of the invocation that is being worked for, whose function has `left` so much time. To be asked when the request
    /// comes in. Where faults are not wanted, nothing is looked at.
    #[cfg_attr(not(feature = "faults"), expect(unused_variables, reason = "nothing is looked at"))]
    pub(super) fn current(headers: &HeaderMap, request_id: &RequestId, left: impl FnOnce() -> Duration) -> Self {
        #[cfg(feature = "faults")]
        let injection = crate::faults::Injection::current();
        Self {
            #[cfg(feature = "faults")]
            asked: injection.as_ref().map(|_| crate::faults::Asked::of(headers, request_id, left())),
            #[cfg(feature = "faults")]
            injection,
        }
    }

    /// Does the work, or what faults make of it. Once: a request is asked once.
    pub(super) async fn around(
        &mut self,
        work: impl Future<Output = Result<Answer, Infallible>>,
    ) -> Result<Answer, Infallible> {
        #[cfg(feature = "faults")]
        if let (Some(injection), Some(asked)) = (&self.injection, self.asked.take()) {
            return injection.around(asked, work).await;
        }
        work.await
    }

    /// The names of the faults that were injected, if any.
    pub(super) fn injected(&self) -> Option<String> {
        #[cfg(feature = "faults")]
        return self.injection.as_ref()?.injected();
        #[cfg(not(feature = "faults"))]
        None
    }

    /// Changes the answer, if it is to be another.
    #[cfg_attr(not(feature = "faults"), expect(unused_variables, reason = "nothing changes it"))]
    pub(super) fn corrupt(&self, response: &mut Response<String>) {
        #[cfg(feature = "faults")]
        if let Some(injection) = &self.injection {
            injection.corrupt(response);
        }
    }
}
