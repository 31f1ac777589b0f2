use crate::store::{Alarm, Rings, Watches};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::faults::{Flags, Mode};
use shared::kept::Kept;
use shared::params::Store;
use std::time::{Duration, Instant};

/// How long an answer is good: as long as the functions themselves keep the parameter.
const GOOD_FOR: Duration = Duration::from_secs(10);

/// Reads which faults are injected. It needs `ssm:GetParameter` on the one parameter, in stacks that have it.
#[derive(Debug)]
pub struct Watch<S> {
    store: S,
    parameter: Option<String>,
    patience: Duration,
    kept: Kept<Vec<&'static str>>,
}

#[derive(Debug, thiserror::Error)]
enum Unknown<E: std::error::Error + 'static> {
    #[error("the parameter store did not answer in time")]
    TimedOut,
    #[error("the parameter store failed")]
    Store(#[source] E),
}

impl<S: Store> Watch<S> {
    /// Watches this parameter, or none.
    pub fn new(store: S, parameter: Option<String>, patience: Duration) -> Self {
        Self { store, parameter, patience, kept: Kept::new("the fault configuration") }
    }

    async fn read(&self, parameter: &str, budget: &Budget) -> Result<Vec<&'static str>, Unknown<S::Error>> {
        let patience = self.patience.min(budget.remaining());
        let text = tokio::time::timeout(patience, Box::pin(self.store.get(parameter))).await;
        let text = text.map_err(|_| Unknown::TimedOut)?.map_err(Unknown::Store)?;
        // What cannot be read injects nothing.
        Ok(Flags::parse(&text).map(|(flags, _)| flags.modes().map(Mode::name).collect()).unwrap_or_default())
    }
}

impl<S: Store> Watches for Watch<S> {
    async fn faults(&self, budget: &Budget) -> Vec<&'static str> {
        let Some(parameter) = &self.parameter else { return Vec::new() };
        let read = self.read(parameter, budget);
        self.kept.get_at(Instant::now(), read, |_| GOOD_FOR).await.unwrap_or_default()
    }
}

/// What the page shows besides payments: faults from one place, alarms from another.
#[derive(Debug)]
pub struct Outlook<W, A> {
    /// Knows the faults.
    pub watch: W,
    /// Knows the alarms.
    pub alarms: A,
}

impl<W: Watches, A: Send + Sync + 'static> Watches for Outlook<W, A> {
    async fn faults(&self, budget: &Budget) -> Vec<&'static str> {
        self.watch.faults(budget).await
    }
}

impl<W: Send + Sync + 'static, A: Rings> Rings for Outlook<W, A> {
    async fn ringing(&self, context: &RequestContext) -> Option<Vec<Alarm>> {
        self.alarms.ringing(context).await
    }
}
