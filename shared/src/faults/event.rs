use super::injection::{Asked, InjectedException, Injection, until_the_limit};
use super::means::Faults;
use super::mode::Mode;
use super::what::What;
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

impl Injection {
    /// As [`Injection::around`], for an invocation by an event that is no HTTP request. What changes an HTTP answer has
    /// nothing to change here and does nothing.
    ///
    /// # Errors
    /// The invocation is to fail.
    async fn around_event<T>(&self, asked: Asked, work: impl Future<Output = T>) -> Result<T, InjectedException> {
        let decided = self.decide(asked).await;
        let dice = self.dice(decided);
        for flag in &decided.flags {
            match &flag.what {
                What::Latency(delay) => self.wait(Mode::Latency, delay.at(dice.throw("latency.length", 0))).await,
                What::Timeout(buffer) => self.wait(Mode::Timeout, until_the_limit(decided, *buffer)).await,
                What::Diskspace(bytes) => self.fill(*bytes).await,
                What::Exception(message) => {
                    self.inject(Mode::Exception, None, None);
                    return Err(InjectedException(message.clone()));
                }
                What::Statuscode(_) | What::Corruption(_) | What::Denylist(_) | What::Dependency(_) => {}
            }
        }
        Ok(work.await)
    }
}
