//! Where faults on purpose meet a request. Without the feature, nothing of this is left after compilation.

use super::Answer;
use http::Response;
use std::convert::Infallible;
use std::future::Future;

/// What is to be injected into one request: nothing, unless faults are compiled in and wanted.
pub(super) struct Faulty {
    #[cfg(feature = "faults")]
    injection: Option<std::sync::Arc<crate::faults::Injection>>,
}

impl Faulty {
    /// That of the invocation that is being worked for. To be asked while its future is polled.
    pub(super) fn current() -> Self {
        Self {
            #[cfg(feature = "faults")]
            injection: crate::faults::Injection::current(),
        }
    }

    /// Does the work, or what faults make of it.
    pub(super) async fn around(
        &self,
        #[cfg(feature = "faults")] asked: crate::faults::Asked,
        work: impl Future<Output = Result<Answer, Infallible>>,
    ) -> Result<Answer, Infallible> {
        #[cfg(feature = "faults")]
        if let Some(injection) = &self.injection {
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
