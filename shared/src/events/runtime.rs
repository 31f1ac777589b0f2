use super::Caller;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use serde::Serialize;
use serde_json::Value;
use std::future::Future;

impl From<Context> for Caller {
    fn from(context: Context) -> Self {
        let Context { request_id, deadline: deadline_ms, xray_trace_id, .. } = context;
        Self { request_id, deadline_ms, xray_trace_id }
    }
}

/// Serves invocations until the process is ended. An error of `handle` is one of its invocation.
///
/// # Errors
/// The Lambda Runtime API cannot be spoken to.
pub async fn run<T, E, F>(handle: impl Fn(Value, Caller) -> F) -> Result<(), lambda_runtime::Error>
where
    T: Serialize,
    E: Into<lambda_runtime::Error>,
    F: Future<Output = Result<T, E>>,
{
    let handler = service_fn(|event: LambdaEvent<Value>| {
        let (event, context) = event.into_parts();
        let handled = handle(event, context.into());
        async { handled.await.map_err(Into::<lambda_runtime::Error>::into) }
    });
    lambda_runtime::run(handler).await
}
