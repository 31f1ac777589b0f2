use super::{Answer, Call};
use crate::panic::{caught, guarded};
use crate::problem::{Failure, Problem};
use lambda_http::tower::Service;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Turns a panic into a 500 problem.
///
/// lambda_runtime would answer it with a function error, which API Gateway makes a 502 without a request id, and
/// without any catch the process would end and the next request pay for a cold start.
#[derive(Debug, Clone)]
pub struct CatchPanic<S> {
    inner: S,
}

impl<S> CatchPanic<S> {
    /// Catches the panics of `inner`.
    pub fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S> Service<Call> for CatchPanic<S>
where
    S: Service<Call, Response = Answer, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, call: Call) -> Self::Future {
        // The call itself may panic as well as the future it gives.
        let future = guarded(|| self.inner.call(call));
        Box::pin(async move {
            let result = match future {
                Ok(future) => caught(future).await,
                Err(panicked) => Err(panicked),
            };
            result.unwrap_or_else(|panicked| Ok(Err(Failure::caused_by(Problem::Internal, panicked))))
        })
    }
}
