use crate::aws::attempts::counting;
use crate::budget::Budget;
use crate::kept::Kept;
use crate::service_url::{RefusedUrl, ServiceUrl};
use crate::telemetry::metrics::Recorder;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After a failure the next read is not before this: SSM in trouble must not cost every request its time-out. This is
/// with an old address to go on with; without one, [`Kept`] asks sooner.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// The name of this dependency in metrics.
const DEPENDENCY: &str = "ssm";

/// Where parameters are kept.
pub trait Store: Send + Sync + 'static {
    /// Why there is no value.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The value of a parameter.
    fn get(&self, name: &str) -> impl Future<Output = Result<String, Self::Error>> + Send;
}

/// How long a value is good and how long a request waits for a new one.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// After this a value is read again.
    pub ttl: Duration,
    /// The longest that a request waits for that.
    pub timeout: Duration,
}

/// The address of a service, by the name of its parameter.
#[derive(Debug)]
pub struct Parameter<S> {
    name: String,
    store: Arc<S>,
    settings: Settings,
    kept: Kept<ServiceUrl>,
}

/// There is no address, old or new. Why was logged when it was found out.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the address in parameter {name} is unknown")]
pub struct Unknown {
    name: String,
}

#[derive(Debug, thiserror::Error)]
enum ReadError<E: std::error::Error + 'static> {
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the parameter store failed")]
    Store(#[source] E),
    #[error("the new value was refused")]
    Refused(#[source] RefusedUrl),
}

impl<S: Store> Parameter<S> {
    /// A parameter that nobody has read yet.
    pub fn new(name: impl Into<String>, store: Arc<S>, settings: Settings) -> Self {
        let name = name.into();
        Self { kept: Kept::new(name.clone()), name, store, settings }
    }

    /// The address: the kept one while it is good, else a new one, else the old one again.
    ///
    /// # Errors
    /// There has never been one.
    pub async fn get(&self, budget: &Budget) -> Result<ServiceUrl, Unknown> {
        self.get_at(Instant::now(), budget).await
    }

    /// As [`Parameter::get`], at this moment.
    ///
    /// # Errors
    /// There has never been an address.
    pub async fn get_at(&self, now: Instant, budget: &Budget) -> Result<ServiceUrl, Unknown> {
        let ttl = self.settings.ttl;
        let pause = |result: &Result<_, _>| if result.is_ok() { ttl } else { ttl.min(PAUSE_AFTER_FAILURE) };
        let value = self.kept.get_at(now, self.read(budget), pause).await;
        value.ok_or_else(|| Unknown { name: self.name.clone() })
    }

    async fn read(&self, budget: &Budget) -> Result<ServiceUrl, ReadError<S::Error>> {
        let timeout = self.settings.timeout.min(budget.remaining());
        let started = Instant::now();
        // Boxed: a call of the SDK is a large future, and each layer around it would hold it, or move it, once more.
        let call = Box::pin(self.store.get(&self.name));
        let (text, attempts) = counting(tokio::time::timeout(timeout, call)).await;
        let failed = !matches!(text, Ok(Ok(_)));
        Recorder::current().call(DEPENDENCY, started.elapsed(), failed, attempts.saturating_sub(1));
        let text = text.map_err(|_| ReadError::TimedOut(timeout))?.map_err(ReadError::Store)?;
        ServiceUrl::try_from(text.trim()).map_err(ReadError::Refused)
    }
}

#[cfg(test)]
mod tests;
