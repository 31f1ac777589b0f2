use super::injection::{InjectedException, Injection};
use super::means::Faults;
use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent};
use lambda_http::request::LambdaRequest;
use lambda_http::tower::Service;
use lambda_http::{Adapter, Request};
use serde_json::Value;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Serves invocations until the process is ended, with faults if they are wanted. Without, this is [`lambda_http::run`]
/// and nothing else.
///
/// # Errors
/// The Lambda Runtime API cannot be spoken to.
pub async fn run<S>(faults: Option<Faults>, service: S) -> Result<(), lambda_http::Error>
where
    S: Service<Request, Response = http::Response<String>, Error = Infallible>,
    S::Future: Send + 'static,
{
    let Some(faults) = faults else { return lambda_http::run(service).await };
    lambda_runtime::run(Injecting::new(faults, Adapter::from(service))).await
}

/// Injects faults into what takes API events.
///
/// It stands around lambda_http's own adapter: conditions are asked of the event as it came, which a request no longer is,
/// and only out here can an invocation fail. What happens inside a request is injected there, where its trace and its
/// metrics are.
#[derive(Debug)]
pub struct Injecting<A> {
    faults: Faults,
    inner: A,
}

impl<A> Injecting<A> {
    /// Injects these faults into what `inner` does.
    pub fn new(faults: Faults, inner: A) -> Self {
        Self { faults, inner }
    }
}

impl<A> Service<LambdaEvent<Value>> for Injecting<A>
where
    A: Service<LambdaEvent<LambdaRequest>, Error = Infallible>,
    A::Future: Send + 'static,
    A::Response: Send + 'static,
{
    type Response = A::Response;
    type Error = Diagnostic;
    type Future = Pin<Box<dyn Future<Output = Result<A::Response, Diagnostic>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Diagnostic>> {
        self.inner.poll_ready(context).map_err(Diagnostic::from)
    }

    fn call(&mut self, event: LambdaEvent<Value>) -> Self::Future {
        let (payload, context) = event.into_parts();
        let request = match serde_json::from_value(payload.clone()) {
            Ok(request) => request,
            Err(error) => {
                // Without faults, the runtime's client says so.
                tracing::error!(error = &error as &dyn std::error::Error, "the event is none of an API");
                let error = Diagnostic { error_type: "UnknownEvent".into(), error_message: error.to_string() };
                return Box::pin(std::future::ready(Err(error)));
            }
        };
        let injection = Arc::new(Injection::new(self.faults.clone(), payload));
        let call = Arc::clone(&injection).begin(|| self.inner.call(LambdaEvent::new(request, context)));
        Box::pin(async move {
            let Ok(response) = Arc::clone(&injection).during(call).await;
            injection.exception().map_or(Ok(response), |exception| Err(exception.into()))
        })
    }
}

impl From<InjectedException> for Diagnostic {
    fn from(exception: InjectedException) -> Self {
        Self { error_type: "InjectedException".into(), error_message: exception.0 }
    }
}
