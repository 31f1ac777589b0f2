use super::subsegment::Place;
use super::{Blame, Outcome, Subsegment};
use std::future::Future;

tokio::task_local! {
    /// Where this task is in its trace. It is set only while the future that it belongs to is polled, so requests that
    /// share a process, or a thread, never see each other's; and it needs no parameter, which the SDK's interceptors
    /// could not be given.
    static PLACE: Option<Place>;
}

/// Where this task is in its trace, if it is in one that is sampled.
pub(super) fn place() -> Option<Place> {
    PLACE.try_with(Clone::clone).ok().flatten()
}

/// Does work below a subsegment: what it calls becomes the subsegment's children. Work that it spawns as a task of its
/// own is not followed.
pub fn below<T>(subsegment: Option<&Subsegment>, work: impl Future<Output = T>) -> impl Future<Output = T> {
    PLACE.scope(subsegment.map(Subsegment::inside), work)
}

/// Does work as a step of its own in the trace. An error is the step's fault, as [`Blame`] tells it.
///
/// # Errors
/// Those of the work.
pub fn step<T, E: Blame>(
    name: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    judged_step(name, work, |result| result.as_ref().err().map_or_else(Outcome::fine, Blame::blame))
}

/// As [`step`], for work whose errors need not be faults. `judge` is asked only when the trace is sampled.
pub fn judged_step<T>(
    name: &'static str,
    work: impl Future<Output = T>,
    judge: impl FnOnce(&T) -> Outcome,
) -> impl Future<Output = T> {
    // Boxed, sampled or not: a future inside another is kept twice, as what was given and as what is awaited, and
    // steps inside steps around an SDK call would overflow the stack of a debug build.
    let work = Box::pin(work);
    async move {
        let subsegment = Subsegment::open(name);
        let result = below(subsegment.as_ref(), work).await;
        if let Some(subsegment) = subsegment {
            subsegment.end(&judge(&result));
        }
        result
    }
}
