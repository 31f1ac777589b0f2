use crate::store::{Alarm, Rings, Watches};
use shared::budget::Budget;
use shared::context::RequestContext;
use shared::faults::{Flags, Mode};
use shared::kept::Kept;
use shared::params::Store;
use std::convert::Infallible;
use std::error::Error;
use std::time::{Duration, Instant};

/// How long an answer is good: as long as the functions themselves keep the parameter.
const GOOD_FOR: Duration = Duration::from_secs(10);

/// Reads which faults are injected. It needs `ssm:GetParameter` on the one parameter, in stacks that have it.
#[derive(Debug)]
pub struct Watch<S> {
    store: S,
    parameter: Option<String>,
    patience: Duration,
    kept: Kept<Option<Vec<&'static str>>>,
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
    async fn faults(&self, budget: &Budget) -> Option<Vec<&'static str>> {
        let Some(parameter) = &self.parameter else { return Some(Vec::new()) };
        // A failure is kept as what it is: "none" would be a claim, and so would what was there before.
        let read = async {
            let read = self.read(parameter, budget).await;
            let told = read.inspect_err(|error| {
                tracing::warn!(error = error as &dyn Error, "nobody knows which faults are injected")
            });
            Ok::<_, Infallible>(told.ok())
        };
        self.kept.get_at(Instant::now(), read, |_| GOOD_FOR).await.flatten()
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
    async fn faults(&self, budget: &Budget) -> Option<Vec<&'static str>> {
        self.watch.faults(budget).await
    }
}

impl<W: Send + Sync + 'static, A: Rings> Rings for Outlook<W, A> {
    async fn ringing(&self, context: &RequestContext) -> Option<Vec<Alarm>> {
        self.alarms.ringing(context).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    /// A store that has a text, or fails.
    struct Shelf(Mutex<Option<String>>);

    impl Store for Shelf {
        type Error = std::io::Error;

        async fn get(&self, _: &str) -> Result<String, std::io::Error> {
            self.0.lock().expect("no poison").clone().ok_or_else(|| std::io::Error::other("gone"))
        }
    }

    async fn seen(text: Option<&str>, parameter: Option<&str>) -> Option<Vec<&'static str>> {
        let store = Shelf(Mutex::new(text.map(str::to_owned)));
        let watch = Watch::new(store, parameter.map(str::to_owned), Duration::from_secs(1));
        watch.faults(&Budget::lasting(Duration::from_secs(5))).await
    }

    #[tokio::test]
    async fn what_nobody_knows_is_not_told_as_none() {
        let latency = r#"{"latency":{"enabled":true,"min_latency":1,"max_latency":2}}"#;
        assert_eq!(seen(Some(latency), Some("p")).await, Some(vec!["latency"]));
        assert_eq!(seen(Some("{}"), Some("p")).await, Some(Vec::new()));
        assert_eq!(seen(None, Some("p")).await, None);
        assert_eq!(seen(None, None).await, Some(Vec::new()), "a stack without faults");
    }
}
