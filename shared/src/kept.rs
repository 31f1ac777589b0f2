//! A value that is read now and then, kept while it is fresh, and kept longer when reading fails.

use crate::telemetry::metrics::{CACHE_HITS, CACHE_MISSES, OfService, Recorder};
use std::error::Error;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The longest pause while there is no value: until there is one every request fails, so it must heal soon, yet not
/// every request may read.
const PAUSE_WITHOUT_VALUE: Duration = Duration::from_millis(200);

/// The value as it was read last.
#[derive(Debug)]
pub struct Kept<T> {
    name: String,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    next_read: Option<Instant>,
    failing: bool,
}

impl<T: Clone> Kept<T> {
    /// A value that nobody has read yet, by the name it has in the log.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), state: Mutex::new(State { value: None, next_read: None, failing: false }) }
    }

    /// The value at this moment: the kept one, or what `read` brings when it is time, or the old one when that fails.
    /// `pause` says after which time to read again; after a failure without any value it is cut short.
    /// `None` means that no read has ever succeeded.
    pub async fn get_at<E: Error + 'static>(
        &self,
        now: Instant,
        read: impl Future<Output = Result<T, E>>,
        pause: impl FnOnce(&Result<T, E>) -> Duration,
    ) -> Option<T> {
        // Held across the read: of several requests that find the value old, one reads and the others wait for it.
        let mut state = self.state.lock().await;
        let due = state.next_read.is_none_or(|next| now >= next);
        // Both, so that their ratio has two sides.
        let recorder = Recorder::current();
        recorder.add(CACHE_HITS, OfService, (!due).into());
        recorder.add(CACHE_MISSES, OfService, due.into());
        if due {
            let result = read.await;
            let pause = pause(&result);
            let without_value = result.is_err() && state.value.is_none();
            state.next_read = Some(now + if without_value { pause.min(PAUSE_WITHOUT_VALUE) } else { pause });
            self.tell(result.as_ref().err(), state.failing);
            state.failing = result.is_err();
            if let Ok(value) = result {
                state.value = Some(value);
            }
        }
        state.value.clone()
    }

    /// Logs the first failure of a streak and its end, not what is in between.
    fn tell<E: Error + 'static>(&self, error: Option<&E>, failing: bool) {
        let name = self.name.as_str();
        match error {
            Some(error) if !failing => {
                let error = error as &dyn Error;
                tracing::warn!(name, error, "could not be read; an old value is kept if there is one");
            }
            None if failing => tracing::info!(name, "could be read again"),
            _ => {}
        }
    }
}
