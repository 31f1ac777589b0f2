use super::document::{Document, Series};
use super::{Count, Metric, OfDependency, Subject, Unit};
use super::{DEPENDENCY_ERRORS, DEPENDENCY_LATENCY, RETRIES};
use crate::telemetry::line::Lines;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

tokio::task_local! {
    /// The recorder of the request that the current future works for.
    static CURRENT: Recorder;
}

/// What one request measures, until it is written. Clones are the same recorder.
///
/// It goes with the future of its request rather than through every signature: calls of the AWS SDK and kept values
/// know only their time budget. One process may serve several requests at once; each future has its own.
#[derive(Debug, Clone, Default)]
pub struct Recorder {
    documents: Arc<Mutex<Vec<Document>>>,
}

impl Recorder {
    /// The recorder of the request that is being worked for. Outside of one, as at start, a recorder that nobody writes.
    pub fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_default()
    }

    /// Does work for the request of this recorder.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// Notes a value. Several values of one metric are all kept.
    pub fn record<U: Unit, S: Subject>(&self, metric: Metric<U, S>, subject: S, value: U::Value) {
        let value = U::number(value);
        self.with(metric, &subject, |series| series.values.push(value));
    }

    /// Adds to the one count that a request has of a metric; adding nothing makes it 0.
    pub fn add<S: Subject>(&self, metric: Metric<Count, S>, subject: S, count: u32) {
        self.with(metric, &subject, |series| match series.values.first_mut() {
            Some(value) => *value = value.as_u64().unwrap_or_default().saturating_add(count.into()).into(),
            None => series.values.push(count.into()),
        });
    }

    /// Notes a call of a dependency: how long it took with all its attempts, whether it failed in the end, and how many
    /// attempts came after the first.
    pub fn call(&self, dependency: &'static str, latency: Duration, failed: bool, retries: u32) {
        let subject = OfDependency(dependency);
        self.record(DEPENDENCY_LATENCY, subject, latency);
        self.record(DEPENDENCY_ERRORS, subject, failed.into());
        self.record(RETRIES, subject, retries);
    }

    /// Writes what was noted, to where the log of this process goes, with the ids of the current span. What is written
    /// is forgotten. Without a log of ours it goes nowhere.
    pub fn flush(&self) {
        let documents = std::mem::take(&mut *self.lock());
        if documents.is_empty() {
            return;
        }
        tracing::dispatcher::get_default(|dispatch| {
            if let Some(lines) = dispatch.downcast_ref::<Lines>() {
                for document in documents.iter().flat_map(Document::parts) {
                    lines.write_metrics(&document, dispatch);
                }
            }
        });
    }

    fn with<U: Unit, S: Subject>(&self, metric: Metric<U, S>, subject: &S, change: impl FnOnce(&mut Series)) {
        let mut documents = self.lock();
        let new = Document::about(subject);
        let known = documents.iter().position(|document| document.is_about_the_same(&new));
        let index = known.unwrap_or_else(|| {
            documents.push(new);
            documents.len() - 1
        });
        change(documents[index].series(metric.name, U::NAME));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Document>> {
        // Every change is one push or one sum: a list that a panic left behind is whole.
        self.documents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes one value at once: for what must be known before the work is done. The ids are those of the current span, which has the
/// fields `function_request_id`, `request_id`, `xray_trace_id` and `cold_start`.
pub fn emit<U: Unit, S: Subject>(metric: Metric<U, S>, subject: S, value: U::Value) {
    let recorder = Recorder::default();
    recorder.record(metric, subject, value);
    recorder.flush();
}
