//! How often the SDK tried.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::cell::Cell;
use std::future::Future;

tokio::task_local! {
    /// The attempts of the call that is being made.
    static ATTEMPTS: Cell<u32>;
}

/// Counts the attempts of each call. It belongs into the configuration of every client.
#[derive(Debug)]
pub(crate) struct CountAttempts;

#[dyn_dispatch_hint] // the SDK then skips it at every other hook
impl Intercept for CountAttempts {
    fn name(&self) -> &'static str {
        "CountAttempts"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Outside of `counting`, as when a connection is warmed, nobody asks.
        let _ = ATTEMPTS.try_with(|attempts| attempts.set(attempts.get().saturating_add(1)));
        Ok(())
    }
}

/// Makes one call; also says how many attempts the SDK began, which is none if its client does not count them. The call
/// may be given up inside: what was begun is counted all the same.
pub(crate) async fn counting<T>(call: impl Future<Output = T>) -> (T, u32) {
    let call = async {
        let output = call.await;
        (output, ATTEMPTS.with(Cell::get))
    };
    ATTEMPTS.scope(Cell::new(0), call).await
}
