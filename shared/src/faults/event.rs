use super::injection::{Asked, InjectedException, Injection};
use super::means::Faults;
use crate::context::RequestContext;
use http::HeaderMap;
use serde_json::Value;
use std::future::Future;
use std::sync::Arc;

/// Does the work of an invocation by an event that is no HTTP request, with faults if they are wanted. To be called inside
/// [`crate::events::Invocation::run`]: there its faults are counted and seen.
///
/// # Errors
/// The invocation is to fail: whoever called it sees the error that it would see of a function that crashes.
pub async fn around_event<T>(
    faults: Option<&Faults>,
    event: &Value,
    context: &RequestContext,
    work: impl Future<Output = T>,
) -> Result<T, InjectedException> {
    let Some(faults) = faults else { return Ok(work.await) };
    let injection = Arc::new(Injection::new(faults.clone(), event.clone()));
    let asked = Asked::of(&HeaderMap::new(), &context.request_id, context.budget.remaining());
    let around = Arc::clone(&injection);
    // Boxed: the layers of the SDK and of the runtime in one future type are more than the compiler wants to nest.
    let work = Box::pin(work);
    injection.during(async move { around.around_event(asked, work).await }).await
}
