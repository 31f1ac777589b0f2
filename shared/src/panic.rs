//! Panics: caught where a request ends, logged once.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};

/// A panic, for the log.
#[derive(Debug, thiserror::Error)]
#[error("panic at {place}: {message}")]
pub struct Panicked {
    place: String,
    message: String,
}

thread_local! {
    /// Whether this thread is inside work whose panics are caught.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Where the last guarded panic of this thread happened: the payload does not say.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Replaces the default hook, which writes several lines of plain text: a caught panic is logged once, with the
/// failure it becomes; any other at once, as one line.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if GUARDED.get() {
            PLACE.set(Some(place(panic)));
        } else {
            let panicked = Panicked { place: place(panic), message: message(panic.payload()) };
            tracing::error!(error = &panicked as &dyn std::error::Error, "panic outside a request");
        }
    }));
}

fn place(panic: &PanicHookInfo<'_>) -> String {
    panic.location().map(ToString::to_string).unwrap_or_else(|| "an unknown place".into())
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// Runs `work`; a panic in it is an error.
///
/// # Errors
/// It panicked.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let outer = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    result.map_err(|payload| Panicked {
        place: PLACE.take().unwrap_or_else(|| "an unknown place".into()),
        message: message(&*payload),
    })
}

/// Runs a future; a panic in it is an error.
///
/// # Errors
/// It panicked.
pub async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| match guarded(|| future.as_mut().poll(context)) {
        Ok(poll) => poll.map(Ok),
        Err(panicked) => std::task::Poll::Ready(Err(panicked)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_error_with_its_message() {
        let error = caught(async { panic!("no unicorn {}", 7) }).await.map(|(): ()| ()).expect_err("it panics");
        assert!(error.to_string().ends_with("no unicorn 7"), "{error}");
        assert_eq!(caught(async { 1 }).await.ok(), Some(1));
    }
}
